"""The version of this program."""

import tomllib

from cogs.runtime.env_file import ROOT


def program() -> tuple[str, str]:
    """Its name and version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["name"]), str(project["version"])
