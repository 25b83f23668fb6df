"""Landlock: Linux's restriction of a process to the files that it names, and to no TCP.

The rights and structures are those of linux/landlock.h. https://docs.kernel.org/userspace-api/landlock.html
"""

import ctypes
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from media.child.system_calls import system_call

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_O_PATH, _O_CLOEXEC = 0o10000000, 0o2000000  # asm-generic/fcntl.h; as numbers: other systems have none
_GET_VERSION = 1
_PATH_BENEATH = 1
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}  # by version; 16 in those that follow
_NET_FROM, _SCOPE_FROM = 4, 6  # versions
_ALL_OF_TWO = 0b11  # bind and connect TCP; reach abstract sockets and send signals outside
_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_REMOVE_FILE, _MAKE_REGULAR, _TRUNCATE = 1 << 5, 1 << 8, 1 << 14
_READ = _READ_FILE | _READ_DIR
_WRITE = _READ | _WRITE_FILE | _REMOVE_FILE | _MAKE_REGULAR | _TRUNCATE


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"  # what _pack_ implies; Python 3.14 asks for it
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


def landlock_version() -> int:
    """The version of Landlock that this kernel has. Raises OSError where it has none."""
    return system_call(_CREATE_RULESET, 0, 0, _GET_VERSION)


def restrict_files(readable: Iterable[Path], writable: Iterable[Path]) -> None:
    """Let this thread open these files, and what is below these folders, and nothing else.

    What does not exist is left out. Needs no new privileges to be forbidden before. Raises OSError.
    """
    version = landlock_version()
    handled = (1 << _FILE_RIGHTS.get(version, 16)) - 1
    ruleset = _create_ruleset(version, handled)
    try:
        for paths, rights in ((readable, _READ), (writable, _WRITE)):
            for path in paths:
                with suppress(FileNotFoundError):
                    _allow(ruleset, path, rights & handled)
        system_call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _create_ruleset(version: int, handled: int) -> int:
    """A ruleset that refuses everything which this version knows; returns its descriptor."""
    attributes = _Ruleset(
        files=handled,
        net=_ALL_OF_TWO if version >= _NET_FROM else 0,
        scoped=_ALL_OF_TWO if version >= _SCOPE_FROM else 0,
    )
    fields = 1 + (version >= _NET_FROM) + (version >= _SCOPE_FROM)
    return system_call(_CREATE_RULESET, ctypes.addressof(attributes), fields * 8, 0)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    """Add a rule for a file or folder."""
    descriptor = os.open(path, _O_PATH | _O_CLOEXEC)
    try:
        of_files = rights if path.is_dir() else rights & ~_READ_DIR
        rule = _PathBeneath(allowed=of_files, folder=descriptor)
        system_call(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.addressof(rule), 0)
    finally:
        os.close(descriptor)
