"""The front door from outside."""

import asyncio
import json
import os
import re
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playground.discord.permissions import Permission
from playground.playground import Playground
from tests.e2e.pictures import frames_of, photo
from tests.e2e.process import ROOT, BotProcess


async def run(folder: Path, *arguments: str, **settings: str) -> tuple[int, str, str]:
    """`python bot.py ARGUMENTS` with an empty environment but for these settings."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "bot.py"),
        *arguments,
        cwd=folder,
        env=kept | settings,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(100):
        out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_without_a_token_one_sentence_says_what_to_do(tmp_path: Path) -> None:
    code, out, err = await run(tmp_path)
    assert (code, out) == (2, "")
    assert "DISCORD_TOKEN" in err
    assert "bot.py demo" in err
    assert "Traceback" not in err


async def test_two_ways_in_at_once_are_refused_without_showing_either(tmp_path: Path) -> None:
    ways = {"COMFYUI_URL": "http://ada:secret@gpu:8188", "COMFYUI_TOKEN": "hidden"}
    code, _, err = await run(tmp_path, DISCORD_TOKEN="x", **ways)
    assert code == 2
    assert "COMFYUI_TOKEN" in err
    assert "secret" not in err
    assert "hidden" not in err


async def test_a_setting_that_cannot_be_is_named(tmp_path: Path) -> None:
    code, _, err = await run(tmp_path, DISCORD_TOKEN="x", MAX_QUEUED_PER_USER="none")
    assert code == 2
    assert "MAX_QUEUED_PER_USER" in err
    assert "Traceback" not in err


async def test_the_demo_brings_two_clips_without_a_browser(tmp_path: Path) -> None:
    picture = tmp_path / "mine.jpg"
    picture.write_bytes(photo(600, 600))
    code, out, err = await run(
        tmp_path,
        "demo",
        "--once",
        "--reroll",
        "--json",
        "--image",
        str(picture),
        "--out",
        "here",
        PYTHONUTF8="1",
    )
    assert code == 0, err
    clips = json.loads(out.splitlines()[-1])["clips"]
    assert len({clip["seed"] for clip in clips}) == 2
    for clip in clips:
        data = (tmp_path / clip["file"]).read_bytes()
        assert frames_of(data) == (clip["frames"], clip["width"], clip["height"]) == (81, 624, 624)
        assert clip["bytes"] == len(data)
        assert clip["engine_seconds"] <= clip["seconds"]
    assert clips[0]["progress_texts"] >= 6


async def test_the_demo_says_why_no_clip_came(tmp_path: Path) -> None:
    picture = tmp_path / "no.png"
    picture.write_bytes(b"no picture at all")
    code, out, _ = await run(tmp_path, "demo", "--once", "--json", "--image", str(picture), PYTHONUTF8="1")
    assert code == 1
    report = json.loads(out.splitlines()[-1])
    assert report["clips"] == []
    assert "not a picture" in report["error"]


async def test_help_tells_the_commands(tmp_path: Path) -> None:
    code, out, _ = await run(tmp_path, "--help")
    assert code == 0
    assert "demo" in out
    code, out, _ = await run(tmp_path, "demo", "--help", PYTHONUTF8="1")
    assert "--once" in out


async def test_the_bot_prints_its_invite_link_with_the_permissions_it_needs(
    playground: Playground, bot: BotProcess
) -> None:
    link = re.search(r"https://discord\.com/oauth2/authorize\S+", bot.log)
    assert link
    query = parse_qs(urlsplit(link[0]).query)
    assert query["client_id"] == [str(playground.bot_user.id)]
    assert query["scope"] == ["bot applications.commands"]
    wanted = (
        Permission.VIEW_CHANNEL
        | Permission.SEND_MESSAGES
        | Permission.ATTACH_FILES
        | Permission.ADD_REACTIONS
    )
    assert int(query["permissions"][0]) & wanted == wanted
