"""The stream of everything that changes in the world: gateway, people and page all read this one."""

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change, named and shaped as Discord's gateway dispatches it (plain JSON data).

    Changes that bots are not told of (what a person's own client shows) have a name beginning with `CLIENT_`;
    the names are `CLIENT_MESSAGE` and `CLIENT_MESSAGE_GONE` (an ephemeral message), `CLIENT_INTERACTION`
    (its answer, or that none came), `CLIENT_REQUEST` (a bot's request was answered) and `CLIENT_GATEWAY`.
    """

    name: str
    data: dict[str, object]
    guild_id: int | None = None
    channel_id: int | None = None
    only_for: int | None = None
    """The one person who may see it; None: everybody in the channel."""


class Feed:
    """Publishes changes to whoever listens, in order, within the event loop."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[Change], None]] = []

    def publish(self, change: Change) -> None:
        for listener in tuple(self._listeners):
            listener(change)

    def listen(self, listener: Callable[[Change], None]) -> None:
        self._listeners.append(listener)

    @contextmanager
    def subscribe(
        self, wanted: Callable[[Change], bool] = lambda change: True
    ) -> Generator[asyncio.Queue[Change]]:
        """A queue that receives every wanted change from now on until the block ends."""
        changes: asyncio.Queue[Change] = asyncio.Queue()

        def keep(change: Change) -> None:
            if wanted(change):
                changes.put_nowait(change)

        self._listeners.append(keep)
        try:
            yield changes
        finally:
            self._listeners.remove(keep)

    async def until(self, look: Callable[[], T | None], timeout: float) -> T:
        """The first value other than None that `look` returns, asked now and after each change.

        Raises TimeoutError after `timeout` seconds.
        """
        with self.subscribe() as changes:
            async with asyncio.timeout(timeout):
                while (found := look()) is None:
                    await changes.get()
                return found
