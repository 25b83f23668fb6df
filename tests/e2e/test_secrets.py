"""Canaries in every secret setting come out nowhere: no log, database, message, crash. Words ping nobody."""

import asyncio
import sys
from pathlib import Path

import pytest

from playground.comfyui import Failure
from playground.playground import Playground
from tests.e2e.process import BotProcess, running_bot
from tests.e2e.test_delivery import POST, begin

CANARY = "canary-of-comfyui"
PASSWORD = "canary-in-an-address"  # noqa: S105 - of nobody
PROMPT = "canary of a prompt"


def found_in(folder: Path, *canaries: str) -> list[str]:
    """Which of them is in which file."""
    return [
        f"{canary} in {path.relative_to(folder)}"
        for path in folder.rglob("*")
        if path.is_file()
        for canary in canaries
        if canary.encode() in path.read_bytes()
    ]


def prompts_in(log: str) -> list[str]:
    return [line for line in log.splitlines() if PROMPT in line]


async def misbehave(playground: Playground, bot: BotProcess, picture: bytes) -> None:
    """What makes a bot say much: errors of both sides, a lost gateway, a kill."""
    ada = playground.member("ada")
    playground.discord.fail(status=503, times=1, route=POST)
    await (await ada.animate(picture, f"{PROMPT} @everyone <@1>", seconds=1)).video()
    job = await begin(playground, ada, picture)
    playground.comfyui.fail_next(Failure.ERROR)
    playground.comfyui.resume()
    await job.says("Failed")
    await (await ada.animate(b"no picture", PROMPT)).refused()
    await playground.comfyui.stop()
    await (await ada.animate(picture, PROMPT, seconds=1)).says("not reachable")
    playground.discord.disconnect(4000)
    await playground.bot_offline()
    await bot.kill()
    await bot.start()


def command_text(playground: Playground) -> list[tuple[str, dict[str, object]]]:
    """Every request that put words into Discord: where to, and what it held."""
    found: list[tuple[str, dict[str, object]]] = []
    for each in playground.discord.requests:
        body = each.body if isinstance(each.body, dict) else {}
        words = body.get("data") if "callback" in each.path else body
        if isinstance(words, dict) and words.get("content"):
            found.append((f"{each.method} {each.path}", words))
    return found


def interaction_tokens(playground: Playground) -> set[str]:
    """With each of them anybody could answer for the bot for fifteen minutes."""
    paths = [each.path.split("/") for each in playground.discord.requests]
    return {each[each.index("interactions") + 2] for each in paths if each[-1] == "callback"}


async def test_canaries_come_out_nowhere(tmp_path: Path, picture: bytes) -> None:
    async with Playground(comfyui={"speed": 50, "token": CANARY}) as playground:
        settings = {"COMFYUI_TOKEN": CANARY, "LOG_LEVEL": "DEBUG"}
        async with running_bot(playground, tmp_path, **settings) as bot:
            await misbehave(playground, bot, picture)
            assert [words for _, words in command_text(playground) if CANARY in str(words)] == []
            assert found_in(tmp_path, CANARY, playground.state.token) == []
            tokens = interaction_tokens(playground)
            assert len(tokens) > 3
            assert found_in(tmp_path, *tokens) == []
            assert [token for token in tokens if token in bot.log] == []
            assert prompts_in(bot.log) == []
            assert "hm=" not in bot.log.replace("hm=[hidden]", "")


@pytest.mark.long
async def test_words_are_in_no_log_at_info_and_ping_nobody_but_the_owner(
    tmp_path: Path, picture: bytes
) -> None:
    async with Playground(comfyui={"speed": 50}) as playground:
        urls = f"{playground.environment()['COMFYUI_URL']},http://gpu:{PASSWORD}@127.0.0.1:9"
        async with running_bot(playground, tmp_path, COMFYUI_URL=urls) as bot:
            await misbehave(playground, bot, picture)
            assert prompts_in(bot.log) == []
            assert found_in(tmp_path, PASSWORD) == []
            said = command_text(playground)
            assert len(said) > 8
            for where, words in said:
                allowed = words["allowed_mentions"]
                assert isinstance(allowed, dict)
                assert allowed["parse"] == [], where
                assert not allowed.get("roles"), where
                is_result = where.startswith("POST /channels") and words.get("attachments")
                assert bool(allowed.get("users")) == bool(is_result), (where, words)


@pytest.mark.long
async def test_a_crash_shows_no_token(tmp_path: Path, picture: bytes) -> None:
    async with Playground(comfyui=None) as playground, running_bot(playground, tmp_path) as bot:
        playground.discord.disconnect(4004)
        assert bot.process
        assert await bot.process.wait() == 1
        assert "Traceback" in bot.log
        assert found_in(tmp_path, playground.state.token) == []
    crash = (
        "import logging\n"
        "from cogs.runtime.redaction import Redactor, redact_logs\n"
        f"redact_logs(Redactor(['{CANARY}']))\n"
        f"raise RuntimeError('{CANARY}')\n"
    )
    ended = await asyncio.create_subprocess_exec(
        sys.executable, "-c", crash, cwd=Path(__file__).parents[2], stderr=asyncio.subprocess.PIPE
    )
    _, output = await ended.communicate()
    assert ended.returncode == 1
    assert b"RuntimeError" in output
    assert CANARY.encode() not in output
