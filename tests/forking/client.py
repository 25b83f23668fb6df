"""How a test asks for a forked process: only on Linux, elsewhere each process is a new interpreter."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.forking.server import NUMBER

FORKS = sys.platform == "linux"
ROOT = Path(__file__).parents[2]
FOLDER = "TEST_FORK_SERVERS"
"""The variable that names the folder of the servers' sockets, which all workers inherit."""
BOT, MEDIA, WORKER = "bot", "media", "worker"
IMPORTED = {
    BOT: ("cli.main", "av", "PIL.Image", "tests.forking.bot", "tests.forking.warm"),
    MEDIA: (
        *("media.child.worker", "media.child.landlock", "media.child.seccomp", "media.pictures.pictures"),
        *("media.codecs.clips", "media.codecs.concat", "media.codecs.ladder", "PIL.AvifImagePlugin"),
        *("PIL.GifImagePlugin", "PIL.JpegImagePlugin", "PIL.PngImagePlugin", "PIL.WebPImagePlugin"),
    ),
    WORKER: ("tests.forking.all_tests",),
}
START_SECONDS = 60.0


@contextlib.contextmanager
def fork_servers() -> Iterator[None]:
    """Start the servers, which import nothing until they are asked for a process; end them."""
    with tempfile.TemporaryDirectory(prefix="fork-") as folder, contextlib.ExitStack() as servers:
        os.environ[FOLDER] = folder
        for name, modules in IMPORTED.items():
            command = [sys.executable, "-m", "tests.forking.server", f"{folder}/{name}", *modules]
            server = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE)  # noqa: S603 - our own program
            servers.callback(server.wait, START_SECONDS)
            assert server.stdin
            servers.callback(server.stdin.close)
        yield


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to run: `function` is `module:name`.

    `descriptors` are its standard input, which may be left out, output and error.
    """

    function: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    folder: str
    descriptors: Sequence[int]


class ForkedProcess:
    """What the tests use of `asyncio.subprocess.Process`, for a process of a server."""

    def __init__(self, connection: socket.socket, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        """The exit code, negative for a signal; None while it runs."""
        self._connection = connection
        self._ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(connection, self._end)

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal. Raises ProcessLookupError where it has ended."""
        if self.returncode is not None:
            raise ProcessLookupError
        os.kill(self.pid, number)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)

    async def wait(self) -> int:
        """Wait for its end; returns the exit code."""
        await self._ended.wait()
        assert self.returncode is not None
        return self.returncode

    def _end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._connection)
        with self._connection:
            (self.returncode,) = NUMBER.unpack(self._connection.recv(NUMBER.size))
        self._ended.set()


async def fork(server: str, request: Request) -> ForkedProcess:
    """Start a process."""
    return ForkedProcess(*await asyncio.to_thread(ask, server, request))


def ask(server: str, request: Request) -> tuple[socket.socket, int]:
    """Start a process; returns the connection by which the server tells its exit code, and its id."""
    connection = _connect(str(Path(os.environ[FOLDER], server)))
    asked = {
        "function": request.function,
        "arguments": list(request.arguments),
        "environment": dict(request.environment),
        "folder": request.folder,
    }
    message = json.dumps(asked).encode() + b"\n"
    sent = socket.send_fds(connection, [message], list(request.descriptors))
    if rest := message[sent:]:  # to send nothing would fail where the process has ended already
        connection.sendall(rest)
    (pid,) = NUMBER.unpack(connection.recv(NUMBER.size))
    return connection, pid


def _connect(path: str) -> socket.socket:
    """Connect, as soon as the server listens."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
            assert time.monotonic() < deadline, "the fork server does not start"
            time.sleep(0.02)
        else:
            return connection
