"""Read a server's websocket for ever, reconnect when it closes, and distribute its messages by job."""

import asyncio
import json
import logging
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager
from uuid import uuid4

import aiohttp

from comfy.errors import BadAnswer, ComfyError
from comfy.protocol.messages import MessagesMissed, PreviewSent, QueueChanged, SocketMessage, parse_message
from comfy.protocol.session import ServerWebSocket
from comfy.protocol.transport import Transport

log = logging.getLogger(__name__)

# ComfyUI sends the better previews, with the job's id, only to clients whose first message is this.
FEATURE_FLAGS = json.dumps({"type": "feature_flags", "data": {"supports_preview_metadata": True}})
# A new websocket under an id that the server has not released yet would receive nothing: hence a pause.
MIN_RECONNECT_SECONDS, MAX_RECONNECT_SECONDS = 0.1, 5.0
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

    `connected`: whether the websocket is open; `openings`: how often it was opened; `error`: why it is not.
    """

    def __init__(
        self,
        transport: Transport,
        client_id: str,
        on_change: Callable[[], None],
        on_queue: Callable[[], None],
    ) -> None:
        """`on_change` is called when the websocket opens or closes, `on_queue` when the queue changed."""
        self.client_id = client_id
        self.connected = False
        self.openings = 0
        self.error: ComfyError | None = None
        self._transport = transport
        self._on_change = on_change
        self._on_queue = on_queue
        self._subscriptions: dict[str, Subscription] = {}
        self._socket: ServerWebSocket | None = None

    @contextmanager
    def subscribe(self, prompt_id: str) -> Generator[Subscription]:
        """Receive the messages about that job."""
        subscription = self._subscriptions[prompt_id] = Subscription()
        try:
            yield subscription
        finally:
            self._subscriptions.pop(prompt_id, None)

    async def run(self) -> None:
        """Keep the websocket open for ever, as a task."""
        pause = MIN_RECONNECT_SECONDS
        while True:
            try:
                await self._read()
                pause = MIN_RECONNECT_SECONDS
            except ComfyError as err:
                self._set_error(err)
                pause = min(2 * pause, MAX_RECONNECT_SECONDS)
            await asyncio.sleep(pause)

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
            self._set_socket(socket)
            try:
                await self._receive(socket)
            finally:
                self._set_socket(None)

    async def _receive(self, socket: ServerWebSocket) -> None:
        """Distribute messages until the websocket is closed. Raises BadAnswer for too many."""
        pace = ReadingPace()
        while (frame := await socket.receive()).type in (*DATA, *CONTROL):
            await pace.count(len(frame.data))
            if frame.type is aiohttp.WSMsgType.PING:
                await socket.pong(frame.data)
            elif frame.type in DATA:
                self._distribute(parse_message(frame.data))

    def _set_socket(self, socket: ServerWebSocket | None) -> None:
        self._socket, self.connected = socket, socket is not None
        if socket:
            self.openings += 1
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
        if str(error) != str(self.error):
            log.warning("%s: no websocket: %s", self._transport.name, error)
            self.error = error
            self._on_change()
