"""Run child processes that handle untrusted bytes: one request, one response, one process."""

import asyncio
import contextlib
import logging
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE

from media.child.framing import UNCONFINED
from media.errors import ProcessStartFailed

log = logging.getLogger(__name__)

# -I keeps the working directory and PYTHONPATH out of sys.path: the checkout's folder is an argument.
_BOOTSTRAP = "import sys; sys.path.insert(0, sys.argv[1]); from media.child.worker import main; main()"
_ROOT = str(Path(__file__).resolve().parents[2])
_MAX_STDERR = 4096  # bytes kept for the log
_REAP_SECONDS = 5.0  # a killed process takes longer only while the kernel waits for a disk
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


class UnconfinedLog:
    """Says once in the log what this system does not let children give up."""

    def __init__(self) -> None:
        self._said = False

    def report(self, errors: bytes) -> None:
        """Read the first line of a child's standard error, written before it looked at untrusted bytes."""
        if not self._said and errors.startswith(UNCONFINED.encode()):
            self._said = True
            log.info("media children are %s; see docs/reliability.md", _one_line(errors.splitlines()[0]))


class ProcessRunner:
    """Starts a child for each request, at most `max_processes` at a time; further requests wait."""

    def __init__(self, max_processes: int, unconfined: UnconfinedLog | None = None) -> None:
        self._slots = asyncio.Semaphore(max_processes)
        self._unconfined = unconfined or UnconfinedLog()

    async def run(self, request: bytes, limits: ProcessLimits) -> bytes:
        """Send a request to a new child and return its response; waiting to start is not timed.

        When this returns or raises, also by cancellation, the child and all that it started has ended.
        Raises TimeoutError, ChildDied and ProcessStartFailed.
        """
        async with self._slots, _started(limits) as child:
            async with asyncio.timeout(limits.seconds):
                child.send(request)
                await child.exited.wait()
                child.kill()  # what it started and left behind may hold the pipes open
                await child.closed.wait()
            response, errors, status = bytes(child.output), bytes(child.errors), child.status
        self._unconfined.report(errors)
        if status == 0 and 0 < len(response) < limits.response_bytes:  # that long, it was cut
            return response
        log.warning("a media child ended with %s: %s", status, _one_line(errors))
        raise ChildDied(status)


class _Child(asyncio.SubprocessProtocol):
    """A running child: keeps the first bytes of its output, so that endless output fills no memory."""

    def __init__(self, max_bytes: int) -> None:
        self.output = bytearray()
        self.errors = bytearray()
        self.exited = asyncio.Event()  # and is reaped
        self.closed = asyncio.Event()  # both its outputs are read to their ends
        self._max_bytes = max_bytes
        self._open = {1, 2}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.SubprocessTransport)  # noqa: S101 - for the type checker
        self._transport = transport

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """Keep what there is room for."""
        kept, limit = (self.output, self._max_bytes) if fd == 1 else (self.errors, _MAX_STDERR)
        kept += data[: limit - len(kept)]

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        """Note the end of an output."""
        self._open.discard(fd)
        if not self._open:
            self.closed.set()

    def process_exited(self) -> None:
        """Note that the process is reaped; others may hold its pipes still."""
        self.exited.set()

    @property
    def status(self) -> int | None:
        """The exit code, negative where a signal ended it."""
        return self._transport.get_returncode()

    def send(self, request: bytes) -> None:
        """Write the request, then end the input. A child that ends before shows it by its status."""
        pipe = self._transport.get_pipe_transport(0)
        assert isinstance(pipe, asyncio.WriteTransport)  # noqa: S101 - for the type checker
        pipe.write(request)
        pipe.close()

    def kill(self) -> None:
        """Kill the child and its process group; on Windows its Job Object holds no other process."""
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: only zombies are left
            if sys.platform == "win32":
                self._transport.kill()
            else:
                os.killpg(self._transport.get_pid(), signal.SIGKILL)

    async def end(self) -> None:
        """Kill it, wait until it is reaped, and close the pipes, whoever else may hold them."""
        self.kill()
        try:
            async with asyncio.timeout(_REAP_SECONDS):
                await self.exited.wait()
        except TimeoutError:
            log.warning("a killed media child (process %d) does not end", self._transport.get_pid())
        finally:
            self._transport.close()


@contextlib.asynccontextmanager
async def _started(limits: ProcessLimits) -> AsyncGenerator[_Child]:
    """Start a child for the length of a block, and end it in any case. Raises ProcessStartFailed."""
    child = await _start(limits)
    try:
        yield child
    finally:
        await child.end()


async def _start(limits: ProcessLimits) -> _Child:
    """Start a child. Raises ProcessStartFailed."""
    arguments = (_ROOT, str(limits.memory), str(limits.seconds + _GRACE_SECONDS))
    try:
        _, child = await asyncio.get_running_loop().subprocess_exec(
            lambda: _Child(limits.response_bytes),
            sys.executable,
            *("-I", "-c", _BOOTSTRAP, *arguments),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=_ENVIRONMENT | {name: os.environ[name] for name in _INHERITED if name in os.environ},
            start_new_session=True,  # a process group to kill; Ctrl-C in a terminal reaches the parent alone
            creationflags=_FLAGS,
        )
    except OSError as err:
        raise ProcessStartFailed(str(err)) from err
    return child


def _one_line(text: bytes) -> str:
    """A child's text for the log, without control characters: bytes of strangers may be in it."""
    return ascii(text.decode(errors="replace"))[1:-1]
