"""Calls of discord.py: limited in time, with a priority, and with every failure as one of DISCORD_ERRORS."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from contextvars import ContextVar
from dataclasses import dataclass

from cogs.discord_api.errors import DISCORD_ERRORS, UnreadableAnswer
from cogs.discord_api.rate_limiter import Priority, Slot


@dataclass(slots=True, kw_only=True)
class DiscordCall:
    """One call of discord.py, which may send several requests: retries, pages.

    `turn`: of its first request, where the caller has waited for it already. `slot`: of a channel, released
    by the first answer. `status`: of the newest answer.
    """

    priority: Callable[[], Priority] = lambda: Priority.OTHER
    turn: Slot | None = None
    slot: Slot | None = None
    status: int | None = None

    def answered(self, status: int) -> None:
        """Note the status of an answer."""
        self.status = status
        if self.slot:
            self.slot.release()

    def close(self) -> None:
        """Release the slot, whether it was answered or not; a turn that was not used is its caller's."""
        if self.slot:
            self.slot.release()


CURRENT_CALL = ContextVar[DiscordCall | None]("CURRENT_CALL", default=None)


@contextlib.asynccontextmanager
async def discord_request(
    seconds: float,
    priority: Priority = Priority.OTHER,
    *,
    turn: Slot | None = None,
    slot: Slot | None = None,
) -> AsyncGenerator[None]:
    """Make a call of discord.py in this block, and nothing else; it is given up after `seconds`.

    `turn`, `slot`: see DiscordCall. Raises one of DISCORD_ERRORS: what discord.py raises over an answer that
    it cannot read (a page, cut JSON, a missing key) becomes UnreadableAnswer. An exception before any answer
    is an error of the caller and stays as it is.
    """
    call = DiscordCall(priority=lambda: priority, turn=turn, slot=slot)
    token = CURRENT_CALL.set(call)
    try:
        async with asyncio.timeout(seconds):
            yield
    except DISCORD_ERRORS:
        raise
    except Exception as err:
        if call.status is None:
            raise
        raise UnreadableAnswer(f"an answer with status {call.status} cannot be read: {err!r}") from err
    finally:
        CURRENT_CALL.reset(token)
        call.close()
