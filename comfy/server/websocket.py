"""One warm websocket: always read, opened again whenever it closes, signals handed to who follows the job."""

import asyncio
import json
import logging
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager
from uuid import uuid4

import aiohttp

from comfy.errors import ComfyError
from comfy.protocol.messages import MessagesMissed, PreviewSent, QueueChanged, SocketMessage, parse
from comfy.protocol.transport import Transport

log = logging.getLogger(__name__)

# ComfyUI sends the better previews, with the job's id, only to those who say this first.
HELLO = json.dumps({"type": "feature_flags", "data": {"supports_preview_metadata": True}})
# Opened before the server has let go of the old one, a socket with the same id would stay deaf.
SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
KEPT = 256


class Mailbox:
    """The newest signals of one job: the oldest are dropped when nobody takes them, so nothing stalls."""

    def __init__(self) -> None:
        self._signals: deque[SocketMessage] = deque(maxlen=KEPT)
        self._arrived = asyncio.Event()

    def put(self, signal: SocketMessage) -> None:
        """Add a signal."""
        self._signals.append(signal)
        self._arrived.set()

    async def take(self, patience: float) -> SocketMessage | None:
        """The next signal, or None after `patience` seconds without one."""
        try:
            async with asyncio.timeout(patience):
                while not self._signals:
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError:
            return None
        return self._signals.popleft()


class Listener:
    """Owns the client id; knows whether the socket is open, and how often it was. `run` is its task."""

    def __init__(
        self,
        transport: Transport,
        client_id: str,
        on_change: Callable[[], None],
        on_queue: Callable[[], None],
    ) -> None:
        """`on_change` hears of the socket opening and closing, `on_queue` of the queue changing."""
        self.client_id = client_id
        self.connected = False
        self.openings = 0
        self.trouble: ComfyError | None = None
        self._transport = transport
        self._on_change = on_change
        self._on_queue = on_queue
        self._mailboxes: dict[str, Mailbox] = {}
        self._socket: aiohttp.ClientWebSocketResponse | None = None

    @contextmanager
    def subscribe(self, prompt_id: str) -> Generator[Mailbox]:
        """A mailbox for that job's signals."""
        mailbox = self._mailboxes[prompt_id] = Mailbox()
        try:
            yield mailbox
        finally:
            self._mailboxes.pop(prompt_id, None)

    async def run(self) -> None:
        """Keep the socket open for ever."""
        pause = SHORTEST_PAUSE
        while True:
            try:
                await self._listen()
                pause = SHORTEST_PAUSE
            except ComfyError as err:
                self._note(err)
                pause = min(2 * pause, LONGEST_PAUSE)
            await asyncio.sleep(pause)

    async def reopen(self) -> None:
        """Close a socket that seems deaf; `run` opens the next one under the same id."""
        if self._socket is not None:
            await self._socket.close()

    async def renew(self) -> None:
        """Close it and take another id: for when the old one stays deaf and no job is under way."""
        self.client_id = str(uuid4())
        await self.reopen()

    async def _listen(self) -> None:
        async with self._transport.websocket(self.client_id) as socket:
            await socket.send_str(HELLO)
            self._turn(socket)
            try:
                async for frame in socket:
                    if frame.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                        self._hand_out(parse(frame.data))
            finally:
                self._turn(None)

    def _turn(self, socket: aiohttp.ClientWebSocketResponse | None) -> None:
        self._socket, self.connected = socket, socket is not None
        if socket:
            self.openings += 1
            self.trouble = None
        self._hand_out(MessagesMissed())
        self._on_change()

    def _hand_out(self, signal: SocketMessage | None) -> None:
        if isinstance(signal, QueueChanged):
            self._on_queue()
        match signal:
            case None:
                return
            case QueueChanged() | MessagesMissed() | PreviewSent(prompt_id=None):
                receivers = list(self._mailboxes.values())
            case _:
                # Jobs sent without a client id report to everybody: only ours are in the table.
                receivers = [self._mailboxes[signal.prompt_id]] if signal.prompt_id in self._mailboxes else []
        for mailbox in receivers:
            mailbox.put(signal)

    def _note(self, trouble: ComfyError) -> None:
        if str(trouble) != str(self.trouble):
            log.warning("%s: no websocket: %s", self._transport.name, trouble)
            self.trouble = trouble
            self._on_change()
