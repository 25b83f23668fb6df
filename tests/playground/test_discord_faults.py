"""Faults that the playground's Discord can be asked for, as the real discord.py meets them."""

import aiohttp
import pytest

from playground.discord.faults import Unreadable
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


async def test_a_request_can_take_effect_long_after_its_answer_was_lost(setup: Setup):
    playground, _ = setup
    channel = channel_of(setup)
    playground.discord.cut_and_process_late(r"POST /channels/\d+/messages")
    with pytest.raises(aiohttp.ClientError):
        await channel.send("late", nonce="job-1")
    assert playground.messages == []
    again = await channel.send("again", nonce="job-1")
    await playground.discord.process_late()
    assert [(each.id == again.id, each.content) for each in playground.messages] == [
        (True, "again"),
        (False, "late"),
    ]
    await playground.discord.process_late()
    assert len(playground.messages) == 2


async def test_a_cut_before_processing_has_no_effect(setup: Setup):
    playground, _ = setup
    playground.discord.cut_before_processing(r"POST /channels/\d+/messages")
    with pytest.raises(aiohttp.ClientError):
        await channel_of(setup).send("never")
    assert playground.messages == []


@pytest.mark.parametrize("body", Unreadable)
async def test_an_unreadable_answer_after_processing_hides_what_took_effect(setup: Setup, body: Unreadable):
    playground, _ = setup
    playground.discord.unreadable_after_processing(r"POST /channels/\d+/messages", body=body)
    with pytest.raises((TypeError, AttributeError, ValueError)):
        await channel_of(setup).send("there")
    (sent,) = playground.messages
    assert sent.content == "there"
    assert [(each.status, each.injected) for each in playground.discord.requests][-1] == (200, True)


@pytest.mark.parametrize("body", Unreadable)
async def test_an_unreadable_answer_before_processing_has_no_effect(setup: Setup, body: Unreadable):
    playground, _ = setup
    playground.discord.unreadable_before_processing(r"POST /channels/\d+/messages", body=body)
    with pytest.raises((TypeError, AttributeError, ValueError)):
        await channel_of(setup).send("never")
    assert playground.messages == []
    await channel_of(setup).send("again")


async def test_an_unreadable_answer_to_a_deletion_is_a_200_with_a_page(setup: Setup):
    playground, _ = setup
    sent = await channel_of(setup).send("x")
    playground.discord.unreadable_after_processing("^DELETE")
    await sent.delete()
    assert playground.messages == []


async def test_a_proxys_page_has_no_code_and_the_api_s_own_refusal_has_one(setup: Setup):
    playground, _ = setup
    playground.discord.fail_with_page(403, route="^POST")
    page = await refused(channel_of(setup).send("x"))
    assert (page.status, page.code, "<html>" in page.text) == (403, 0, True)
    assert page.response.headers.get("Via") is None
    playground.discord.fail(403, route="^POST", code=40333)
    told = await refused(channel_of(setup).send("x"))
    assert (told.status, told.code) == (403, 40333)
    assert told.response.headers["Via"] == "1.1 google"
    assert playground.messages == []


async def test_a_proxys_429_is_raised_and_not_tried_again(setup: Setup):
    playground, _ = setup
    playground.discord.fail_with_page(429, route="^POST")
    assert (await refused(channel_of(setup).send("x"))).status == 429


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
