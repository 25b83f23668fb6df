"""Publishes every change of the Discord to its subscribers: gateway, page, and waiting tests."""

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change, named and shaped as Discord's gateway dispatches it (plain JSON data).

    Changes that are not dispatched to bots (what a person's own client shows) have a name that begins with
    `CLIENT_`: `CLIENT_MESSAGE` and `CLIENT_MESSAGE_GONE` (an ephemeral message), `CLIENT_INTERACTION`
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
        """Call every listener with the change, in the order in which they were added."""
        for listener in tuple(self._listeners):
            listener(change)

    def listen(self, listener: Callable[[Change], None]) -> None:
        """Call `listener` with every change from now on."""
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

    async def until(self, condition: Callable[[], T | None], timeout: float) -> T:
        """The first value other than None that `condition` returns, asked now and after each change.

        Raises TimeoutError after `timeout` seconds.
        """
        with self.subscribe() as changes:
            async with asyncio.timeout(timeout):
                while (found := condition()) is None:
                    await changes.get()
                return found
