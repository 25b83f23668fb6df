"""Bounds how many pictures are fetched and decoded at once, shared fairly between people."""

import asyncio
import traceback
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from typing import TypeVar

from jobs.errors import Refusal

T = TypeVar("T")

MAX_PICTURES = 3  # in memory at once: each is up to media.MAX_PICTURE_BYTES, and some copies of it
MAX_OF_PERSON = 1  # of those
MAX_WAITING = 500  # for a slot; they hold no bytes
MAX_WAITING_OF_PERSON = 50
WAIT_TIMEOUT = 300.0  # seconds; an interaction can be answered for 900


class PictureSlots:
    """Slots for pictures in memory. Whoever waits gets one in turn by person, not by the order of arrival."""

    def __init__(self) -> None:
        self._used = Counter[int]()
        self._waiting: dict[int, deque[asyncio.Future[None]]] = {}  # by person; the next in turn is the first

    async def run(self, user_id: int, work: Callable[[], Awaitable[T]]) -> T:
        """Do work that holds a picture, in the person's turn.

        Raises Refusal where too many wait or it takes too long, and what `work` raises; that error holds no
        local variable of the work.
        """
        await self._acquire(user_id)
        try:
            return await work()
        except BaseException as err:
            release_frames(err)
            raise
        finally:
            self._release(user_id)

    async def _acquire(self, user_id: int) -> None:
        waiting = self._waiting.get(user_id, ())
        if len(waiting) >= MAX_WAITING_OF_PERSON or sum(map(len, self._waiting.values())) >= MAX_WAITING:
            raise Refusal("too_many_pictures")
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(user_id, deque()).append(turn)
        self._grant()
        try:
            async with asyncio.timeout(WAIT_TIMEOUT):
                await turn
        except BaseException as err:
            self._give_up(user_id, turn)
            if isinstance(err, TimeoutError):
                raise Refusal("too_many_pictures") from None
            raise

    def _give_up(self, user_id: int, turn: asyncio.Future[None]) -> None:
        """Leave the line; a slot that was granted meanwhile goes to the next."""
        if turn.done() and not turn.cancelled():
            self._release(user_id)
        elif turn in (waiting := self._waiting.get(user_id, deque())):
            waiting.remove(turn)
            self._put_last(user_id, waiting)

    def _release(self, user_id: int) -> None:
        self._used[user_id] -= 1
        self._used += Counter[int]()  # forget people without a slot
        self._put_last(user_id, self._waiting.get(user_id, deque()))
        self._grant()

    def _put_last(self, user_id: int, waiting: deque[asyncio.Future[None]]) -> None:
        """Let a person, if they still wait, stand behind the others."""
        self._waiting.pop(user_id, None)
        if waiting:
            self._waiting[user_id] = waiting

    def _grant(self) -> None:
        """Give free slots away, in turn by person."""
        for user_id, waiting in list(self._waiting.items()):
            while waiting and self._used[user_id] < MAX_OF_PERSON and self._used.total() < MAX_PICTURES:
                turn = waiting.popleft()
                if not turn.cancelled():
                    turn.set_result(None)
                    self._used[user_id] += 1
            if not waiting:
                del self._waiting[user_id]


def release_frames(err: BaseException) -> None:
    """Release what the frames of an exception hold, such as a picture: it may live until it is answered."""
    pending: list[BaseException | None] = [err]
    while pending:
        if (each := pending.pop()) is not None:
            traceback.clear_frames(each.__traceback__)
            pending += [each.__cause__, None if each.__suppress_context__ else each.__context__]
