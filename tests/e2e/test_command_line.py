"""The front door from outside."""

import asyncio
import json
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from playground.discord.permissions import Permission
from playground.playground import Playground
from tests.e2e.pictures import frames_of, photo
from tests.e2e.process import ROOT, BotProcess
from tests.forking.bot import run_bot
from tests.forking.client import FORKS


async def run(
    folder: Path, *arguments: str, encoding: str = "utf-8", **settings: str
) -> tuple[int, str, str]:
    """`python bot.py ARGUMENTS` with an empty environment but for these settings."""
    if FORKS and encoding == "utf-8" and settings.get("PYTHONUTF8") != "0":  # what its streams are by then
        return await run_bot(arguments, folder, inherited() | settings)
    return await communicate(folder, settings, str(ROOT / "bot.py"), *arguments, encoding=encoding)


def inherited() -> dict[str, str]:
    """What every program needs of the environment."""
    return {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}


async def communicate(
    folder: Path, settings: Mapping[str, str], *arguments: str, encoding: str = "utf-8"
) -> tuple[int, str, str]:
    """Run Python to its end; returns its exit code and what it wrote."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=folder,
        env=inherited() | dict(settings),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(100):
        out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(encoding), err.decode(encoding)


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
    wrong = {"MAX_QUEUED_PER_USER": "lots", "COMFYUI_URL": "gpu-box:8188", "COMFYUI_TOKENS": "x"}
    code, _, err = await run(tmp_path, DISCORD_TOKEN="x", **wrong)
    assert code == 2
    for told in ("MAX_QUEUED_PER_USER: lots", "write http://gpu-box:8188", "Did you mean COMFYUI_TOKEN?"):
        assert told in err
    assert "Traceback" not in err


@pytest.mark.long
@pytest.mark.parametrize(
    ("arguments", "sentence", "expected"),
    [
        (["demo", "--port", "99999"], "--port: 99999 is no port", 2),
        (["demo", "--once", "--out", "taken/out"], "nothing can be written there", 2),
        (["demo", "--once", "--comfyui", "http://127.0.0.1:9"], "nothing answers there", 1),
        (["restore", "nowhere.db"], "there is no file", 2),
    ],
)
async def test_what_cannot_be_is_one_sentence_and_a_code(
    tmp_path: Path, arguments: list[str], sentence: str, expected: int
) -> None:
    (tmp_path / "taken").write_bytes(b"")
    code, out, err = await run(tmp_path, *arguments, DATA_DIR=str(tmp_path / "data"))
    assert (code, out) == (expected, "")
    assert sentence in err
    assert "Traceback" not in err


async def test_the_version_is_that_of_the_project(tmp_path: Path) -> None:
    code, out, _ = await communicate(tmp_path, {}, str(ROOT / "bot.py"), "--version")
    assert code == 0
    assert re.match(r"animate-bot \d+\.\d+\.\d+ \(Python 3\.", out)


async def test_an_old_python_and_a_missing_library_are_told(tmp_path: Path) -> None:
    program = "import runpy, sys; sys.version_info = (3, 10, 2); "
    program += f"runpy.run_path({str(ROOT / 'bot.py')!r}, run_name='__main__')"
    old = await communicate(tmp_path, {}, "-c", program)
    bare = await communicate(tmp_path, {}, "-S", str(ROOT / "bot.py"))  # without site-packages
    assert (old[0], bare[0]) == (2, 2)
    assert [len(err.splitlines()) for _, _, err in (old, bare)] == [1, 1]
    assert "Python 3.11 or newer, and this is 3.10" in old[2]
    assert "-r requirements.lock" in bare[2]


@pytest.mark.long
@pytest.mark.parametrize("encoding", ["cp936", "cp1252"])
async def test_output_fails_on_no_encoding(tmp_path: Path, encoding: str) -> None:
    environment = {"PYTHONUTF8": "0", "PYTHONIOENCODING": encoding, "LC_ALL": "C"}
    picture = tmp_path / "no.png"
    picture.write_bytes(b"no picture at all")
    code, out, err = await run(
        tmp_path, "demo", "--once", "--json", "--image", str(picture), encoding=encoding, **environment
    )
    assert code == 1, err
    assert json.loads(out.splitlines()[-1])["clips"] == []
    assert "Traceback" not in err
    code, out, err = await run(
        tmp_path, "doctor", encoding=encoding, COMFYUI_URL="http://127.0.0.1:9", **environment
    )
    assert code == 1, err
    assert "\\u2717" in out
    assert "Traceback" not in err


@pytest.mark.long
async def test_the_demo_opens_a_folder_only_where_it_is_told_to(tmp_path: Path) -> None:
    real, named, picture = tmp_path / "real", tmp_path / "named", tmp_path / "no.png"
    picture.write_bytes(b"no picture at all")
    (tmp_path / ".env").write_text(f"DATA_DIR={real}\n")
    arguments = ("demo", "--once", "--image", str(picture))
    await run(tmp_path, *arguments, DATA_DIR=str(real), PYTHONUTF8="1")
    assert not real.exists()
    await run(tmp_path, *arguments, "--data-dir", str(named), PYTHONUTF8="1")
    assert (named / "animate.db").exists()


@pytest.mark.long
async def test_a_backup_of_a_running_bot_is_restored_when_it_has_ended(
    playground: Playground, bot: BotProcess, picture: bytes, tmp_path: Path
) -> None:
    ada, data = playground.member(), str(tmp_path / "data")
    await (await ada.animate(picture, "a boat rocks")).video()
    code, _, err = await run(tmp_path, "backup", "copy.db", DATA_DIR=data)
    assert code == 0, err
    code, _, err = await run(tmp_path, "restore", "copy.db", DATA_DIR=data)
    assert code == 2
    assert "end it first" in err
    await bot.kill()
    code, out, err = await run(tmp_path, "restore", "copy.db", DATA_DIR=data)
    assert code == 0, err
    assert "1 jobs" in out
    await bot.start()
    assert oct((tmp_path / "data" / "animate.db").stat().st_mode)[-3:] == "600" or os.name == "nt"


@pytest.mark.long
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


@pytest.mark.long
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
