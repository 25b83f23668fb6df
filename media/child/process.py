"""Run child processes that handle untrusted bytes: one request, one response, one process."""

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

# -I keeps the working directory and PYTHONPATH out of sys.path: the checkout's folder is an argument.
_BOOTSTRAP = "import sys; sys.path.insert(0, sys.argv[1]); from media.child.worker import main; main()"
_ROOT = str(Path(__file__).resolve().parents[2])
_CHUNK_BYTES = 1 << 16
_MAX_STDERR = 4096  # bytes kept for the log
_GRACE_SECONDS = 1.0  # the parent, which can name the reason, ends the child before it ends itself
# None of these holds a secret; a Python outside the usual folders does not start without them.
_INHERITED = ("SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
# Each of x264's threads would reserve 128 MB of the limited address space.
_ENVIRONMENT = {"MALLOC_ARENA_MAX": "2"}
_FLAGS = (
    subprocess.BELOW_NORMAL_PRIORITY_CLASS | subprocess.CREATE_NO_WINDOW if sys.platform == "win32" else 0
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessLimits:
    """What one child may use: `memory` in bytes, `seconds` of wall time, `response_bytes` of output."""

    memory: int
    seconds: float
    response_bytes: int


class ChildDied(Exception):
    """The child ended without a response: killed by a signal or limit, or by an error of its own."""


class ProcessRunner:
    """Starts a child for each request, at most `max_processes` at a time; further requests wait."""

    def __init__(self, max_processes: int) -> None:
        self._slots = asyncio.Semaphore(max_processes)

    async def run(self, request: bytes, limits: ProcessLimits) -> bytes:
        """Send a request to a new child and return its response; waiting to start is not timed.

        When this returns or raises, also by cancellation, the child has ended and is reaped.
        Raises TimeoutError, ChildDied and ProcessStartFailed.
        """
        async with self._slots, _started(limits) as process:
            async with asyncio.timeout(limits.seconds):
                response, errors = await _exchange(process, request, limits.response_bytes)
                status = await process.wait()
        if status == 0 and 0 < len(response) < limits.response_bytes:  # that long, it was cut
            return response
        log.warning("a media child ended with %s: %s", status, errors.decode(errors="replace"))
        raise ChildDied(status)


@contextlib.asynccontextmanager
async def _started(limits: ProcessLimits) -> AsyncGenerator[Process]:
    """Start a child for the length of a block; leaving it in any way kills and reaps the process."""
    process = await _start(limits)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()  # wait() would hang while a pipe is full


async def _start(limits: ProcessLimits) -> Process:
    """Start a child. Raises ProcessStartFailed."""
    arguments = (_ROOT, str(limits.memory), str(limits.seconds + _GRACE_SECONDS))
    try:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *("-I", "-c", _BOOTSTRAP, *arguments),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=_ENVIRONMENT | {name: os.environ[name] for name in _INHERITED if name in os.environ},
            start_new_session=True,  # Ctrl-C in a terminal reaches the parent alone
            creationflags=_FLAGS,
        )
    except OSError as err:
        raise ProcessStartFailed(str(err)) from err


async def _exchange(process: Process, request: bytes, max_bytes: int) -> tuple[bytes, bytes]:
    """Write the request, and read standard output and standard error to their ends at the same time."""
    assert process.stdin is not None  # noqa: S101 - for the type checker: all three are PIPE
    assert process.stdout is not None  # noqa: S101
    assert process.stderr is not None  # noqa: S101
    async with asyncio.TaskGroup() as group:
        group.create_task(_write(process.stdin, request), name="media-child-stdin")
        response = group.create_task(_read(process.stdout, max_bytes), name="media-child-stdout")
        errors = group.create_task(_read(process.stderr, _MAX_STDERR), name="media-child-stderr")
    return response.result(), errors.result()


async def _write(pipe: asyncio.StreamWriter, request: bytes) -> None:
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it ended early; its status says so
        pipe.write(request)
        await pipe.drain()
        pipe.close()
        await pipe.wait_closed()


async def _read(pipe: asyncio.StreamReader, max_bytes: int) -> bytes:
    """Read to the end and keep the first `max_bytes`: endless output neither fills memory nor blocks."""
    kept = bytearray()
    while chunk := await pipe.read(_CHUNK_BYTES):
        kept += chunk[: max_bytes - len(kept)]
    return bytes(kept)
