"""The version of this program, for `--version`."""

import platform

from cogs.runtime.processes.version import program


def version() -> str:
    """Name and version of the program, of Python and of the system."""
    return f"{' '.join(program())} (Python {platform.python_version()}, {platform.system()})"
