"""Calls of discord.py: what they raise is one of DISCORD_ERRORS, unless the caller is wrong."""

import asyncio

import pytest

from cogs.discord_api.errors import DISCORD_ERRORS, UnreadableAnswer
from cogs.discord_api.rate_limiter import Priority, RateLimiter
from cogs.discord_api.requests import CURRENT_CALL, LEASE_MARGIN, discord_request
from storage import LEASE_SECONDS, LeaseLost, LeaseTerm


async def test_what_cannot_be_read_is_an_error_of_discord() -> None:
    async def read_a_page() -> None:
        async with discord_request(5):
            call = CURRENT_CALL.get()
            assert call
            call.answered(200)
            raise KeyError("id")  # what discord.py raises where the answer is a page

    with pytest.raises(UnreadableAnswer, match="status 200"):
        await read_a_page()
    assert CURRENT_CALL.get() is None


async def test_an_error_of_the_caller_stays_one() -> None:
    with pytest.raises(TypeError):
        async with discord_request(5):
            raise TypeError("a wrong argument")


async def test_a_call_that_is_not_answered_is_given_up() -> None:
    with pytest.raises(DISCORD_ERRORS):
        async with discord_request(0.01):
            await asyncio.Event().wait()


async def test_a_call_without_an_answer_releases_its_slot() -> None:
    limiter = RateLimiter(1, 0)
    async with discord_request(5, Priority.RESULT, slot=await limiter.acquire(lambda: Priority.RESULT)):
        assert not limiter.idle
        call = CURRENT_CALL.get()
        assert call
        assert call.priority() is Priority.RESULT
    assert limiter.idle


async def test_the_first_answer_releases_the_slot_of_the_channel() -> None:
    limiter = RateLimiter(1, 0)
    async with discord_request(5, slot=await limiter.acquire(lambda: Priority.OTHER)):
        call = CURRENT_CALL.get()
        assert call
        call.answered(200)
        assert limiter.idle


class LeaseClock:
    """A clock by which a test lets a lease run out."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


async def test_nothing_is_sent_for_a_lease_that_is_about_to_end() -> None:
    clock = LeaseClock()
    term = LeaseTerm(clock=clock)
    clock.seconds = LEASE_SECONDS - LEASE_MARGIN
    with pytest.raises(LeaseLost):
        async with discord_request(5, term=term):
            pytest.fail("a request began")
    assert CURRENT_CALL.get() is None


async def test_a_request_is_given_up_before_its_lease_ends() -> None:
    clock = LeaseClock()
    term = LeaseTerm(clock=clock)
    clock.seconds = LEASE_SECONDS - LEASE_MARGIN - 0.01

    async def request() -> None:
        async with discord_request(5, term=term):
            clock.seconds = LEASE_SECONDS  # the process was stopped, or asleep
            await asyncio.Event().wait()

    with pytest.raises(LeaseLost):
        await request()


async def test_a_request_goes_on_while_its_lease_is_renewed_up_to_its_own_time() -> None:
    term = LeaseTerm(clock=LeaseClock())
    term.renew(LEASE_MARGIN + 0.01 - LEASE_SECONDS)
    began = asyncio.get_running_loop().time()
    with pytest.raises(TimeoutError):
        async with discord_request(0.05, term=term):
            await asyncio.Event().wait()
    assert asyncio.get_running_loop().time() - began >= 0.05


async def test_the_end_of_a_lease_is_none_of_discords_errors_after_an_answer() -> None:
    clock = LeaseClock()
    term = LeaseTerm(clock=clock)

    async def read_pages() -> None:
        async with discord_request(5, term=term):
            call = CURRENT_CALL.get()
            assert call
            call.answered(200)  # the first page of a history
            clock.seconds = LEASE_SECONDS
            call.check_lease()

    with pytest.raises(LeaseLost):
        await read_pages()
