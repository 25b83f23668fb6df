"""Resource limits that a child process sets on itself before it reads untrusted bytes."""

import contextlib
import faulthandler
import os
import sys


def apply_limits(*, memory: int, seconds: float) -> None:
    """Limit this process to `memory` bytes of address space and `seconds` of wall time, at low priority.

    A watchdog thread in C keeps the deadline, so it also ends a child whose parent was killed.
    """
    faulthandler.dump_traceback_later(seconds, exit=True)
    _limit_memory(memory)
    if sys.platform != "win32":
        os.nice(5)  # on Windows the parent starts us below normal


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    class _JobLimits(ctypes.Structure):
        """JOBOBJECT_EXTENDED_LIMIT_INFORMATION of winnt.h."""

        _fields_ = (
            ("PerProcessUserTimeLimit", ctypes.c_int64),
            ("PerJobUserTimeLimit", ctypes.c_int64),
            ("LimitFlags", wintypes.DWORD),
            ("MinimumWorkingSetSize", ctypes.c_size_t),
            ("MaximumWorkingSetSize", ctypes.c_size_t),
            ("ActiveProcessLimit", wintypes.DWORD),
            ("Affinity", ctypes.c_size_t),
            ("PriorityClass", wintypes.DWORD),
            ("SchedulingClass", wintypes.DWORD),
            ("IoInfo", ctypes.c_uint64 * 6),
            ("ProcessMemoryLimit", ctypes.c_size_t),
            ("JobMemoryLimit", ctypes.c_size_t),
            ("PeakProcessMemoryUsed", ctypes.c_size_t),
            ("PeakJobMemoryUsed", ctypes.c_size_t),
        )

    _EXTENDED_LIMIT_INFORMATION = 9
    _LIMIT_PROCESS_MEMORY = 0x100

    def _limit_memory(memory: int) -> None:
        """Put this process into a Job Object of its own, which the system frees with the process."""
        kernel = ctypes.WinDLL("kernel32")
        kernel.CreateJobObjectW.restype = kernel.GetCurrentProcess.restype = wintypes.HANDLE
        job, myself = wintypes.HANDLE(kernel.CreateJobObjectW(None, None)), kernel.GetCurrentProcess()
        limits = _JobLimits(LimitFlags=_LIMIT_PROCESS_MEMORY, ProcessMemoryLimit=memory)
        kernel.SetInformationJobObject(
            job, _EXTENDED_LIMIT_INFORMATION, ctypes.byref(limits), ctypes.sizeof(limits)
        )
        kernel.AssignProcessToJobObject(job, wintypes.HANDLE(myself))

else:
    import resource

    def _limit_memory(memory: int) -> None:
        with contextlib.suppress(ValueError, OSError):  # macOS knows the limit and refuses to set it
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
