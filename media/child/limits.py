"""Resource limits that a child process sets on itself before it reads untrusted bytes.

Each `_limit_resources` returns what the system refused to limit.
"""

import faulthandler
import math
import os
import sys

_FILE_BYTES = 1 << 30  # of each file: no clip is as large
_OPEN_FILES = 64


def apply_limits(*, memory: int, seconds: float) -> list[str]:
    """Limit this process to `memory` bytes of address space and `seconds` of wall time, at low priority.

    Its files are limited in number and size too. A watchdog thread in C keeps the deadline, so it also ends a
    child whose parent was killed. Returns what the system did not let it limit, in a few words each.
    """
    faulthandler.dump_traceback_later(seconds, exit=True)
    if sys.platform != "win32":
        os.nice(5)  # on Windows the parent starts us below normal
    return _limit_resources(memory, seconds)


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
    # ACTIVE_PROCESS, PROCESS_MEMORY, DIE_ON_UNHANDLED_EXCEPTION, KILL_ON_JOB_CLOSE
    _LIMITS = 0x8 | 0x100 | 0x400 | 0x2000

    def _limit_resources(memory: int, _: float) -> list[str]:
        """Put this process, alone, into a Job Object, which the system frees with the process."""
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CreateJobObjectW.restype = kernel.GetCurrentProcess.restype = wintypes.HANDLE
        job, myself = wintypes.HANDLE(kernel.CreateJobObjectW(None, None)), kernel.GetCurrentProcess()
        limits = _JobLimits(LimitFlags=_LIMITS, ActiveProcessLimit=1, ProcessMemoryLimit=memory)
        size = ctypes.sizeof(limits)
        if (
            job
            and kernel.SetInformationJobObject(job, _EXTENDED_LIMIT_INFORMATION, ctypes.byref(limits), size)
            and kernel.AssignProcessToJobObject(job, wintypes.HANDLE(myself))
        ):
            return []
        return [f"memory and new processes (error {ctypes.get_last_error()})"]

else:
    import resource

    def _limit_resources(memory: int, seconds: float) -> list[str]:
        processor_seconds = math.ceil(seconds) * (os.cpu_count() or 1) + 1
        limits = (
            ("memory", resource.RLIMIT_AS, memory),  # macOS knows this limit and refuses to set it
            ("processor time", resource.RLIMIT_CPU, processor_seconds),
            ("open files", resource.RLIMIT_NOFILE, _OPEN_FILES),
            ("size of files", resource.RLIMIT_FSIZE, _FILE_BYTES),
            ("core dumps", resource.RLIMIT_CORE, 0),
        )
        return [name for name, number, value in limits if not _limit(number, value)]

    def _limit(number: int, value: int) -> bool:
        """Set a limit, or keep a lower one that is set already; returns whether it holds."""
        _, highest = resource.getrlimit(number)
        if highest != resource.RLIM_INFINITY:
            value = min(value, highest)
        try:
            resource.setrlimit(number, (value, value))
        except (ValueError, OSError):
            return False
        return True
