"""What a child gives up before it looks at untrusted bytes: files, network, processes, and being read."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

_CODE = Path(__file__).resolve().parents[1]
# Where the C library and the libraries beside Python's own lie; a codec may load one late.
_SYSTEM_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")
_DEVICES = ("/dev/null", "/dev/urandom")


def confine(*, readable: Iterable[Path], writable: Iterable[Path]) -> list[str]:
    """Give up all that is not needed to work on these files and folders; only Linux can.

    Returns what this system did not let it give up, in a few words each.
    """
    if sys.platform != "linux":
        return ["files", "network", "new processes"]
    from media.child.landlock import restrict_files
    from media.child.seccomp import refuse_system_calls
    from media.child.system_calls import (
        drop_capabilities,
        end_with_parent,
        forbid_memory_reads,
        forbid_new_privileges,
    )

    steps: list[tuple[str, Callable[[], None]]] = [
        ("its own memory", forbid_memory_reads),
        ("life after its parent", end_with_parent),
        ("new privileges", forbid_new_privileges),
        ("rights of root", drop_capabilities),
        ("files", lambda: restrict_files([*_libraries(), *readable], writable)),
        ("network and new processes", refuse_system_calls),
    ]
    return [said for name, step in steps if (said := _attempt(name, step))]


def _attempt(name: str, step: Callable[[], None]) -> str:
    """Take a step; returns what it failed to give up, and why."""
    try:
        step()
    except OSError as err:
        return f"{name} ({err.strerror})"
    return ""


def _libraries() -> list[Path]:
    """What imports and the dynamic linker read. The checkout's own folder, with `.env`, is not among it."""
    folders = (Path(each) for each in sys.path if each)
    imports = [each for each in folders if each != _CODE.parent]
    return [_CODE, *imports, *map(Path, _SYSTEM_LIBRARIES + _DEVICES)]
