"""The scheduler of requests, with the real discord.py against the playground's Discord."""

import asyncio
from collections.abc import AsyncGenerator

import aiohttp
import discord
import pytest

from cogs.discord_api.rate_limiter import Priority
from cogs.discord_api.requests import discord_request
from cogs.discord_api.scheduler import (
    INVALID_WINDOW,
    MAX_INVALID,
    SENDS_KEPT_FREE,
    SENDS_PER_WINDOW,
    TOKEN_CALLS,
    RequestScheduler,
)
from cogs.runtime.client import AnimateBot, open_client
from playground.discord.errors import RateLimitScope
from playground.discord.model import Message
from playground.playground import Playground
from storage import LEASE_SECONDS, LeaseLost, LeaseTerm


@pytest.fixture
async def playground() -> AsyncGenerator[Playground]:
    async with Playground(comfyui=None, check_contract=False) as playground:
        yield playground


@pytest.fixture
async def client(playground: Playground) -> AsyncGenerator[AnimateBot]:
    async with open_client(playground.state.token, playground.discord.api_url) as client:
        yield client


def posted(playground: Playground, channel: str) -> Message:
    """A message of the bot in a channel of that name."""
    state = playground.state
    return state.post(
        Message(
            id=state.ids.next(),
            channel_id=playground.channel_named(channel).id,
            author_id=playground.bot_user.id,
            content="0",
            sent_at=state.clock.now(),
        )
    )


async def edit(client: AnimateBot, message: Message, text: str, priority: Priority) -> None:
    async with discord_request(30, priority):
        channel = client.get_partial_messageable(message.channel_id)
        await channel.get_partial_message(message.id).edit(content=text)


async def test_the_requests_of_many_channels_never_meet_the_limit_of_the_token(
    playground: Playground, client: AnimateBot
) -> None:
    messages = [posted(playground, f"channel-{number}") for number in range(2 * TOKEN_CALLS)]
    async with asyncio.TaskGroup() as tasks:
        for each in messages:
            tasks.create_task(edit(client, each, "1", Priority.PROGRESS))
    assert all(playground.state.messages[each.id].content == "1" for each in messages)
    assert playground.discord.too_many == []


async def test_a_result_goes_before_progress_that_waits(playground: Playground, client: AnimateBot) -> None:
    messages = [posted(playground, f"channel-{number}") for number in range(2 * TOKEN_CALLS)]
    async with asyncio.TaskGroup() as tasks:
        for each in messages:
            tasks.create_task(edit(client, each, "progress", Priority.PROGRESS))
        await asyncio.sleep(0)
        tasks.create_task(edit(client, posted(playground, "other"), "result", Priority.RESULT))
    bodies = [str(each.body) for each in playground.discord.requests if each.method == "PATCH"]
    assert any("result" in each for each in bodies[: TOKEN_CALLS + 1])


async def test_interactions_and_other_addresses_need_no_turn(
    playground: Playground, client: AnimateBot
) -> None:
    turns = [await client.scheduler.turn(lambda: Priority.RESULT) for _ in range(TOKEN_CALLS)]
    discord, trace = playground.discord, client.scheduler.trace()
    async with asyncio.timeout(5), aiohttp.ClientSession(trace_configs=[trace]) as session:
        client.scheduler.sent.clear()
        for url in (
            f"{discord.api_url}/webhooks/{client.application_id}/a-token/messages/@original",
            f"{discord.origin}/attachments/1/2/none.png",
        ):
            async with session.get(url) as response:
                assert response.status >= 400
    assert client.scheduler.sent == {"interaction": 1}
    for each in turns:
        each.release()


@pytest.mark.waits
async def test_messages_of_a_channel_are_paced_and_the_result_is_first(
    playground: Playground, client: AnimateBot
) -> None:
    order, channel = list[str](), client.get_partial_messageable(playground.channel.id)

    async def send(text: str, priority: Priority) -> None:
        async with client.scheduler.send(channel.id, 30, priority):
            order.append(text)  # what is sent at the same time may arrive in any order
            await channel.send(text)

    async with asyncio.TaskGroup() as tasks:
        for number in range(SENDS_PER_WINDOW + 1):
            tasks.create_task(send(f"status {number}", Priority.STATUS))
        tasks.create_task(send("courtesy", Priority.COURTESY))
        await asyncio.sleep(0)
        tasks.create_task(send("result", Priority.RESULT))
    assert order.index("result") == SENDS_PER_WINDOW
    assert order[-1] == "courtesy"
    assert playground.discord.too_many == []


async def test_courtesies_leave_the_window_of_a_channel_to_others(
    playground: Playground, client: AnimateBot
) -> None:
    channel, sent = client.get_partial_messageable(playground.channel.id), asyncio.Semaphore(0)

    async def send() -> None:
        async with client.scheduler.send(channel.id, 30, Priority.COURTESY):
            await channel.send("courtesy")
        sent.release()

    tasks = [asyncio.create_task(send()) for _ in range(SENDS_PER_WINDOW)]
    for _ in range(SENDS_PER_WINDOW - SENDS_KEPT_FREE[Priority.COURTESY]):
        await asyncio.wait_for(sent.acquire(), 5)
    async with asyncio.timeout(2), client.scheduler.send(channel.id, 30, Priority.RESULT):
        await channel.send("result")
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert [each.content for each in playground.state.messages_in(channel.id)].count("courtesy") < 5


@pytest.mark.parametrize("scope", RateLimitScope)
async def test_a_429_holds_what_its_scope_says(
    playground: Playground, client: AnimateBot, scope: RateLimitScope
) -> None:
    channel = client.get_partial_messageable(playground.channel.id)
    playground.discord.rate_limit(retry_after=0.5, route="^POST /channels", scope=scope)

    async def send() -> None:
        async with client.scheduler.send(channel.id, 30, Priority.RESULT):
            await channel.send("result")

    sending = asyncio.create_task(send())
    async with asyncio.timeout(10):
        while not any(each.status == 429 for each in playground.discord.requests):
            await asyncio.wait([sending], timeout=0.01)
    await asyncio.wait([sending], timeout=0.1)  # the client reads the answer
    turn = asyncio.create_task(client.scheduler.turn(lambda: Priority.RESULT))
    await asyncio.wait([turn], timeout=0.05)
    assert turn.done() == (scope is not RateLimitScope.GLOBAL)
    (await turn).release()
    await sending
    assert client.scheduler.invalid_requests == (scope is not RateLimitScope.SHARED)
    assert client.scheduler.rate_limited == {scope.value: 1}
    assert client.scheduler.sent["result"] == 2


async def test_invalid_requests_are_counted_and_slow_progress_until_it_stops(
    playground: Playground, client: AnimateBot
) -> None:
    now = 0.0
    scheduler = RequestScheduler(playground.discord.api_url, clock=lambda: now)
    client.scheduler = scheduler
    for _ in range(MAX_INVALID // 2):
        scheduler.note_invalid()
    progress = asyncio.create_task(scheduler.turn(lambda: Priority.PROGRESS))
    (await asyncio.wait_for(scheduler.turn(lambda: Priority.RESULT), 5)).release()
    assert not progress.done()
    now = INVALID_WINDOW + 1
    assert scheduler.invalid_requests == 0
    (await asyncio.wait_for(progress, 5)).release()


async def test_a_request_that_has_its_turn_after_the_end_of_its_lease_is_not_sent(
    playground: Playground, client: AnimateBot
) -> None:
    now = [0.0]
    term = LeaseTerm(clock=lambda: now[0])
    held = [await client.scheduler.turn(lambda: Priority.OTHER) for _ in range(TOKEN_CALLS)]
    channel = client.get_partial_messageable(playground.channel.id)
    sending = asyncio.create_task(send_within(client, channel, term))
    await asyncio.wait([sending], timeout=0.1)  # it waits for its turn
    now[0] = LEASE_SECONDS  # as after SIGSTOP and SIGCONT: the lease ended while the turn was waited for
    for slot in held:
        slot.abandon()
    with pytest.raises(LeaseLost):
        await sending
    assert not [each for each in playground.messages if each.content == "a result"]
    assert client.scheduler._token.idle


async def test_a_request_whose_connection_stands_after_the_end_of_its_lease_is_not_sent(
    playground: Playground, client: AnimateBot
) -> None:
    looks = 4  # the term begins; the request, its timer and its turn look at it

    def clock() -> float:
        nonlocal looks
        looks -= 1
        return 0.0 if looks >= 0 else LEASE_SECONDS

    channel = client.get_partial_messageable(playground.channel.id)
    with pytest.raises(LeaseLost):
        await send_within(client, channel, LeaseTerm(clock=clock))
    assert playground.messages == []
    await send_within(client, channel, LeaseTerm())
    assert len(playground.messages) == 1


async def send_within(client: AnimateBot, channel: discord.PartialMessageable, term: LeaseTerm) -> None:
    """Send a message for a lease."""
    async with client.scheduler.send(channel.id, 5, Priority.RESULT, term=term):
        await channel.send("a result")
