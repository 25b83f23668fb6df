"""Commands beside the real process: a pause that outlives it, and what everybody reads."""

import json
from pathlib import Path

import pytest

from cogs.i18n.catalogue import translate
from playground.playground import Playground
from tests.e2e.process import BotProcess
from tests.e2e.test_command_line import run


async def operate(folder: Path, *arguments: str) -> dict[str, object]:
    """What a command prints as JSON, beside the bot of that folder."""
    code, out, err = await run(folder, *arguments, "--json", DATA_DIR=str(folder / "data"))
    assert (code, err) == (0, "")
    return json.loads(out)


@pytest.mark.long
async def test_a_pause_outlives_the_process_and_nobody_loses_a_job(
    playground: Playground, bot: BotProcess, picture: bytes, tmp_path: Path
) -> None:
    ada, bob = playground.member("ada"), playground.member("bob", locale="zh-TW")
    await operate(tmp_path, "pause", "--until", "2h", "--reason", "a new disk")
    waits = await ada.animate(picture, "the cat jumps", seconds=1)
    await waits.says("(Reason: a new disk)")
    theirs = await bob.animate(picture, "貓", seconds=1)
    await theirs.says("（原因：a new disk）")
    await bot.kill()
    await bot.start()
    code, out, err = await run(tmp_path, "pause", "--until", "2020-01-01", DATA_DIR=str(tmp_path / "data"))
    assert (code, out) == (2, "")
    assert "is over already" in err
    assert "Traceback" not in err
    await operate(tmp_path, "announce", "Maintenance tonight")
    await waits.says("Maintenance tonight")
    await operate(tmp_path, "jobs", "cancel", str(await first_of(tmp_path, bob.id)))
    await theirs.says(translate("zh-TW", "reason_by_operator"))
    assert playground.comfyui.gpu_runs == []
    await operate(tmp_path, "resume")
    await waits.video()


async def first_of(folder: Path, person: int) -> object:
    """The id of that person's job in the list."""
    jobs = (await operate(folder, "jobs", "list"))["jobs"]
    assert isinstance(jobs, list)
    return next(job["id"] for job in jobs if job["person"] == str(person))
