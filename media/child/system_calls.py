"""Linux system calls that Python has no function for, through the C library."""

import ctypes
import os

_SET_PARENT_DEATH_SIGNAL, _SET_DUMPABLE, _SET_NO_NEW_PRIVS = 1, 4, 38  # linux/prctl.h
_CAPABILITY_VERSION = 0x20080522  # linux/capability.h
_DAC_OVERRIDE = 1 << 1
_SIGKILL = 9  # as a number: other systems, where the types are checked too, have none


def system_call(number: int, *arguments: int) -> int:
    """Make a system call by its number, with integers and addresses as arguments. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    return _checked(libc.syscall(ctypes.c_long(number), *map(ctypes.c_ulong, arguments)))


def forbid_memory_reads() -> None:
    """Let no process without the right to debug read this one's memory and environment. Raises OSError.

    The system writes no core dump of such a process.
    """
    _prctl(_SET_DUMPABLE, 0)


def end_with_parent() -> None:
    """Let the system kill this process when the parent's thread that started it ends. Raises OSError."""
    _prctl(_SET_PARENT_DEATH_SIGNAL, _SIGKILL)


def forbid_new_privileges() -> None:
    """Let no program that this process starts have more rights than it has. Raises OSError."""
    _prctl(_SET_NO_NEW_PRIVS, 1)


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Capabilities(ctypes.Structure):
    """The lower or the upper 32 capabilities of a process."""

    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def drop_capabilities() -> None:
    """Give up the rights of root, but that to open files of other users: those of `data/`. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    header, held = _CapabilityHeader(_CAPABILITY_VERSION, 0), (_Capabilities * 2)()
    _checked(libc.capget(ctypes.byref(header), held))
    kept = (_Capabilities * 2)()
    kept[0].effective = held[0].effective & _DAC_OVERRIDE
    kept[0].permitted = held[0].permitted & _DAC_OVERRIDE
    _checked(libc.capset(ctypes.byref(header), kept))


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    _checked(libc.prctl(ctypes.c_int(option), *map(ctypes.c_ulong, (value, 0, 0, 0))))


def _checked(result: int) -> int:
    """The result of a C function that returns a negative number and sets errno where it fails."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
