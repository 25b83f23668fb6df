"""Calls of discord.py: what they raise is one of DISCORD_ERRORS, unless the caller is wrong."""

import asyncio

import pytest

from cogs.discord_api.errors import DISCORD_ERRORS, UnreadableAnswer
from cogs.discord_api.rate_limiter import Priority, RateLimiter
from cogs.discord_api.requests import CURRENT_CALL, discord_request


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
