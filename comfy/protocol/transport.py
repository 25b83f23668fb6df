"""HTTP and websocket requests to one ComfyUI, limited in time and size; network errors raise ComfyError.

Nothing is retried here: whether that is safe depends on the endpoint.
"""

import asyncio
import errno
import ssl
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, cast

import aiohttp

from comfy.errors import BadAnswer, ServerFault, ServerUnreachable, TokenRefused, TooLarge
from comfy.protocol.json_values import parse_json, parse_large_json
from comfy.protocol.responses import parse_fault_words
from comfy.protocol.session import ServerWebSocket, open_session

MAX_RESPONSE_BYTES = 2**20
MAX_MESSAGE_BYTES = 8 * 2**20  # an execution_error carries the node's inputs as text: dropped, but read
CHUNK_BYTES = 2**20
HANDSHAKE_TIMEOUT = 20.0  # seconds
REQUEST_TIMEOUT = aiohttp.ClientTimeout(total=20)
OBJECT_INFO_TIMEOUT = aiohttp.ClientTimeout(total=120)  # the server walks all model folders
TRANSFER_TIMEOUT = aiohttp.ClientTimeout(total=600, sock_connect=10, sock_read=30)
HEARTBEAT_SECONDS = 20  # the server sends no pings of its own
# The reasons of ServerUnreachable.
REFUSED = "refused"
TIMED_OUT = "timed out"
CUT_OFF = "cut off"
UNKNOWN_HOST = "its host name is not known"
NO_ROUTE = "no way leads there"
NO_TLS = "it does not answer in TLS"
UNTRUSTED = "its certificate is not accepted"
UNREACHABLE_ERRORS = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL})
TOO_MANY_REQUESTS = 429
FIRST_FAULT = 500  # a server or gateway that is down, busy or in trouble: 500 … 504, of tunnels 520 … 530
MAX_FAULT_BYTES = 4096  # of the body of a 5xx
FAULT_TIMEOUT = 2.0  # seconds in which that is read
UNCOMPRESSED = {"Accept-Encoding": "identity"}  # what is compressed may be a thousand times as large


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """Status and body of a response."""

    status: int
    body: bytes

    def json(self) -> object:
        """The parsed body, a short one, of a 200. Raises BadAnswer for another status or what is no JSON."""
        return parse_json(self._content())

    async def load(self) -> object:
        """`json` for a body of any length: a large one is parsed in a thread."""
        return await parse_large_json(self._content())

    def _content(self) -> bytes:
        if self.status != 200:
            raise BadAnswer(reason=f"HTTP {self.status}")
        return self.body


class Transport:
    """One server's address, and the session that carries its token; `name` is what logs may call it.

    Every method raises ServerUnreachable, TokenRefused, TooLarge or BadAnswer.
    """

    def __init__(self, session: aiohttp.ClientSession, url: str, *, name: str) -> None:
        self.name = name
        self._session = session
        self._url = url.rstrip("/")
        self._on_token_refused: Callable[[TokenRefused], None] | None = None

    def on_token_refused(self, callback: Callable[[TokenRefused], None]) -> None:
        """Call this whenever an HTTP request is answered 401 or 403, before TokenRefused is raised."""
        self._on_token_refused = callback

    async def get(
        self, path: str, timeout: aiohttp.ClientTimeout = REQUEST_TIMEOUT, *, limit: int | None = None
    ) -> object:
        """`GET` a path and parse its JSON, of at most `limit` bytes."""
        async with self.request("GET", path, timeout=timeout) as response:
            answer = await _read(response, limit or MAX_RESPONSE_BYTES)
        return await answer.load()

    async def post(
        self,
        path: str,
        timeout: aiohttp.ClientTimeout = REQUEST_TIMEOUT,
        *,
        limit: int | None = None,
        **content: Any,
    ) -> HttpResponse:
        """`POST` JSON (`json=…`) or a form (`data=…`); the answer has at most `limit` bytes."""
        async with self.request("POST", path, timeout=timeout, **content) as response:
            return await _read(response, limit or MAX_RESPONSE_BYTES)

    @asynccontextmanager
    async def request(
        self, method: str, path: str, *, headers: Mapping[str, str] = UNCOMPRESSED, **options: Any
    ) -> AsyncGenerator[aiohttp.ClientResponse]:
        """A response whose body is not read yet; `options` are aiohttp's."""
        with _network_errors():
            # Followed, a redirect would carry the token to another address.
            request = self._session.request(
                method,
                f"{self._url}/{path}",
                allow_redirects=False,
                headers={**UNCOMPRESSED, **headers},
                **options,
            )
            async with request as response:
                await self._check(response)
                if response.headers.get("Content-Encoding", "identity").lower() != "identity":
                    raise BadAnswer(reason="it is compressed, unasked")
                yield response

    @asynccontextmanager
    async def websocket(self, client_id: str) -> AsyncGenerator[ServerWebSocket]:
        """A websocket with that client id, in a session of its own; left on the way out."""
        with _network_errors():
            async with open_session(self._session.headers) as session:
                socket = await self._connect(session, client_id)
                try:
                    yield socket
                finally:
                    await socket.leave()

    async def _connect(self, session: aiohttp.ClientSession, client_id: str) -> ServerWebSocket:
        async with asyncio.timeout(HANDSHAKE_TIMEOUT):
            socket = await session.ws_connect(
                f"{self._url}/ws",
                params={"clientId": client_id},
                heartbeat=HEARTBEAT_SECONDS,
                max_msg_size=MAX_MESSAGE_BYTES,
                autoping=False,  # it would answer without end inside of one `receive`
            )
        return cast(ServerWebSocket, socket)

    async def _check(self, response: aiohttp.ClientResponse) -> None:
        try:
            _check_status(response.status)
        except ServerFault as err:
            err.words = await _read_words(response)
            raise
        except TokenRefused as err:
            if self._on_token_refused:
                self._on_token_refused(err)
            raise


def _check_status(status: int) -> None:
    if status in (401, 403):
        raise TokenRefused
    if status == TOO_MANY_REQUESTS:
        raise ServerUnreachable(reason=f"HTTP {status}")
    if status >= FIRST_FAULT:
        raise ServerFault(reason=f"HTTP {status}")


async def _read_words(response: aiohttp.ClientResponse) -> str:
    """What the answer says of its fault, as far as that arrives soon."""
    body = bytearray()
    with suppress(TimeoutError, aiohttp.ClientError, ConnectionError):
        async with asyncio.timeout(FAULT_TIMEOUT):
            while len(body) < MAX_FAULT_BYTES and (
                chunk := await response.content.read(MAX_FAULT_BYTES - len(body))
            ):
                body += chunk
    encoded = response.headers.get("Content-Encoding", "identity").lower() != "identity"
    return "" if encoded else parse_fault_words(bytes(body))


@contextmanager
def _network_errors() -> Generator[None]:
    """Raise aiohttp's exceptions as ComfyError."""
    try:
        yield
    except TimeoutError as err:
        raise ServerUnreachable(reason=TIMED_OUT) from err
    except aiohttp.ClientConnectorError as err:
        raise ServerUnreachable(reason=_connection_fault(err)) from err
    except aiohttp.ClientResponseError as err:
        _check_status(err.status)
        raise BadAnswer(reason=f"HTTP {err.status}") from err
    except aiohttp.InvalidURL as err:
        raise BadAnswer(reason="its address is no URL") from err
    except (aiohttp.ClientError, ConnectionError) as err:
        raise ServerUnreachable(reason=CUT_OFF) from err


def _connection_fault(err: aiohttp.ClientConnectorError) -> str:
    """Why no connection came about: the name, TLS, the network, or nothing that listens."""
    match err:
        case aiohttp.ClientConnectorCertificateError():
            return UNTRUSTED
        case aiohttp.ClientConnectorDNSError():
            return UNKNOWN_HOST
        case aiohttp.ClientSSLError():
            return UNTRUSTED if isinstance(err.os_error, ssl.SSLCertVerificationError) else NO_TLS
        case _ if err.os_error.errno in UNREACHABLE_ERRORS:
            return NO_ROUTE
        case _:
            return REFUSED


async def _read(response: aiohttp.ClientResponse, limit: int) -> HttpResponse:
    body = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK_BYTES):
        body += chunk
        if len(body) > limit:
            raise TooLarge(limit=limit)
    return HttpResponse(status=response.status, body=bytes(body))
