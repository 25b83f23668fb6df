"""Requests to one ComfyUI: bounded in time and size, every fault one of ours, nothing repeated."""

import asyncio
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from comfy.errors import BadAnswer, JobLost, ServerUnreachable, TokenRefused, TooLarge
from comfy.protocol.files import AtomicDownload, OutputFile
from comfy.protocol.json_values import parse_json

LARGEST_ANSWER = 64 * 2**20  # bytes; /object_info of a server with many nodes takes a few million
LARGEST_MESSAGE = 32 * 2**20  # bytes; an execution_error carries the node's inputs as text
CHUNK = 2**20
QUESTION = aiohttp.ClientTimeout(total=20)
INVENTORY = aiohttp.ClientTimeout(total=120)  # /object_info walks all model folders
TRANSFER = aiohttp.ClientTimeout(total=600, sock_connect=10, sock_read=30)
HEARTBEAT = 20  # seconds; the server sends no pings of its own
# What a gateway says for a ComfyUI that is away or busy.
GATEWAY = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Status and body of an answer."""

    status: int
    body: bytes

    def json(self) -> object:
        """The body of a 200. Raises BadAnswer."""
        if self.status != 200:
            raise BadAnswer(reason=f"HTTP {self.status}")
        return parse_json(self.body)


class Transport:
    """One server's address, and the session that carries its token; `name` is what logs may call it.

    Every method raises ServerUnreachable, TokenRefused, TooLarge or BadAnswer.
    """

    def __init__(self, session: aiohttp.ClientSession, url: str, *, name: str) -> None:
        self.name = name
        self._session = session
        self._url = url.rstrip("/")

    async def get(self, path: str, timeout: aiohttp.ClientTimeout = QUESTION) -> object:
        """The JSON at `path`."""
        async with self._ask("GET", path, timeout=timeout) as response:
            return (await _read(response)).json()

    async def post(self, path: str, body: Mapping[str, object]) -> Answer:
        """Send JSON."""
        async with self._ask("POST", path, json=body, timeout=QUESTION) as response:
            return await _read(response)

    async def upload(self, picture: bytes, *, name: str, fields: Mapping[str, str]) -> object:
        """Send a picture in ComfyUI's form; the JSON it answers."""
        form = aiohttp.FormData(fields)
        form.add_field("image", picture, filename=name, content_type="application/octet-stream")
        async with self._ask("POST", "upload/image", data=form, timeout=TRANSFER) as response:
            return (await _read(response)).json()

    async def download(self, file: OutputFile, to: Path, *, limit: int) -> None:
        """Bring a file of at most `limit` bytes to `to`, whole or not at all; JobLost when it is gone."""
        async with self._view(file) as response:
            await _save(response, to, limit=limit)

    async def size(self, file: OutputFile) -> int:
        """How many bytes a file has, by asking for its first; JobLost when it is gone."""
        async with self._view(file, headers={"Range": "bytes=0-0"}) as response:
            return _count_bytes(response)

    @asynccontextmanager
    async def websocket(self, client_id: str) -> AsyncGenerator[aiohttp.ClientWebSocketResponse]:
        """A websocket as that client; closed, with the server's answer to that, on the way out."""
        with _faults_as_ours():
            async with self._session.ws_connect(
                f"{self._url}/ws",
                params={"clientId": client_id},
                heartbeat=HEARTBEAT,
                max_msg_size=LARGEST_MESSAGE,
            ) as socket:
                yield socket

    @asynccontextmanager
    async def _view(self, file: OutputFile, **rest: Any) -> AsyncGenerator[aiohttp.ClientResponse]:
        query = {"filename": file.filename, "subfolder": file.subfolder, "type": file.type}
        async with self._ask("GET", "view", params=query, timeout=TRANSFER, **rest) as response:
            if response.status == 404:
                raise JobLost
            if response.status not in (200, 206):
                raise BadAnswer(reason=f"HTTP {response.status}")
            yield response

    @asynccontextmanager
    async def _ask(self, method: str, path: str, **rest: Any) -> AsyncGenerator[aiohttp.ClientResponse]:
        with _faults_as_ours():
            # Followed, a redirect would carry the token to another address.
            asked = self._session.request(method, f"{self._url}/{path}", allow_redirects=False, **rest)
            async with asked as response:
                _check(response.status)
                yield response


def _check(status: int) -> None:
    if status in (401, 403):
        raise TokenRefused
    if status in GATEWAY:
        raise ServerUnreachable(reason=f"HTTP {status}")


@contextmanager
def _faults_as_ours() -> Generator[None]:
    try:
        yield
    except TimeoutError as err:
        raise ServerUnreachable(reason="timed out") from err
    except aiohttp.ClientSSLError as err:
        raise ServerUnreachable(reason="its certificate is not accepted") from err
    except aiohttp.ClientConnectorError as err:
        raise ServerUnreachable(reason="refused") from err
    except aiohttp.ClientResponseError as err:
        _check(err.status)
        raise BadAnswer(reason=f"HTTP {err.status}") from err
    except aiohttp.InvalidURL as err:
        raise BadAnswer(reason="its address is no URL") from err
    except (aiohttp.ClientError, ConnectionError) as err:
        raise ServerUnreachable(reason="cut off") from err


async def _read(response: aiohttp.ClientResponse) -> Answer:
    body = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK):
        body += chunk
        if len(body) > LARGEST_ANSWER:
            raise TooLarge(limit=LARGEST_ANSWER)
    return Answer(status=response.status, body=bytes(body))


def _count_bytes(response: aiohttp.ClientResponse) -> int:
    """The size of the whole file, also where the server sends all of it instead of a part."""
    total = response.headers.get("Content-Range", "").rpartition("/")[2]
    size = int(total) if total.isdecimal() else response.content_length
    if size is None:
        raise BadAnswer(reason="a file of unknown size")
    return size


async def _save(response: aiohttp.ClientResponse, to: Path, *, limit: int) -> None:
    file = AtomicDownload(to, limit=limit)
    try:
        async for chunk in response.content.iter_chunked(CHUNK):
            file.write(chunk)
        await asyncio.to_thread(file.finish)
    finally:
        file.discard()
