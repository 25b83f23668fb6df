"""Media children forked from a process that has imported the codecs, each with limits of its own as ever."""

import asyncio
import os
from collections.abc import Sequence
from typing import Any

import pytest

from media.child import process
from media.child.process import ProcessLimits, _Child
from tests.forking.client import FORKS, MEDIA, ForkedProcess, Request, fork

WORKER = "media.child.worker:main"


def fork_media_children(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let media children start without importing anything, which is most of what a small picture takes."""
    if FORKS:
        monkeypatch.setattr(process, "_start", start_forked)


async def start_forked(limits: ProcessLimits) -> _Child:
    """What `media.child.process` does by a new interpreter."""
    pipes = [os.pipe() for _ in range(3)]
    (stdin, ours), *outputs = pipes
    theirs = [stdin, *(write for _, write in outputs)]
    arguments = (process._ROOT, str(limits.memory), str(limits.seconds + process._GRACE_SECONDS))
    try:
        forked = await fork(
            MEDIA,
            Request(
                function=WORKER,
                arguments=["-c", *arguments],
                environment=process._ENVIRONMENT,
                folder=process._ROOT,
                descriptors=theirs,
            ),
        )
    finally:
        for each in theirs:
            os.close(each)
    transport = ForkedTransport(forked)
    child = _Child(limits.response_bytes)
    await transport.connect(child, ours, [read for read, _ in outputs])
    return child


class ForkedTransport(asyncio.SubprocessTransport):
    """What `_Child` asks of the transport of a process, for a forked one."""

    def __init__(self, forked: ForkedProcess) -> None:
        super().__init__()
        self._forked = forked
        self._pipes: list[asyncio.BaseTransport] = []

    async def connect(self, child: _Child, stdin: int, outputs: Sequence[int]) -> None:
        """Begin to tell the child's protocol what happens."""
        loop = asyncio.get_running_loop()
        child.connection_made(self)
        transport, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, os.fdopen(stdin, "wb", 0))
        self._pipes.append(transport)
        for number, each in enumerate(outputs, 1):
            reading = loop.connect_read_pipe(lambda n=number: Output(child, n), os.fdopen(each, "rb", 0))
            transport, _ = await reading
            self._pipes.append(transport)
        self._end = asyncio.create_task(self._wait(child), name="forked media child")

    async def _wait(self, child: _Child) -> None:
        await self._forked.wait()
        child.process_exited()

    def get_pid(self) -> int:
        return self._forked.pid

    def get_returncode(self) -> int | None:
        return self._forked.returncode

    def get_pipe_transport(self, fd: int) -> Any:
        return self._pipes[fd]

    def close(self) -> None:
        for each in self._pipes:
            each.close()


class Output(asyncio.Protocol):
    """One output of a child."""

    def __init__(self, child: _Child, number: int) -> None:
        self._child = child
        self._number = number

    def data_received(self, data: bytes) -> None:
        self._child.pipe_data_received(self._number, data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._child.pipe_connection_lost(self._number, exc)
