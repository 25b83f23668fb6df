"""A child process is bounded, knows no secret, and never outlives its purpose."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from media import BadPicture, Media, PictureFault, open_media
from media.child import process
from media.child.framing import UNCONFINED, pack, unpack
from media.child.process import (
    _BOOTSTRAP,
    _ROOT,
    ChildDied,
    ProcessLimits,
    ProcessRunner,
    UnconfinedLog,
)
from tests.unit.media.sample_pictures import fifty_megapixels, photo, save

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="kills process groups")
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def children() -> set[int]:
    tasks = Path("/proc/self/task").glob("*/children")
    return {int(pid) for task in tasks for pid in task.read_text().split()}


async def until(condition: Callable[[], object], limit: float = 5) -> None:
    async with asyncio.timeout(limit):
        while not condition():  # noqa: ASYNC110 - /proc rings no bell
            await asyncio.sleep(0.005)


def is_running(pid: int) -> bool:
    """Whether a process exists and is no zombie: nobody may reap it where process 1 is not an init."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/status")
    return not status.exists() or "\nState:\tZ" not in status.read_text()


async def run_instead(
    monkeypatch: pytest.MonkeyPatch, program: str, said: UnconfinedLog | None = None, *, seconds: float = 8
) -> str:
    """Run a program in the place of a child's main program; returns its response."""
    imports = "import os, signal, subprocess, sys"
    monkeypatch.setattr(process, "_BOOTSTRAP", f"{imports}; {program}")
    limits = ProcessLimits(memory=1 << 30, seconds=seconds, response_bytes=10_000)
    return (await ProcessRunner(1, said).run(b"", limits)).decode().strip()


@pytest.fixture(scope="module")
def slow() -> bytes:
    """A picture that takes more than a second to clean."""
    return fifty_megapixels()


@LINUX
async def test_out_of_time_the_child_is_killed(media: Media, slow: bytes) -> None:
    before, began = children(), time.monotonic()
    with pytest.raises(BadPicture) as caught:
        await media.clean_picture(slow, timeout=0.4)
    assert caught.value.code is PictureFault.TOO_SLOW
    assert time.monotonic() - began < 1  # it would have gone on for longer
    assert children() == before


@LINUX
async def test_cancelled_the_child_is_gone_before_the_task_is(media: Media, slow: bytes) -> None:
    before = children()
    task = asyncio.create_task(media.clean_picture(slow))
    await until(lambda: children() - before)
    cancelled = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert children() == before
    assert time.monotonic() - cancelled < 0.7  # it would have gone on for longer


@LINUX
async def test_no_more_children_than_allowed_work_at_once(slow: bytes) -> None:
    before = children()
    async with open_media(limit=1) as media, asyncio.TaskGroup() as group:
        tasks = [group.create_task(media.clean_picture(save(photo(), "PNG"))) for _ in range(4)]
        most = 0
        while not all(task.done() for task in tasks):
            most = max(most, len(children() - before))
            await asyncio.sleep(0.002)
    assert most == 1


@LINUX
async def test_a_child_inherits_no_secret_and_no_descriptor_but_its_pipes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "canary")
    answer = await run_instead(monkeypatch, "print(os.environ, os.listdir('/dev/fd'))")
    assert "canary" not in answer
    assert "MALLOC_ARENA_MAX" in answer
    assert answer.endswith("['0', '1', '2', '3']")  # 3 is the folder that is listed


@POSIX
@pytest.mark.parametrize("status", [0, 1])
async def test_what_a_child_started_and_left_behind_is_killed_and_held_pipes_delay_nothing(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = f"print(subprocess.Popen(['sleep', '60']).pid); sys.stdout.flush(); os._exit({status})"
    began = time.monotonic()
    if status:
        with pytest.raises(ChildDied):
            await run_instead(monkeypatch, program)
    else:
        pid = int(await run_instead(monkeypatch, program))
        await until(lambda: not is_running(pid))
    assert time.monotonic() - began < 5


@POSIX
async def test_pipes_that_another_session_holds_are_given_up_at_the_time_limit(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    note = tmp_path / "pid"
    started = "subprocess.Popen(['sleep', '60'], start_new_session=True).pid"
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        await run_instead(monkeypatch, f"open({str(note)!r}, 'w').write(str({started}))", seconds=1)
    assert time.monotonic() - began < 4
    os.kill(int(note.read_text()), signal.SIGKILL)


@POSIX
async def test_at_the_time_limit_the_whole_group_is_killed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    note = tmp_path / "pid"
    started = "subprocess.Popen(['sleep', '60'])"
    program = f"p = {started}; open({str(note)!r}, 'w').write(str(p.pid)); p.wait()"
    with pytest.raises(TimeoutError):
        await run_instead(monkeypatch, program, seconds=1)
    await until(lambda: not is_running(int(note.read_text())))


@LINUX
async def test_what_the_system_does_not_confine_is_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    said = UnconfinedLog()
    program = f"sys.stderr.write('{UNCONFINED}files (not implemented)\\n'); print(1)"
    for _ in range(2):
        await run_instead(monkeypatch, program, said)
    (record,) = caplog.records
    assert (record.levelname, "files (not implemented)" in record.getMessage()) == ("INFO", True)


@LINUX
async def test_a_child_of_the_bot_is_confined(
    media: Media, slow: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    before = children()
    task = asyncio.create_task(media.clean_picture(slow))
    await until(lambda: children() - before)
    (pid,) = children() - before
    status = Path(f"/proc/{pid}/status")
    await until(lambda: "Seccomp:\t2" in status.read_text())
    assert "NoNewPrivs:\t1" in status.read_text()  # noqa: ASYNC240 - no disk behind /proc
    task.cancel()
    await asyncio.wait([task])
    assert "not confined" not in caplog.text


async def test_a_childs_errors_are_one_line_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ChildDied):
        await run_instead(monkeypatch, "sys.exit('one\\n2026-01-01 CRITICAL forged\\x1b[2J')")
    assert caplog.records[0].getMessage().count("\n") == 0
    assert "\x1b" not in caplog.records[0].getMessage()


async def test_the_working_directory_cannot_replace_a_library(
    media: Media, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("json.py", "PIL.py", "media.py"):
        (tmp_path / name).write_text("raise SystemExit(9)")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert (await media.clean_picture(save(photo(), "PNG"))).width == 640


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS caps no address space")
async def test_memory_beyond_the_cap_is_refused(slow: bytes) -> None:
    limits = ProcessLimits(memory=200 << 20, seconds=8, response_bytes=1000)
    answer = await ProcessRunner(1).run(pack({"do": "clean", "file_type": "png"}, slow), limits)
    assert unpack(answer)[0] == {"fault": "too_large"}


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS caps no address space")
async def test_a_large_jpeg_is_decoded_small() -> None:
    jpeg = save(Image.new("RGB", (8000, 6000), "red"), "JPEG")
    limits = ProcessLimits(memory=200 << 20, seconds=8, response_bytes=1_000_000)
    answer = await ProcessRunner(1).run(pack({"do": "clean", "file_type": "jpeg"}, jpeg), limits)
    assert b'"width": 2000' in answer


async def test_a_child_that_fails_is_reported_and_its_stderr_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(ChildDied):
        await ProcessRunner(1).run(
            pack({"do": "sing"}), ProcessLimits(memory=1 << 30, seconds=8, response_bytes=1000)
        )
    assert "unknown request" in caplog.text


async def test_an_answer_longer_than_its_cap_is_none() -> None:
    limits = ProcessLimits(memory=1 << 30, seconds=8, response_bytes=100)
    with pytest.raises(ChildDied):
        await ProcessRunner(1).run(pack({"do": "clean", "file_type": "png"}, save(photo(), "PNG")), limits)


def test_a_child_without_a_request_ends_itself() -> None:
    command = [sys.executable, "-I", "-c", _BOOTSTRAP, _ROOT, str(1 << 30), "0.3"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as orphan:  # noqa: S603 - our own
        assert orphan.wait(timeout=5) == 1
        assert orphan.stderr is not None
        assert b"Timeout" in orphan.stderr.read()
