"""The version of this program."""

import functools
import tomllib

from cogs.runtime.env_file import ROOT


@functools.cache
def program() -> tuple[str, str]:
    """Its name and version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["name"]), str(project["version"])
