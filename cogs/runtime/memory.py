"""Lets the C library give the memory of freed pictures back to the operating system."""

import ctypes
import gc
import sys

M_MMAP_THRESHOLD = -3  # glibc's malloc.h
MAPPED_FROM_BYTES = 256 * 1024


def return_freed_memory() -> None:
    """Map each block of MAPPED_FROM_BYTES or more on its own, so that freeing it gives it back at once.

    glibc raises that size to that of the largest block that was ever freed, unless it is set: after the first
    picture all others would leave their memory with the process. Other C libraries are left as they are.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(M_MMAP_THRESHOLD, MAPPED_FROM_BYTES)


def exclude_from_collections() -> None:
    """Let the garbage collector pass over all objects that there are now: what was loaded stays to the end.

    A full collection walked over half a million of them, and kept the event loop for a tenth of a second.
    """
    gc.collect()
    gc.freeze()
