"""What happens when ComfyUI, Discord or the bot itself breaks."""

import asyncio
import re
import sys
from pathlib import Path

import pytest

from playground.comfyui import ComfyUI, Failure, Outcome, Stage
from playground.errors import Refused
from playground.playground import Playground
from playground.tracked_job import TrackedJob
from tests.e2e.process import BotProcess, running_bot
from tests.sampling import one_in

SECRETS = re.compile(r"Traceback|/home|/tmp|\.py\b|127\.0\.0\.1|Bearer|Error:")


async def in_mid_run(playground: Playground, picture: bytes) -> tuple[ComfyUI, TrackedJob]:
    """A job held at its second step, and the engine that holds it."""
    playground.comfyui.pause(Stage.SAMPLING, 2)
    job = await playground.member().animate(picture, "it moves", seconds=1)
    await playground.comfyui.reached(Stage.SAMPLING, 2)
    return playground.comfyui, job


def said_plainly(text: str) -> bool:
    """One line, and nothing of the machine in it."""
    return "\n" not in text and not SECRETS.search(text)


async def test_an_unreachable_comfyui_keeps_the_job_and_says_so(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    await playground.comfyui.stop()
    job = await playground.member().animate(picture, "it moves", seconds=1)
    assert said_plainly(await job.says("not reachable"))
    await playground.comfyui.start()
    await job.video()


@pytest.mark.parametrize(
    ("failure", "words"),
    one_in(2, [(Failure.MEMORY, "Try a smaller size"), (Failure.ERROR, "reported an error")]),
)
async def test_an_error_in_a_node_fails_the_job_in_a_plain_sentence(
    playground: Playground, bot: BotProcess, picture: bytes, failure: Failure, words: str
) -> None:
    playground.comfyui.fail_next(failure)
    job = await playground.member().animate(picture, "it moves", seconds=1)
    text = await job.says("Failed")
    assert words in text
    assert "WanVideoSampler" in text
    assert said_plainly(text)
    after = await playground.member("bob").animate(picture, "it moves", seconds=1)
    await after.video()


@pytest.mark.long
async def test_a_model_that_is_missing_on_the_server_is_named(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    playground.comfyui.reject_next()
    job = await playground.member().animate(picture, "it moves", seconds=1)
    text = await job.says("Failed")
    assert "gone.safetensors is missing" in text
    assert said_plainly(text)


async def test_a_comfyui_that_restarts_in_mid_run_gets_the_job_again(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    playground.comfyui.pause(Stage.SAMPLING, 2)
    job = await playground.member().animate(picture, "it moves", seconds=1, seed=5)
    await playground.comfyui.reached(Stage.SAMPLING, 2)
    await playground.comfyui.restart()
    playground.comfyui.resume()
    clip = await job.video()
    assert "`5`" in clip.content
    assert len({run.prompt_id for run in playground.comfyui.runs}) == 1


@pytest.mark.long
async def test_a_token_is_sent_to_comfyui_and_a_wrong_one_keeps_the_job(
    tmp_path: Path, picture: bytes
) -> None:
    async with Playground(comfyui={"speed": 50, "token": "open sesame", "prefix": "/gpu"}) as playground:
        async with running_bot(playground, tmp_path, COMFYUI_TOKEN="open sesame") as bot:
            await (await playground.member().animate(picture, "it moves", seconds=1)).video()
            await bot.terminate()
        async with running_bot(playground, tmp_path, COMFYUI_TOKEN="wrong") as bot:
            job = await playground.member().animate(picture, "it moves", seconds=1)
            text = await job.says("may not use its ComfyUI")
            assert "wrong" not in text
            assert "sesame" not in bot.log
            await bot.terminate()


async def test_after_kill_9_in_mid_run_the_job_goes_on_and_runs_once(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    comfyui, job = await in_mid_run(playground, picture)
    await bot.kill()
    comfyui.resume()
    await comfyui.reached(Stage.DONE)
    await bot.start()
    await job.video()
    await job.says("Done")
    assert len(comfyui.runs) == 1


@pytest.mark.long
async def test_a_stop_leaves_the_running_job_to_comfyui_and_the_next_start_adopts_it(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    comfyui, job = await in_mid_run(playground, picture)
    assert await bot.terminate() == 0
    assert "Traceback" not in bot.log
    await bot.start()
    comfyui.resume()
    await job.video()
    assert len(comfyui.runs) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="no other way to fill the disk of one process")
async def test_a_full_disk_refuses_in_words_and_loses_nothing(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    comfyui, job = await in_mid_run(playground, picture)
    bot.limit_files(0)
    other = await playground.member("bob").animate(picture, "it moves", seconds=1)
    with pytest.raises(Refused, match="cannot write to its disk"):
        await other.answered()
    comfyui.resume()
    await comfyui.reached(Stage.DONE)
    bot.limit_files(-1)
    await bot.kill()
    await bot.start()
    await job.video()
    await job.says("Done")
    assert len(comfyui.runs) == 1


async def test_a_discord_that_fails_while_the_clip_is_sent_gets_it_once(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    playground.discord.fail(status=503, times=2, route=r"^POST /channels/\d+/messages$")
    job = await playground.member().animate(picture, "it moves", seconds=1)
    clip = await job.video(timeout=90)
    await job.says("Done")
    assert [message.id for message in playground.messages if message.attachments] == [clip.message.id]


@pytest.mark.long
async def test_an_answer_that_is_lost_on_its_way_does_not_send_the_clip_twice(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    playground.discord.cut_after_processing(r"^POST /channels/\d+/messages$")
    job = await playground.member().animate(picture, "it moves", seconds=1)
    await job.video()
    await job.says("Done")
    assert len([message for message in playground.messages if message.attachments]) == 1


@pytest.mark.long
async def test_a_cancel_that_comes_after_the_clip_has_gone_out_leaves_no_orphan(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    playground.discord.cut_after_processing(r"^POST /channels/\d+/messages$", times=9)
    ada = playground.member()
    job = await ada.animate(picture, "it moves", seconds=1)
    clip = await playground.until(
        lambda: next(filter(playground.clip, playground.messages), None), 20, "a clip"
    )
    await ada.press(job, "Cancel")
    await job.says("Done", timeout=40)
    assert [each.id for each in playground.messages if playground.clip(each)] == [clip.id]


@pytest.mark.long
async def test_a_gateway_that_hangs_up_is_connected_again(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    playground.discord.disconnect(4000)
    await playground.bot_offline()
    await playground.bot_online()
    await (await playground.member().animate(picture, "it moves", seconds=1)).video()


@pytest.mark.long
@pytest.mark.parametrize("lost", ["the request", "its answer"])
async def test_a_command_whose_answer_is_lost_gets_its_clip_and_leaves_no_old_words(
    playground: Playground, bot: BotProcess, picture: bytes, lost: str
) -> None:
    if lost == "the request":
        playground.discord.fail(status=503, times=1, route=r"^POST /interactions/")
    else:
        playground.discord.cut_after_processing(r"^POST /interactions/")
    await playground.member("ada").animate(picture, "it moves", seconds=1)

    def statuses() -> list[str]:
        public = [each for each in playground.messages if each.only_for is None and not playground.clip(each)]
        return [each.text for each in public]

    await playground.until(lambda: any(map(playground.clip, playground.messages)) or None, 60, "the clip")
    await playground.until(lambda: all("Done" in text for text in statuses()) or None, 10, "its last word")
    assert len(statuses()) == 1


@pytest.mark.long
async def test_people_are_served_in_turn(playground: Playground, bot: BotProcess, picture: bytes) -> None:
    playground.comfyui.pause()
    ada, bob = playground.member("ada"), playground.member("bob")
    jobs = [await ada.animate(picture, "ada 0", seconds=1)]
    await playground.comfyui.reached(Stage.STARTED)
    for n in range(1, 5):
        jobs.append(await ada.animate(picture, f"ada {n}", seconds=1))
        await jobs[-1].answered()
    await jobs[-1].says("about 3 ahead")
    late = await bob.animate(picture, "bob", seconds=1)
    await late.answered()
    await jobs[-1].says("about 4 ahead")
    playground.comfyui.resume()
    for job in [*jobs, late]:
        await job.video()
    order = [
        node["inputs"]["positive_prompt"]
        for run in playground.comfyui.runs
        for node in run.graph.values()
        if "positive_prompt" in node["inputs"]
    ]
    assert order == ["ada 0", "bob", "ada 1", "ada 2", "ada 3", "ada 4"]


@pytest.mark.long
async def test_a_bot_whose_token_is_withdrawn_ends_as_a_whole_and_says_why(
    playground: Playground, bot: BotProcess
) -> None:
    playground.discord.disconnect(4004)
    assert bot.process
    async with asyncio.timeout(20):
        assert await bot.process.wait() == 1
    assert "died, and with it the bot" in bot.log
    assert "4004" in bot.log


@pytest.mark.long
async def test_a_node_that_hangs_is_stopped_and_the_next_job_is_not(tmp_path: Path, picture: bytes) -> None:
    async with (
        Playground(comfyui={"speed": 50}) as playground,
        running_bot(playground, tmp_path, LONGEST_RUN_MINUTES="0.05"),
    ):
        playground.comfyui.hang_next()
        job = await playground.member("ada").animate(picture, "it moves", seconds=1)
        text = await job.says("Failed")
        assert "was stopped" in text
        assert said_plainly(text)
        await (await playground.member("bob").animate(picture, "it moves", seconds=1)).video()
        assert [run.outcome for run in playground.comfyui.runs] == [Outcome.INTERRUPTED, Outcome.SUCCESS]


@pytest.mark.long
async def test_a_dead_server_does_not_hold_up_the_other(tmp_path: Path, picture: bytes) -> None:
    async with Playground(comfyui={"speed": 50}) as playground, ComfyUI(speed=50) as other:
        urls = f"http://127.0.0.1:9,{playground.comfyui.url},{other.url}"
        async with running_bot(playground, tmp_path, COMFYUI_URL=urls, COMFYUI_PATIENCE="2"):
            playground.comfyui.pause(Stage.SAMPLING, 2)
            other.pause(Stage.SAMPLING, 2)
            jobs = [
                await playground.member(name).animate(picture, "it moves", seconds=1) for name in ("a", "b")
            ]
            await playground.comfyui.reached(Stage.SAMPLING, 2)
            await other.reached(Stage.SAMPLING, 2)
            await playground.comfyui.stop()
            other.resume()
            for job in jobs:
                await job.video()
            assert len(other.gpu_runs) == 2
