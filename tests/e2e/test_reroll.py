"""🔁 under a result."""

from pathlib import Path

import pytest

from playground.discord.permissions import Permission
from playground.playground import Playground
from tests.e2e.process import BotProcess, running_bot


@pytest.mark.long
async def test_the_bots_own_reaction_and_other_bots_start_nothing(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    clip = await (await playground.member().animate(picture, "it moves", seconds=1)).video()
    await playground.until(
        lambda: playground.messages[-1].reactions.get("🔁"), 5, "the bot's own 🔁 under the result"
    )
    await playground.member("robot", bot=True).react(clip, "🔁")
    person = await playground.member("grace").react(clip, "🔁")
    await person.video()
    assert len(playground.comfyui.runs) == 2


@pytest.mark.long
async def test_twice_by_one_person_while_it_runs_is_once_and_by_two_is_two(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    ada, grace = playground.member("ada"), playground.member("grace")
    clip = await (await ada.animate(picture, "it moves", seconds=1)).video()
    playground.comfyui.pause()
    first = await ada.react(clip, "🔁")
    await first.answered()
    await ada.unreact(clip, "🔁")
    await ada.react(clip, "🔁")
    other = await grace.react(clip, "🔁")
    await other.answered()
    playground.comfyui.resume()
    await first.video()
    await other.video()
    await first.says("Done")
    assert len(playground.comfyui.runs) == 3
    await ada.unreact(clip, "🔁")
    third = await ada.react(clip, "🔁")
    await third.video()
    assert len(playground.comfyui.runs) == 4


@pytest.mark.long
async def test_a_reroll_of_a_reroll_keeps_everything_but_the_seed(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    ada = playground.member("ada")
    clip = await (await ada.animate(picture, "it moves", seconds=1, steps=7, seed=1)).video()
    second = await (await ada.react(clip, "🔁")).video()
    await (await ada.react(second, "🔁")).video()
    graphs = [run.graph for run in playground.comfyui.runs]
    seeds = {
        node["inputs"].pop("seed") for graph in graphs for node in graph.values() if "seed" in node["inputs"]
    }
    names = [
        node["inputs"].pop("filename_prefix")
        for graph in graphs
        for node in graph.values()
        if "filename_prefix" in node["inputs"]
    ]
    assert len(seeds) == len(set(names)) == 3
    assert graphs[0] == graphs[1] == graphs[2]


@pytest.mark.long
async def test_where_the_bot_may_not_react_peoples_own_reaction_works(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    playground.forbid(Permission.ADD_REACTIONS)
    clip = await (await playground.member("ada").animate(picture, "it moves", seconds=1)).video()
    boss = playground.member("boss", permissions=Permission.ADD_REACTIONS)
    await (await boss.react(clip, "🔁")).video()


@pytest.mark.long
async def test_a_refusal_is_a_short_reply_that_goes_away_by_itself(tmp_path: Path, picture: bytes) -> None:
    async with (
        Playground(comfyui={"speed": 50}) as playground,
        running_bot(playground, tmp_path, MAX_QUEUED_PER_USER="1"),
    ):
        ada = playground.member("ada")
        first = await (await ada.animate(picture, "it moves", seconds=1)).video()
        second = await (await ada.animate(picture, "it moves", seconds=1)).video()
        await playground.comfyui.stop()
        await (await ada.react(first, "🔁")).says("Queued")
        refused = await ada.react(second, "🔁")
        assert "may have one job waiting" in await refused.refused()
        await refused.gone(timeout=40)
