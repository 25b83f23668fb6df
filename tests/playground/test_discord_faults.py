"""Faults that the playground's Discord can be asked for, as the real discord.py meets them."""

import aiohttp
import pytest

from playground.discord.model import Upload
from tests.playground.small_bot import There, connected, picture
from tests.playground.test_discord_messages import channel_of, refused


@pytest.fixture
async def there():
    async with connected() as (place, bot):
        yield place, bot


async def test_a_failing_route_fails_so_often_and_nothing_happens(there: There):
    place, _ = there
    place.discord.fail(status=503, times=1, route=r"POST /channels/\d+/messages")
    error = await refused(channel_of(there).send("x"))
    assert (error.status, place.messages) == (503, [])
    await channel_of(there).send("x")
    assert [request.injected for request in place.discord.requests][-2:] == [True, False]


async def test_a_cut_after_processing_loses_the_answer_and_the_nonce_finds_the_message(there: There):
    place, _ = there
    channel = channel_of(there)
    place.discord.cut_after_processing(r"POST /channels/\d+/messages")
    with pytest.raises(aiohttp.ClientError):
        await channel.send("once", nonce="job-1")
    (sent,) = place.messages
    assert (await channel.send("once", nonce="job-1")).id == sent.id
    assert len(place.messages) == 1


async def test_a_cut_before_processing_has_no_effect(there: There):
    place, _ = there
    place.discord.cut_before_processing(r"POST /channels/\d+/messages")
    with pytest.raises(aiohttp.ClientError):
        await channel_of(there).send("never")
    assert place.messages == []


async def test_a_slow_route_takes_its_time(there: There):
    place, _ = there
    place.discord.slow("POST /channels", seconds=0.2)
    before = place.discord.clock.now()
    await channel_of(there).send("slowly")
    assert place.discord.clock.now() - before >= 0.2


async def test_healed_faults_do_not_come(there: There):
    place, _ = there
    place.discord.fail(status=503, times=9)
    place.discord.heal()
    await channel_of(there).send("x")


async def test_files_can_be_slow_fail_and_break_off(there: There):
    place, bot = there
    message = await place.member("ada").say("look", Upload(filename="cat.png", data=picture()))
    url, session = place.world.cdn.url(message.attachments[0]), bot.http._HTTPClient__session
    place.discord.slow("GET /attachments/", seconds=0.2)
    before = place.discord.clock.now()
    async with session.get(url) as answer:
        assert answer.status == 200
    assert place.discord.clock.now() - before >= 0.2
    place.discord.fail(status=502, route="GET /attachments/")
    async with session.get(url) as answer:
        assert answer.status == 502
    place.discord.cut_before_processing("GET /attachments/", times=2)
    with pytest.raises(aiohttp.ClientError):
        await session.get(url)
