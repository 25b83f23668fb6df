"""Child processes for bytes of strangers: one request in, one answer out, then gone."""

import asyncio
import contextlib
import logging
import os
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

from media.errors import ProcessStartFailed

log = logging.getLogger(__name__)

# -I keeps the working directory and PYTHONPATH out of the search path: the worker is told where we stand.
_BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from media.child.worker import main; main()"
_HOUSE = str(Path(__file__).resolve().parents[2])
_CHUNK = 1 << 16
_COMPLAINT = 4096  # bytes of standard error kept for the log
_GRACE = 1.0  # seconds that we, who can tell why, have before the child ends itself
# No secret of ours lives in these; a Python that is not in the usual place does not start without them.
_INHERITED = ("SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
# x264 starts a thread for each core, and each would reserve 128 MB of the address space that is capped.
_ENVIRONMENT = {"MALLOC_ARENA_MAX": "2"}
_FLAGS = (
    subprocess.BELOW_NORMAL_PRIORITY_CLASS | subprocess.CREATE_NO_WINDOW if sys.platform == "win32" else 0
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessLimits:
    """What one child may use: bytes of memory, seconds of wall time, bytes of answer."""

    memory: int
    seconds: float
    answer: int


class ChildDied(Exception):
    """The child ended without an answer: killed by a signal, a memory limit, or an error of its own."""


class ProcessRunner:
    """Starts children, at most `at_once` at a time; the others wait their turn."""

    def __init__(self, at_once: int) -> None:
        self._slots = asyncio.Semaphore(at_once)

    async def run(self, request: bytes, limits: ProcessLimits) -> bytes:
        """Give a child one request and return its answer; waiting for a turn is outside the time limit.

        Cancelled, out of time, or done: the child is gone when this returns.
        Raises TimeoutError, ChildDied and ProcessStartFailed.
        """
        async with self._slots, _started(limits) as process:
            async with asyncio.timeout(limits.seconds):
                answer, complaint = await _talk(process, request, limits.answer)
                status = await process.wait()
        if status == 0 and 0 < len(answer) < limits.answer:  # as long as that, it was cut
            return answer
        log.warning("a media child ended with %s: %s", status, complaint.decode(errors="replace"))
        raise ChildDied(status)


@contextlib.asynccontextmanager
async def _started(limits: ProcessLimits) -> AsyncGenerator[Process]:
    """Run a worker for the length of a block; leaving it in any way kills and reaps the process."""
    process = await _start(limits)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()  # not wait(): that hangs while a full pipe has nobody reading it


async def _start(limits: ProcessLimits) -> Process:
    arguments = (_HOUSE, str(limits.memory), str(limits.seconds + _GRACE))
    try:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *("-I", "-c", _BOOT, *arguments),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=_ENVIRONMENT | {name: os.environ[name] for name in _INHERITED if name in os.environ},
            start_new_session=True,  # Ctrl-C in a terminal is for us; we decide what becomes of the child
            creationflags=_FLAGS,
        )
    except OSError as err:
        raise ProcessStartFailed(str(err)) from err


async def _talk(process: Process, request: bytes, most: int) -> tuple[bytes, bytes]:
    assert process.stdin is not None  # noqa: S101 - for the type checker: all three are PIPE
    assert process.stdout is not None  # noqa: S101
    assert process.stderr is not None  # noqa: S101
    async with asyncio.TaskGroup() as group:
        group.create_task(_feed(process.stdin, request), name="media-child-stdin")
        answer = group.create_task(_read(process.stdout, most), name="media-child-stdout")
        complaint = group.create_task(_read(process.stderr, _COMPLAINT), name="media-child-stderr")
    return answer.result(), complaint.result()


async def _feed(pipe: asyncio.StreamWriter, request: bytes) -> None:
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it died early; its status says so
        pipe.write(request)
        await pipe.drain()
        pipe.close()
        await pipe.wait_closed()


async def _read(pipe: asyncio.StreamReader, most: int) -> bytes:
    """Read to the end, keep the first `most` bytes: a child that babbles fills no memory and never blocks."""
    kept = bytearray()
    while chunk := await pipe.read(_CHUNK):
        kept += chunk[: most - len(kept)]
    return bytes(kept)
