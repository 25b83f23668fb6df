"""A child process is bounded, knows no secret, and never outlives its purpose."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from media import BadPicture, Media, PictureFault, open_media
from media.child.framing import pack, unpack
from media.child.process import _BOOTSTRAP, _ROOT, ChildDied, ProcessLimits, ProcessRunner, _read
from tests.unit.media.sample_pictures import fifty_megapixels, photo, save

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def children() -> set[int]:
    tasks = Path("/proc/self/task").glob("*/children")
    return {int(pid) for task in tasks for pid in task.read_text().split()}


async def until(condition: Callable[[], object], limit: float = 5) -> None:
    async with asyncio.timeout(limit):
        while not condition():  # noqa: ASYNC110 - /proc rings no bell
            await asyncio.sleep(0.005)


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
async def test_a_child_sees_none_of_our_secrets(
    media: Media, slow: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "canary")
    before = children()
    task = asyncio.create_task(media.clean_picture(slow))
    await until(lambda: children() - before)
    (pid,) = children() - before
    # Between fork and exec a child still shows our own environment.
    await until(lambda: b"-I" in Path(f"/proc/{pid}/cmdline").read_bytes())
    environment = Path(f"/proc/{pid}/environ").read_bytes()  # noqa: ASYNC240 - no disk behind /proc
    task.cancel()
    await asyncio.wait([task])
    assert b"canary" not in environment
    assert b"MALLOC_ARENA_MAX" in environment


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


async def test_of_endless_output_only_the_first_bytes_are_kept() -> None:
    pipe = asyncio.StreamReader()
    pipe.feed_data(b"x" * 1_000_000)
    pipe.feed_eof()
    assert await _read(pipe, 100) == b"x" * 100


def test_a_child_without_a_request_ends_itself() -> None:
    command = [sys.executable, "-I", "-c", _BOOTSTRAP, _ROOT, str(1 << 30), "0.3"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as orphan:  # noqa: S603 - our own
        assert orphan.wait(timeout=5) == 1
        assert orphan.stderr is not None
        assert b"Timeout" in orphan.stderr.read()
