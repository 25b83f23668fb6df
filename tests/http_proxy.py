"""An HTTP proxy on loopback: CONNECT, and forwarding of `http://` requests; counts what goes through it."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field

from yarl import URL

HEAD_END = b"\r\n\r\n"


@dataclass
class HttpProxy:
    """A running proxy: each connection leads to one host, whose `http://` requests may follow one another.

    `known` has addresses for names that only this proxy knows; `refuse` is the status of all its answers.
    """

    port: int = 0
    known: Mapping[str, str] = field(default_factory=dict[str, str])
    refuse: int = 0
    opened: list[str] = field(default_factory=list[str])
    """The first line of each connection, as `GET http://host:port/path` or `CONNECT host:port`."""
    authorizations: set[str] = field(default_factory=set[str])
    """The `Proxy-Authorization` of all connections; an empty text where one had none."""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection of a client until one side ends it."""
        with contextlib.closing(writer), contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(HEAD_END)
            lines = head.decode("latin-1").split("\r\n")
            method, target, _ = lines[0].split(" ")
            self.opened.append(f"{method} {target}")
            given = [each.partition(": ")[2] for each in lines if each.lower().startswith("proxy-auth")]
            self.authorizations.add(given[0] if given else "")
            if self.refuse:
                writer.write(f"HTTP/1.1 {self.refuse} No\r\nContent-Length: 0\r\n\r\n".encode())
                await writer.drain()
                return
            url = URL(f"http://{target}" if method == "CONNECT" else target)
            host = self.known.get(url.host or "", url.host or "")
            upstream, sink = await asyncio.open_connection(host, url.port)
            with contextlib.closing(sink):
                if method == "CONNECT":
                    writer.write(b"HTTP/1.1 200 OK" + HEAD_END)
                else:
                    sink.write(head)
                await _relay((reader, sink), (upstream, writer))


async def _relay(*ways: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
    """Copy both ways until one of them ends."""
    tasks = [asyncio.create_task(_copy(*way), name="proxy: copy") for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


@contextlib.asynccontextmanager
async def open_proxy(known: Mapping[str, str] | None = None, refuse: int = 0) -> AsyncGenerator[HttpProxy]:
    """A proxy on a free port of 127.0.0.1."""
    proxy, tasks = HttpProxy(known=known or {}, refuse=refuse), set[asyncio.Task[None]]()

    def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(proxy.handle(reader, writer), name="proxy: connection")
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
