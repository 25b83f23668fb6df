"""A seccomp filter: system calls that decoding never needs fail with EPERM, those of new threads do not.

The program and its constants are those of linux/filter.h and linux/seccomp.h.
"""

import ctypes
import errno
import os
import platform
from collections.abc import Mapping

from media.child.system_calls import system_call

_SET_MODE_FILTER, _ALL_THREADS = 1, 1
_LOAD, _EQUAL, _ANY_BIT, _AT_LEAST, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06  # BPF instructions
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data
_ALLOW, _FAIL_WITH = 0x7FFF0000, 0x00050000
_CLONE_THREAD = 0x10000
_X32 = 0x40000000  # numbers of the x32 ABI start here; aarch64 has none as high
_AUDIT_NUMBERS = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# Sockets, processes, programs; other processes' memory, signals, limits, priority; namespaces, mounts,
# tracing, io_uring; memory shared by key; what Landlock leaves out: owner, mode, times, attributes.
_REFUSED: Mapping[str, tuple[int, ...]] = {
    "x86_64": (
        *(41, 53, 42, 49, 50, 43, 288),  # socket socketpair connect bind listen accept accept4
        *(57, 58, 59, 322),  # fork vfork execve execveat
        *(101, 310, 311, 440, 312),  # ptrace process_vm_readv process_vm_writev process_madvise kcmp
        *(62, 200, 129, 297),  # kill tkill rt_sigqueueinfo rt_tgsigqueueinfo
        *(434, 438, 424),  # pidfd_open pidfd_getfd pidfd_send_signal
        *(141, 251, 203, 142, 144, 314),  # setpriority ioprio_set sched_set{affinity,param,scheduler,attr}
        *(256, 279),  # migrate_pages move_pages
        *(272, 308),  # unshare setns
        *(165, 166, 429, 428, 430, 442),  # mount umount2 move_mount open_tree fsopen mount_setattr
        *(155, 161, 304),  # pivot_root chroot open_by_handle_at
        *(425, 321, 298, 323),  # io_uring_setup bpf perf_event_open userfaultfd
        *(250, 248, 249),  # keyctl add_key request_key
        *(29, 30, 68, 64, 240),  # shmget shmat msgget semget mq_open
        *(90, 91, 268, 452, 92, 94, 93, 260),  # chmod fchmod fchmodat fchmodat2 chown lchown fchown fchownat
        *(188, 189, 190, 463, 197, 198, 199, 466),  # {,l,f}setxattr{,at} {,l,f}removexattr{,at}
        *(132, 235, 261, 280),  # utime utimes futimesat utimensat
    ),
    "aarch64": (  # in the same order; fork, chmod, utime and the like are missing there
        *(198, 199, 203, 200, 201, 202, 242),
        *(221, 281),
        *(117, 270, 271, 440, 272),
        *(129, 130, 138, 240),
        *(434, 438, 424),
        *(140, 30, 122, 118, 119, 274),
        *(238, 239),
        *(97, 268),
        *(40, 39, 429, 428, 430, 442),
        *(41, 51, 265),
        *(425, 280, 241, 282),
        *(219, 217, 218),
        *(194, 196, 186, 190, 180),
        *(52, 53, 452, 55, 54),
        *(5, 6, 7, 463, 14, 15, 16, 466),
        *(88,),
    ),
}
_SECCOMP = {"x86_64": 317, "aarch64": 277}
_CLONE = {"x86_64": 56, "aarch64": 220}
_CLONE3 = 435
_TGKILL = {"x86_64": 234, "aarch64": 131}  # abort() sends itself a signal with it
_PRLIMIT = {"x86_64": 302, "aarch64": 261}


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction)))


def refuse_system_calls() -> None:
    """Install the filter for all threads of this process. Needs no new privileges to be forbidden before.

    Raises OSError, also on an architecture whose numbers stand here for no call.
    """
    machine = platform.machine()
    if machine not in _REFUSED:
        raise OSError(errno.ENOSYS, f"no filter for {machine}")
    instructions = _filter(machine)
    program = _Program(len(instructions), (_Instruction * len(instructions))(*instructions))
    system_call(_SECCOMP[machine], _SET_MODE_FILTER, _ALL_THREADS, ctypes.addressof(program))


def _filter(machine: str) -> list[_Instruction]:
    """The program; the number of the call is loaded before each part."""
    return [
        _Instruction(_LOAD, 0, 0, _ARCHITECTURE),
        _Instruction(_EQUAL, 1, 0, _AUDIT_NUMBERS[machine]),
        _fail(errno.EPERM),
        _Instruction(_LOAD, 0, 0, _NUMBER),
        *_when(_AT_LEAST, _X32, _fail(errno.EPERM)),
        *_when(_EQUAL, _CLONE3, _fail(errno.ENOSYS)),  # its flags lie in memory: glibc then takes clone
        *_when(_EQUAL, _CLONE[machine], *_only_if(_ANY_BIT, _CLONE_THREAD)),
        *_when(_EQUAL, _TGKILL[machine], *_only_if(_EQUAL, os.getpid())),
        *_when(_EQUAL, _PRLIMIT[machine], *_only_if(_EQUAL, 0)),
        *(each for number in _REFUSED[machine] for each in _when(_EQUAL, number, _fail(errno.EPERM))),
        _Instruction(_RETURN, 0, 0, _ALLOW),
    ]


def _when(comparison: int, value: int, *then: _Instruction) -> list[_Instruction]:
    """Run `then` where the loaded number compares so, else go on after it."""
    return [_Instruction(comparison, 0, len(then), value), *then]


def _only_if(comparison: int, value: int) -> list[_Instruction]:
    """Allow the call where its first argument compares so, else let it fail."""
    return [
        _Instruction(_LOAD, 0, 0, _FIRST_ARGUMENT),
        _Instruction(comparison, 0, 1, value),
        _Instruction(_RETURN, 0, 0, _ALLOW),
        _fail(errno.EPERM),
    ]


def _fail(number: int) -> _Instruction:
    return _Instruction(_RETURN, 0, 0, _FAIL_WITH | number)
