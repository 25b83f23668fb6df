"""Read a server's websocket for ever, reconnect when it closes, and distribute its messages by job."""

import asyncio
import json
import logging
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from uuid import uuid4

import aiohttp

from comfy.errors import BadAnswer, ComfyError, ServerUnreachable
from comfy.protocol.messages import MessagesMissed, PreviewSent, QueueChanged, SocketMessage, parse_message
from comfy.protocol.session import ServerWebSocket
from comfy.protocol.transport import Transport

log = logging.getLogger(__name__)

# ComfyUI sends the better previews, with the job's id, only to clients whose first message is this.
FEATURE_FLAGS = json.dumps({"type": "feature_flags", "data": {"supports_preview_metadata": True}})
# A new websocket under an id that the server has not released yet would receive nothing: hence a pause.
MIN_RECONNECT_SECONDS, MAX_RECONNECT_SECONDS = 0.1, 5.0
GREETING_TIMEOUT = 20.0  # seconds
STEADY_SECONDS = 10.0  # a gateway closes some websockets sooner, again and again: those say nothing
MAX_BUFFERED = 256  # messages of one job
MAX_MESSAGES, MAX_BYTES = 2000, 32 * 2**20  # in a second; ComfyUI sends some dozens, and a megabyte
MESSAGES_AT_ONCE, LARGE_MESSAGE = 32, 2**14
DATA = (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY)
CONTROL = (aiohttp.WSMsgType.PING, aiohttp.WSMsgType.PONG)


class Subscription:
    """The newest messages about one job, and its newest preview. A full buffer drops the oldest."""

    def __init__(self) -> None:
        self._messages: deque[SocketMessage] = deque(maxlen=MAX_BUFFERED)
        self._preview: PreviewSent | None = None
        self._arrived = asyncio.Event()

    def put(self, message: SocketMessage) -> None:
        """Add a message; a preview takes the place of the one before it."""
        if isinstance(message, PreviewSent):
            self._preview = message
        else:
            self._messages.append(message)
        self._arrived.set()

    async def get(self, timeout: float) -> SocketMessage | None:
        """The next message, a preview after all others; None after `timeout` seconds without one."""
        try:
            async with asyncio.timeout(timeout):
                while not self._messages and not self._preview:
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError:
            return None
        if self._messages:
            return self._messages.popleft()
        preview, self._preview = self._preview, None
        return preview


class ReadingPace:
    """Limits what is read of one server within a second, and lets other tasks run in between."""

    def __init__(self, max_messages: int = MAX_MESSAGES, max_bytes: int = MAX_BYTES) -> None:
        self._max_messages, self._max_bytes = max_messages, max_bytes
        self._messages = self._bytes = 0
        self._until = 0.0

    async def count(self, size: int) -> None:
        """Count a message of `size` bytes. Raises BadAnswer for one too many."""
        now = time.monotonic()
        if now >= self._until:
            self._messages, self._bytes, self._until = 0, 0, now + 1
        self._messages += 1
        self._bytes += size
        if self._messages > self._max_messages or self._bytes > self._max_bytes:
            raise BadAnswer(reason="too many messages")
        if self._messages % MESSAGES_AT_ONCE == 0 or size > LARGE_MESSAGE:
            await asyncio.sleep(0)  # messages that are here already are received without a pause


class WebSocketReader:
    """Owns the client id; `run` is its task.

    `connected`: whether a websocket is open and has brought a message, as ComfyUI's do at once; `error`: why
    none is open; `flapping`: whether the last ones were closed soon after they were opened.
    """

    def __init__(
        self,
        transport: Transport,
        client_id: str,
        on_change: Callable[[], None],
        on_queue: Callable[[], None],
    ) -> None:
        """`on_change` is called when one opens, closes or cannot be opened, `on_queue` for the queue."""
        self.client_id = client_id
        self.connected = False
        self.error: ComfyError | None = None
        self._transport = transport
        self._on_change = on_change
        self._on_queue = on_queue
        self._subscriptions: dict[str, Subscription] = {}
        self._socket: ServerWebSocket | None = None
        self._pause = MIN_RECONNECT_SECONDS
        self._soon = asyncio.Event()

    @property
    def flapping(self) -> bool:
        """Whether websockets do not last: that one closes says nothing of the server."""
        return self._pause >= MAX_RECONNECT_SECONDS

    @contextmanager
    def subscribe(self, prompt_id: str) -> Generator[Subscription]:
        """Receive the messages about that job."""
        subscription = self._subscriptions[prompt_id] = Subscription()
        try:
            yield subscription
        finally:
            self._subscriptions.pop(prompt_id, None)

    async def run(self) -> None:
        """Keep the websocket open for ever, or try to, as a task."""
        while True:
            started = time.monotonic()
            self._soon.clear()
            try:
                await self._read()
                self._set_error(ServerUnreachable(reason="its websocket was closed"))
            except ComfyError as err:
                self._set_error(err)
            lasted = time.monotonic() - started >= STEADY_SECONDS
            self._pause = MIN_RECONNECT_SECONDS if lasted else min(2 * self._pause, MAX_RECONNECT_SECONDS)
            await asyncio.sleep(MIN_RECONNECT_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pause - MIN_RECONNECT_SECONDS):
                    await self._soon.wait()

    def retry_soon(self) -> None:
        """Try to open it now where that failed before: the server has just come up."""
        self._soon.set()

    async def reconnect(self) -> None:
        """Close a websocket that seems to receive nothing; `run` opens the next one under the same id."""
        if self._socket is not None:
            await self._socket.leave()

    async def reconnect_with_new_id(self) -> None:
        """Close it and take another client id. Only while no job runs: its messages go to the old id."""
        self.client_id = str(uuid4())
        await self.reconnect()

    async def _read(self) -> None:
        async with self._transport.websocket(self.client_id) as socket:
            await socket.send_str(FEATURE_FLAGS)
            self._socket = socket
            try:
                await self._receive(socket)
            finally:
                self._socket = None
                self._set_connected(now=False)

    async def _receive(self, socket: ServerWebSocket) -> None:
        """Distribute messages until the websocket is closed. Raises BadAnswer for too many."""
        pace = ReadingPace()
        while (frame := await socket.receive(self._patience())).type in (*DATA, *CONTROL):
            await pace.count(len(frame.data))
            if frame.type is aiohttp.WSMsgType.PING:
                await socket.pong(frame.data)
            elif frame.type in DATA:
                self._set_connected(now=True)
                self._distribute(parse_message(frame.data))

    def _patience(self) -> float | None:
        """How long to wait for the next frame: a websocket that brings no first message is not passed on."""
        return None if self.connected else GREETING_TIMEOUT

    def _set_connected(self, *, now: bool) -> None:
        if now == self.connected:
            return
        self.connected = now
        if now:
            self.error = None
        self._distribute(MessagesMissed())
        self._on_change()

    def _distribute(self, message: SocketMessage | None) -> None:
        if isinstance(message, QueueChanged):
            self._on_queue()
        match message:
            case None:
                return
            case QueueChanged() | MessagesMissed() | PreviewSent(prompt_id=None):
                receivers = list(self._subscriptions.values())
            case _:
                # Jobs sent without a client id report to everybody: only ours have a subscription.
                subscription = self._subscriptions.get(message.prompt_id or "")
                receivers = [subscription] if subscription else []
        for receiver in receivers:
            receiver.put(message)

    def _set_error(self, error: ComfyError) -> None:
        self.error = error
        self._on_change()
