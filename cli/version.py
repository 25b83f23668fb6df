"""The version of this program, for `--version`."""

import platform
import tomllib

from cogs.runtime.env_file import ROOT


def version() -> str:
    """Name and version of the program, of Python and of the system."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return f"{project['name']} {project['version']} (Python {platform.python_version()}, {platform.system()})"
