"""`python bot.py workflow`, the real process: from a file to a clip in Discord, while the bot runs."""

import asyncio
import json
from pathlib import Path

import pytest

from playground.playground import Playground
from tests.e2e.process import BotProcess, running_bot
from tests.e2e.test_command_line import run
from tests.playground.video_files import read_video

DATA = Path(__file__).parents[1] / "data" / "workflows" / "api"
GRAPH = DATA / "oelala_wan22_enhanced_q4km_api.json"


async def logged(bot: BotProcess, words: str) -> None:
    """Wait until the bot's log has these words."""
    async with asyncio.timeout(20):
        while words not in bot.log:  # noqa: ASYNC110 - no event tells of another process's log
            await asyncio.sleep(0.1)


@pytest.mark.long
async def test_a_file_becomes_a_clip_in_discord_by_one_command_without_a_restart(
    tmp_path: Path, picture: bytes
) -> None:
    workflows = tmp_path / "workflows"
    workflows.mkdir()
    comfyui = {"speed": 100, "graphs": [json.loads(GRAPH.read_text("utf-8"))], "sageattention": True}
    async with (
        Playground(comfyui=comfyui, patience=2) as playground,
        running_bot(playground, tmp_path, WORKFLOWS_DIR=str(workflows)) as bot,
    ):
        settings = {
            **playground.environment(),
            "WORKFLOWS_DIR": str(workflows),
            "DATA_DIR": str(tmp_path / "data"),
            "PYTHONUTF8": "1",
        }
        code, out, err = await run(tmp_path, "workflow", "add", str(GRAPH), "--name", "mine", **settings)
        assert (code, err) == (0, ""), out
        await logged(bot, "the workflow mine is new")
        job = await playground.member("ada").animate(picture, "the ball rolls away", model="mine")
        clip = read_video((await job.video(timeout=90)).data)

        code, out, _ = await run(tmp_path, "workflow", "list", "--json", **settings)
        listed = {each["name"]: each for each in json.loads(out)["workflows"]}
        code_of_removal, _, _ = await run(tmp_path, "workflow", "remove", "mine", "--yes", **settings)
        await logged(bot, "the workflow mine is gone")

    assert (code, code_of_removal) == (0, 0)
    assert listed["mine"]["servers"]
    assert (clip.frames, round(clip.fps)) == (41, 16)


@pytest.mark.long
async def test_what_cannot_be_added_is_one_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    file = tmp_path / "broken.json"
    file.write_text('<<<<<<< HEAD\n{"1": 1}\n', "utf-8")
    settings = {"COMFYUI_URL": "http://127.0.0.1:9", "PYTHONUTF8": "1"}
    code, out, err = await run(tmp_path, "workflow", "add", str(file), **settings)
    assert (code, out) == (2, "")
    assert "line 1 is a conflict marker of Git" in err

    settings["WORKFLOWS_DIR"] = str(tmp_path / "own")
    for arguments in ((str(file),), (str(GRAPH), "--name", "../x"), (str(tmp_path / "none.json"),)):
        code, out, err = await run(tmp_path, "workflow", "add", *arguments, **settings)
        assert (code, out, len(err.splitlines())) == (2, "", 1), err
        assert "Traceback" not in err
    assert sorted(each.name for each in tmp_path.iterdir()) == ["broken.json"]  # noqa: ASYNC240
