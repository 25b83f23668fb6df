"""PostgreSQL for tests of the driver: stores on connections of their own, and a line that is cut."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

import pytest

from storage import DatabaseLocation, QueueLimits, Store, open_store
from tests.postgres_server import PostgresServer
from tests.unit.storage.engines import engines


def postgres_engines(config: pytest.Config) -> list[str]:
    """The versions of PostgreSQL to run on."""
    return [each for each in engines(config) if each != "sqlite"]


@contextlib.asynccontextmanager
async def many_stores(
    url: str, folder: Path, number: int, limits: QueueLimits | None = None
) -> AsyncGenerator[list[Store]]:
    """So many stores, of two pools as of two processes; each task has a connection of its own."""
    location = DatabaseLocation(folder=folder, url=url)
    async with open_store(location, limits) as one, open_store(location, limits) as other:
        yield list(itertools.islice(itertools.cycle((one, other)), number))


class CutLine:
    """A proxy before a server that cuts the connection once COMMIT was passed on, before its answer comes."""

    def __init__(self, port: int) -> None:
        self._server_port = port
        self.port = 0
        self.commits_to_cut = 0
        self.cut = 0
        self.refusing = False
        self._tasks = set[asyncio.Task[None]]()

    def url(self, direct: str) -> str:
        """The address of the same database through this proxy."""
        return f"{direct.rpartition('@')[0]}@127.0.0.1:{self.port}/{direct.rpartition('/')[2]}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on both ways."""
        if self.refusing:
            writer.close()
            return
        upstream, to_server = await asyncio.open_connection("127.0.0.1", self._server_port)
        cutting = asyncio.Event()
        back = asyncio.create_task(self._answer(upstream, writer, cutting))
        self._tasks.add(back)
        try:
            while data := await reader.read(65536):
                if self.commits_to_cut and b"COMMIT;" in data:
                    self.commits_to_cut -= 1
                    cutting.set()
                to_server.write(data)
                await to_server.drain()
        except OSError:
            pass
        to_server.close()

    async def _answer(
        self, upstream: asyncio.StreamReader, writer: asyncio.StreamWriter, cutting: asyncio.Event
    ) -> None:
        while data := await upstream.read(65536):
            if cutting.is_set():
                self.cut += 1
                break
            writer.write(data)
        writer.transport.abort() if cutting.is_set() else writer.close()


@contextlib.asynccontextmanager
async def cut_line(server: PostgresServer) -> AsyncIterator[CutLine]:
    """A CutLine before the server."""
    line = CutLine(server.port)
    listening = await asyncio.start_server(line.serve, "127.0.0.1", 0)
    line.port = listening.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        listening.close()
