"""Coming and going: reactions missed, sessions lost, a second bot, a stop with Discord slow or hung."""

import asyncio
import time
from pathlib import Path

import pytest

from playground.comfyui import Stage
from playground.playground import Playground
from tests.e2e.process import INTERRUPT, STOPPED_AT_ONCE, BotProcess, running_bot
from tests.e2e.test_delivery import begin, rows


async def logs(bot: BotProcess, words: str) -> None:
    """Wait until the log says this."""
    async with asyncio.timeout(20):
        while words not in bot.log:  # noqa: ASYNC110 - no event tells of another process's log
            await asyncio.sleep(0.05)


@pytest.mark.long
async def test_a_first_reaction_that_came_while_the_bot_was_away_counts_and_no_other(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    ada, grace = playground.member("ada"), playground.member("grace")
    job = await ada.animate(picture, "it moves", seconds=1)
    clip = await job.video()
    await job.says("Done")
    again = await ada.react(clip, "🔁")
    await again.video()
    await again.says("Done")
    assert await bot.terminate() == 0
    await ada.unreact(clip, "🔁")
    await ada.react(clip, "🔁")
    await playground.member("robot", bot=True).react(clip, "🔁")
    missed = await grace.react(clip, "🔁")
    await bot.start()
    second = await missed.video()
    assert second.pinged == ("grace",)
    await missed.says("Done")
    assert [row["user_id"] for row in rows(bot)] == [ada.id, ada.id, grace.id]


@pytest.mark.long
async def test_a_reaction_lost_with_the_session_is_found_and_once(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    ada = playground.member("ada")
    job = await ada.animate(picture, "it moves", seconds=1)
    clip = await job.video()
    await job.says("Done")
    playground.discord.drop_gateway(0.5)
    playground.discord.gateway.forget_sessions()
    missed = await ada.react(clip, "🔁")
    await missed.video()
    playground.discord.forget_session()
    await playground.bot_offline()
    await playground.bot_online()
    await missed.says("Done")
    assert len(rows(bot)) == 2


@pytest.mark.long
async def test_a_reaction_that_a_resumed_session_replays_counts_once(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    ada = playground.member("ada")
    clip = await (await ada.animate(picture, "it moves", seconds=1)).video()
    playground.discord.disconnect(4000)
    again = await ada.react(clip, "🔁")
    await again.video()
    assert playground.discord.gateway.resumed == 1
    assert len(rows(bot)) == 2


@pytest.mark.long
async def test_a_second_bot_with_the_same_token_is_noticed(tmp_path: Path, picture: bytes) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    async with (
        Playground(comfyui={"speed": 50}) as playground,
        running_bot(playground, one) as first,
        running_bot(playground, other) as second,
    ):
        await playground.until(
            lambda: True if playground.discord.gateway.identified == 2 else None, 20, "both are online"
        )
        await (await playground.member().animate(picture, "it moves", seconds=1)).answered()
        for each in (first, second):
            await logs(each, "Another bot works with this DISCORD_TOKEN")
            await logs(each, "delivered")


@pytest.mark.long
async def test_a_stop_answers_who_is_inside_refuses_who_comes_and_claims_nothing(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    running = await begin(playground, playground.member("ada"), picture)
    playground.discord.slow(r"/attachments/", 3)
    inside = await playground.member("bob").animate(picture, "it moves", seconds=1)
    await inside.says("Looking")
    stopped = asyncio.create_task(bot.terminate(), name="stop")
    await logs(bot, "taking leave")
    late = await playground.member("cy").animate(picture, "it moves", seconds=1)
    assert "restarting" in await late.refused()
    assert await stopped == 0
    assert "Queued" in inside.text
    assert "Traceback" not in bot.log
    assert len(rows(bot)) == 2
    playground.comfyui.resume()
    await playground.comfyui.reached(Stage.DONE)
    assert len(playground.comfyui.runs) == 1
    await bot.start()
    await running.video()
    await inside.video()


@pytest.mark.long
async def test_a_hung_discord_cannot_hold_up_the_end(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    await begin(playground, playground.member(), picture)
    playground.discord.slow("", 60, times=1000)
    playground.comfyui.resume()
    await playground.comfyui.reached(Stage.DONE)
    began = time.monotonic()
    assert await bot.terminate() == 0
    assert time.monotonic() - began < 15
    playground.discord.heal()


async def test_a_second_signal_ends_it_at_once(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    playground.discord.slow(r"/attachments/", 60)
    inside = await playground.member().animate(picture, "it moves", seconds=1)
    await inside.says("Looking")  # a stop waits for it
    assert bot.process
    bot.process.send_signal(INTERRUPT)
    await logs(bot, "taking leave")
    began = time.monotonic()
    bot.process.send_signal(INTERRUPT)
    await bot.process.wait()
    assert time.monotonic() - began < 5
    assert bot.process.returncode == STOPPED_AT_ONCE
