"""Faults that the playground's Discord can be asked for, as the real discord.py meets them."""

import aiohttp
import pytest

from playground.discord.model import Upload
from tests.playground.small_bot import Setup, connected, picture
from tests.playground.test_discord_messages import channel_of, refused


@pytest.fixture
async def setup():
    async with connected() as (playground, bot):
        yield playground, bot


async def test_a_failing_route_fails_so_often_and_nothing_happens(setup: Setup):
    playground, _ = setup
    playground.discord.fail(status=503, times=1, route=r"POST /channels/\d+/messages")
    error = await refused(channel_of(setup).send("x"))
    assert (error.status, playground.messages) == (503, [])
    await channel_of(setup).send("x")
    assert [request.injected for request in playground.discord.requests][-2:] == [True, False]


async def test_a_cut_after_processing_loses_the_answer_and_the_nonce_finds_the_message(setup: Setup):
    playground, _ = setup
    channel = channel_of(setup)
    playground.discord.cut_after_processing(r"POST /channels/\d+/messages")
    with pytest.raises(aiohttp.ClientError):
        await channel.send("once", nonce="job-1")
    (sent,) = playground.messages
    assert (await channel.send("once", nonce="job-1")).id == sent.id
    assert len(playground.messages) == 1


async def test_a_cut_before_processing_has_no_effect(setup: Setup):
    playground, _ = setup
    playground.discord.cut_before_processing(r"POST /channels/\d+/messages")
    with pytest.raises(aiohttp.ClientError):
        await channel_of(setup).send("never")
    assert playground.messages == []


async def test_a_slow_route_takes_its_time(setup: Setup):
    playground, _ = setup
    playground.discord.slow("POST /channels", seconds=0.2)
    before = playground.discord.clock.now()
    await channel_of(setup).send("slowly")
    assert playground.discord.clock.now() - before >= 0.2


async def test_healed_faults_do_not_come(setup: Setup):
    playground, _ = setup
    playground.discord.fail(status=503, times=9)
    playground.discord.heal()
    await channel_of(setup).send("x")


async def test_files_can_be_slow_fail_and_break_off(setup: Setup):
    playground, bot = setup
    message = await playground.member("ada").say("look", Upload(filename="cat.png", data=picture()))
    url, session = playground.state.cdn.url(message.attachments[0]), bot.http._HTTPClient__session
    playground.discord.slow("GET /attachments/", seconds=0.2)
    before = playground.discord.clock.now()
    async with session.get(url) as answer:
        assert answer.status == 200
    assert playground.discord.clock.now() - before >= 0.2
    playground.discord.fail(status=502, route="GET /attachments/")
    async with session.get(url) as answer:
        assert answer.status == 502
    playground.discord.cut_before_processing("GET /attachments/", times=2)
    with pytest.raises(aiohttp.ClientError):
        await session.get(url)
