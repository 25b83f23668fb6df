"""The way of one request, by the real process over real sockets."""

import io
import re
from pathlib import Path

import pytest
from PIL import Image

from playground.comfyui import Stage
from playground.playground import Playground
from tests.e2e.pictures import frames_of
from tests.e2e.process import BotProcess, running_bot


def seed_of(content: str) -> int:
    """The seed as the result tells it."""
    found = re.search(r"seed `(\d+)`", content)
    assert found, content
    return int(found[1])


async def test_a_picture_becomes_a_clip_and_its_steps_are_told(tmp_path: Path, picture: bytes) -> None:
    async with (
        Playground(comfyui={"speed": 0.6, "lora": False}) as playground,
        running_bot(playground, tmp_path),
    ):
        ada = playground.member("ada")
        job = await ada.animate(picture, "the ball rolls", seconds=1, steps=40)
        clip = await job.video()
        assert frames_of(clip.data) == (17, 832, 480)
        assert clip.pinged == ("ada",)
        assert "AI-generated" in clip.content
        await job.says("Done")
        texts = [revision.text for revision in job.texts]
        assert len(set(texts)) >= 6, texts
        steps = [int(step) for text in texts for step in re.findall(r"(\d+)/40", text)]
        assert len(steps) >= 2, texts
        assert steps == sorted(set(steps)), texts
        assert playground.discord.too_many == []


async def test_a_reroll_makes_another_clip(playground: Playground, bot: BotProcess, picture: bytes) -> None:
    ada = playground.member("ada")
    job = await ada.animate(picture, "the ball rolls", seconds=1)
    clip = await job.video()
    await job.says("Done")
    again = await ada.react(clip, "🔁")
    second = await again.video()
    await again.says("Done")
    assert seed_of(second.content) != seed_of(clip.content)
    assert frames_of(second.data) == frames_of(clip.data) == (17, 832, 480)
    assert second.data != clip.data


@pytest.mark.long
async def test_a_reroll_works_after_a_restart_and_with_the_upload_gone(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    ada, grace = playground.member("ada"), playground.member("grace")
    job = await ada.animate(picture, "the ball rolls", seconds=1, seed=7)
    clip = await job.video()
    await job.says("Done")
    assert await bot.terminate() == 0
    playground.discord.advance(3 * 24 * 3600)
    await bot.start()
    again = await grace.react(clip, "🔁")
    second = await again.video()
    assert second.pinged == ("grace",)
    assert seed_of(clip.content) == 7
    assert seed_of(second.content) != 7


async def test_the_options_reach_the_graph(playground: Playground, bot: BotProcess, picture: bytes) -> None:
    job = await playground.member().animate(
        picture,
        "she turns her head",
        preset="quality",
        seconds=2,
        aspect="portrait",
        seed=2**32 - 1,
        negative="rain",
        steps=12,
        cfg=7.5,
        shift=3.0,
        denoise=0.5,
    )
    await job.video()
    graph = playground.comfyui.runs[0].graph
    inputs = {key: value for node in graph.values() for key, value in node["inputs"].items()}
    wanted = {
        "positive_prompt": "she turns her head",
        "negative_prompt": "rain",
        "seed": 2**32 - 1,
        "steps": 12,
        "cfg": 7.5,
        "shift": 3.0,
        "denoise_strength": 0.5,
        "width": 480,
        "height": 832,
        "num_frames": 33,
        "attention_mode": "sdpa",
        "save_output": False,
        "save_metadata": False,
    }
    assert {key: inputs[key] for key in wanted} == wanted


async def test_nothing_stays_on_the_server_that_need_not(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    job = await playground.member().animate(picture, "a secret wish", seconds=1)
    await job.video()
    kept = [path for path in playground.comfyui.folder.rglob("*") if path.is_file()]
    assert {path.relative_to(playground.comfyui.folder).parts[0] for path in kept} == {"temp"}
    assert not any(b"a secret wish" in path.read_bytes() for path in kept)
    assert not any("secret" in path.name for path in kept)


@pytest.mark.long
async def test_turbo_is_offered_only_where_its_lora_is(tmp_path: Path, picture: bytes) -> None:
    for lora, default in ((True, "turbo"), (False, "fast")):
        folder = tmp_path / default
        folder.mkdir()
        async with (
            Playground(comfyui={"speed": 50, "lora": lora}) as playground,
            running_bot(playground, folder),
        ):
            ada = playground.member()
            job = await ada.animate(picture, "it moves", seconds=1)
            assert f"· {default} ·" in (await job.video()).content
            names = [name for name, _ in await ada.autocomplete("animate", "preset", "")]
            assert ("turbo" in names) == lora
            assert {"draft", "fast", "quality"} <= set(names)


@pytest.mark.long
async def test_an_old_server_without_the_new_nodes_still_makes_clips(tmp_path: Path, picture: bytes) -> None:
    missing = {"WanVideoClipVisionEncode", "WanVideoImageToVideoEncode"}
    async with (
        Playground(comfyui={"speed": 50, "without": missing}) as playground,
        running_bot(playground, tmp_path),
    ):
        job = await playground.member().animate(picture, "it moves", seconds=1)
        assert frames_of((await job.video()).data)[0] == 17


async def test_chinese_is_answered_in_chinese(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    job = await playground.member(locale="zh-CN").animate(picture, "球滚动起来", seconds=1)
    clip = await job.video()
    assert "你的视频好了" in clip.content
    assert "球滚动起来" in clip.content
    await job.says("完成")


@pytest.mark.long
async def test_words_are_shown_safely_and_ping_nobody_but_the_owner(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    ada, grace = playground.member("ada"), playground.member("grace")
    wild = (
        f"@everyone <@{grace.id}> **bold** `code` ||spoiler|| [x](https://example.com)\n# title\n"
        + "ü" * 1500
    )
    job = await ada.animate(picture, wild[:1500], seconds=1)
    clip = await job.video()
    assert clip.pinged == ("ada",)
    assert "\\*\\*bold\\*\\*" in clip.content
    assert len(clip.content) <= 2000


@pytest.mark.long
async def test_a_slow_upload_is_acknowledged_in_time_and_becomes_the_status(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    playground.discord.slow(r"/attachments/", 4)
    job = await playground.member().animate(picture, "it moves", seconds=1)
    await job.says("Looking at your picture")
    clip = await job.video()
    texts = [revision.text for revision in job.texts]
    assert "Looking" in texts[0]
    assert "Queued" in texts[1]
    assert clip.message.reply_to == (job.status and job.status.id)


@pytest.mark.long
async def test_a_slow_bad_picture_leaves_nothing_behind_that_others_see(
    playground: Playground, bot: BotProcess
) -> None:
    playground.discord.slow(r"/attachments/", 4)
    job = await playground.member().animate(b"\xff\xd8\xff" + bytes(500), "it moves", filename="a.jpg")
    assert "broken" in await job.refused()
    assert playground.messages == []


async def test_the_clip_is_seen_as_it_forms_and_the_preview_goes_when_it_is_done(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    playground.comfyui.pause(Stage.SAMPLING, 3)
    job = await playground.member().animate(picture, "it moves", seconds=1)
    seen = await playground.until(lambda: (job.status and job.status.attachments) or None, 20, "a preview")
    with Image.open(io.BytesIO(seen[0].data)) as preview:
        assert preview.format == "JPEG"
    playground.comfyui.resume()
    await job.video()
    await job.says("Done")
    assert job.status
    assert job.status.attachments == ()
