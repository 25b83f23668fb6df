"""Calls of discord.py: limited in time, with a priority, and with every failure as one of DISCORD_ERRORS."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from contextvars import ContextVar
from dataclasses import dataclass

from cogs.discord_api.errors import DISCORD_ERRORS, UnreadableAnswer
from cogs.discord_api.rate_limiter import Priority, Slot
from storage import LeaseLost, LeaseTerm

LEASE_MARGIN = 10.0  # seconds before the end of a lease, when the last request for it is given up


@dataclass(slots=True, kw_only=True)
class DiscordCall:
    """One call of discord.py, which may send several requests: retries, pages.

    `turn`: of its first request, where the caller has waited for it already. `slot`: of a channel, released
    by the first answer. `status`: of the newest answer. `term`: of the lease that it is made for.
    """

    priority: Callable[[], Priority] = lambda: Priority.OTHER
    turn: Slot | None = None
    slot: Slot | None = None
    status: int | None = None
    term: LeaseTerm | None = None

    def check_lease(self) -> None:
        """Raise LeaseLost where the lease is about to end: whoever takes the job over must not meet us."""
        if self.term and self.term.left <= LEASE_MARGIN:
            raise LeaseLost(f"its lease ends in {self.term.left:.0f} s: nothing more is sent")

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
    term: LeaseTerm | None = None,
) -> AsyncGenerator[None]:
    """Make a call of discord.py in this block, and nothing else; it is given up after `seconds`.

    `turn`, `slot`, `term`: see DiscordCall. Raises one of DISCORD_ERRORS: what discord.py raises over an
    answer that it cannot read (a page, cut JSON, a missing key) becomes UnreadableAnswer. An exception before
    any answer is an error of the caller and stays as it is. Raises LeaseLost LEASE_MARGIN before the end of
    `term`, unless the lease is renewed meanwhile.
    """
    call = DiscordCall(priority=lambda: priority, turn=turn, slot=slot, term=term)
    token = CURRENT_CALL.set(call)
    try:
        async with asyncio.timeout(seconds), _within_lease(call):
            yield
    except (*DISCORD_ERRORS, LeaseLost):
        raise
    except Exception as err:
        if call.status is None:
            raise
        raise UnreadableAnswer(f"an answer with status {call.status} cannot be read: {err!r}") from err
    finally:
        CURRENT_CALL.reset(token)
        call.close()


@contextlib.asynccontextmanager
async def _within_lease(call: DiscordCall) -> AsyncGenerator[None]:
    """Raise LeaseLost from the block LEASE_MARGIN before the end of the call's lease, if it has one."""
    call.check_lease()
    term = call.term
    if term is None:
        yield
        return
    loop = asyncio.get_running_loop()

    def look() -> None:
        nonlocal timer
        left = term.left - LEASE_MARGIN
        if left > 0:  # it was renewed
            timer = loop.call_later(left, look)
        else:
            timeout.reschedule(loop.time())

    async with asyncio.timeout(None) as timeout:
        timer = loop.call_later(term.left - LEASE_MARGIN, look)
        try:
            yield
        finally:
            timer.cancel()
            if timeout.expired():
                call.check_lease()
