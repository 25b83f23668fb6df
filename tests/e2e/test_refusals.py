"""What the bot says no to, how it says it, and that nothing comes of it."""

import io
import re
import time
from pathlib import Path

import pytest
from PIL import Image

from playground.discord.permissions import Permission
from playground.errors import OptionRefused
from playground.playground import Playground
from tests.e2e.pictures import photo
from tests.e2e.process import BotProcess, running_bot

HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(64)


def huge_png() -> bytes:
    """Few bytes, 64 megapixels."""
    out = io.BytesIO()
    Image.new("1", (8000, 8000)).save(out, "PNG", compress_level=1)
    return out.getvalue()


BAD_PICTURES = {
    "text": (b"hello", "notes.png", "image/png", "not a picture"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.png", "image/png", "cannot read this format"),
    "svg told so": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg", "image/svg+xml", "cannot read"),
    "html": (b"<!DOCTYPE html><html></html>", "a.jpg", "image/jpeg", "not a picture"),
    "heic": (HEIC, "IMG_1.HEIC", "image/heic", "Most Compatible"),
    "heic in disguise": (HEIC, "IMG_1.jpg", "image/jpeg", "Most Compatible"),
    "cut off": (photo()[:2000], "a.jpg", "image/jpeg", "broken"),
    "a film": (b"\x00\x00\x00\x18ftypmp42" + bytes(64), "a.mp4", "video/mp4", "not a picture"),
    "64 megapixels": (huge_png(), "a.png", "image/png", "at most 50 megapixels"),
}


async def test_bad_pictures_are_refused_in_one_sentence_and_nothing_is_queued(
    playground: Playground, bot: BotProcess
) -> None:
    ada = playground.member()
    for name, (data, filename, content_type, words) in BAD_PICTURES.items():
        began = time.monotonic()
        job = await ada.animate(data, "it moves", filename=filename, content_type=content_type)
        refusal = await job.refused()
        assert words in refusal, name
        assert "\n" not in refusal, name
        assert time.monotonic() - began < 5, name
    assert playground.messages == []
    assert playground.comfyui.runs == []


@pytest.mark.long
async def test_a_picture_over_25_mb_is_refused_before_it_is_fetched(tmp_path: Path) -> None:
    async with Playground(comfyui=None) as playground, running_bot(playground, tmp_path):
        ada = playground.member(upload_limit=50 * 2**20)
        job = await ada.animate(b"\xff\xd8\xff" + bytes(26_000_000), "it moves", filename="big.jpg")
        assert "at most 25 MB" in await job.refused()
        assert playground.discord.file_requests == []


async def test_what_is_out_of_range_never_leaves_discord_and_the_rest_is_refused_in_words(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    ada = playground.member()
    ranges = {"seconds": 61, "steps": 201, "cfg": -0.5, "seed": -1, "denoise": 1.5}
    commands = [("", {}), ("x" * 1501, {}), *(("it moves", {name: value}) for name, value in ranges.items())]
    for prompt, options in commands:
        with pytest.raises(OptionRefused):
            await ada.animate(picture, prompt, **options)
    assert "what should move" in await (await ada.animate(picture, "   ")).refused()
    refusal = await (await ada.animate(picture, "it moves", preset="cinema")).refused()
    assert "`cinema`" in refusal
    assert "fast" in refusal
    for name, value, span in (("seconds", 6, "1 and 5"), ("steps", 51, "1 and 50"), ("cfg", 0.5, "1 and 12")):
        refused = await ada.animate(picture, "it moves", **{name: value})
        assert f"`{name}` must be between {span}" in await refused.refused()


@pytest.mark.long
async def test_the_policy_keeps_out_other_channels_and_people_without_the_role(
    tmp_path: Path, picture: bytes
) -> None:
    async with Playground(comfyui={"speed": 50}) as playground:
        studio = playground.channel_named("studio")
        thread = playground.thread("in the studio", studio)
        settings = {"ALLOWED_CHANNELS": str(studio.id), "ALLOWED_ROLES": f"{playground.role('artist')}, 1"}
        async with running_bot(playground, tmp_path, **settings):
            ada, bob = playground.member("ada", roles=["artist"]), playground.member("bob")
            assert "this channel" in await (await ada.animate(picture, "it moves")).refused()
            assert "role" in await (await bob.animate(picture, "it moves", channel=studio)).refused()
            clip = await (await ada.animate(picture, "it moves", channel=thread, seconds=1)).video()
            denied = await bob.react(clip, "🔁")
            assert "role" in await denied.refused()
            await (await ada.react(clip, "🔁")).video()
            assert len(playground.comfyui.runs) == 2


@pytest.mark.long
async def test_another_guild_is_kept_out(tmp_path: Path, picture: bytes) -> None:
    async with (
        Playground(comfyui=None) as playground,
        running_bot(playground, tmp_path, ALLOWED_GUILDS="1,2"),
    ):
        job = await playground.member().animate(picture, "it moves")
        assert "not open to this server" in await job.refused()


@pytest.mark.long
async def test_more_than_the_queued_jobs_allowed_are_refused(tmp_path: Path, picture: bytes) -> None:
    async with (
        Playground(comfyui=None) as playground,
        running_bot(playground, tmp_path, MAX_QUEUED_PER_USER="2", COMFYUI_URL="http://127.0.0.1:9"),
    ):
        ada, bob = playground.member("ada"), playground.member("bob")
        for _ in range(2):
            await (await ada.animate(picture, "it moves")).says("Queued")
        assert "may have 2 jobs waiting" in await (await ada.animate(picture, "it moves")).refused()
        await (await bob.animate(picture, "it moves")).says("Queued")


@pytest.mark.long
async def test_a_rule_that_refuses_says_which_and_when_it_lifts(tmp_path: Path, picture: bytes) -> None:
    async with Playground(comfyui=None) as playground, running_bot(playground, tmp_path, COOLDOWN="600"):
        ada = playground.member()
        assert "not allowed" in await (await ada.animate(picture, "undress her")).refused()
        await (await ada.animate(picture, "it moves")).says("Queued")
        refusal = await (await ada.animate(picture, "it moves")).refused()
        assert "600 seconds" in refusal
        assert re.search(r"<t:\d+:R>", refusal)


@pytest.mark.long
async def test_a_job_that_waited_too_long_ends_and_says_so(tmp_path: Path, picture: bytes) -> None:
    settings = {"LONGEST_WAIT_HOURS": "0.0001", "COMFYUI_URL": "http://127.0.0.1:9"}
    async with Playground(comfyui=None) as playground, running_bot(playground, tmp_path, **settings) as bot:
        job = await playground.member().animate(picture, "it moves")
        await job.answered()
        await bot.terminate()
        await bot.start()  # the keeper looks at each start, and once a minute
        assert "waited for more than" in await job.says("Failed")


@pytest.mark.long
async def test_where_the_bot_may_not_write_it_says_so_at_once(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    playground.forbid(Permission.ATTACH_FILES)
    job = await playground.member().animate(picture, "it moves")
    assert "Attach Files" in await job.refused()
    assert playground.comfyui.runs == []


async def test_a_wrong_token_is_said_in_one_sentence(tmp_path: Path) -> None:
    async with Playground(comfyui=None) as playground:
        with pytest.raises(AssertionError) as ended:
            async with running_bot(playground, tmp_path, DISCORD_TOKEN="no.such.token"):
                pass
    assert "Discord refuses the DISCORD_TOKEN" in str(ended.value)
    assert "Traceback" not in str(ended.value)
