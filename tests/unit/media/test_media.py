"""The coroutines of Media: what they refuse at once, and what they leave when time runs out."""

import asyncio
import errno
import math
import os
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from media import (
    BadClip,
    BadPicture,
    ClipFault,
    FitMethod,
    PictureFault,
    ProcessStartFailed,
    may_pass,
    replacing,
)
from media.media import Media, open_media
from tests.forking.media_children import fork_media_children
from tests.unit.media.sample_clips import gradient_frames, names, noise_frames, write_clip
from tests.unit.media.sample_pictures import opened, photo, png_bomb, save

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _forked_children(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each would import the codecs, which the tests of media.child see."""
    fork_media_children(monkeypatch)


async def test_out_of_time_leaves_nothing(media: Media, tmp_path: Path) -> None:
    source = write_clip(tmp_path / "a.mp4", noise_frames())
    with pytest.raises(BadClip) as caught:
        await media.fit_clip(source, tmp_path / "b.mp4", limit=200_000, timeout=0.1)
    assert caught.value.code is ClipFault.TOO_SLOW
    assert names(tmp_path) == ["a.mp4"]


async def test_pictures_are_refused_by_size_and_first_bytes_before_any_child_starts() -> None:
    no_child = Media(limit=0)
    for data, code in (
        (bytes(25_000_001), PictureFault.TOO_LARGE),
        (b"<svg/>", PictureFault.UNSUPPORTED_FORMAT),
        (b"hello", PictureFault.NOT_A_PICTURE),
    ):
        for call in (no_child.clean_picture(data), no_child.fit_picture(data, 64, 64)):
            with pytest.raises(BadPicture) as caught:
                await call
            assert caught.value.code is code


async def test_each_coroutine_runs_its_codec_in_a_child(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", gradient_frames())
    async with open_media(limit=1) as media:
        picture = await media.clean_picture(save(photo(), "PNG"))
        assert opened(await media.fit_picture(picture.data, 64, 48)).size == (64, 48)
        assert (await media.probe_clip(clip)).frames == 17
        assert Image.open(BytesIO(await media.poster(clip))).format == "JPEG"
        assert Image.open(BytesIO(await media.last_frame(clip))).format == "PNG"
        await media.join_clips(clip, clip, tmp_path / "b.mp4")
        assert (await media.probe_clip(tmp_path / "b.mp4")).frames == 34
        fitted = await media.fit_clip(clip, tmp_path / "c.mp4", limit=10**7)
        assert fitted.method is FitMethod.UNTOUCHED


def test_the_parent_process_imports_neither_pillow_nor_pyav() -> None:
    program = "import sys, media.media; print({'PIL', 'av'} & set(sys.modules))"
    child = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30
    )
    assert child.stdout.strip() == "set()"


async def test_a_poster_for_a_list_waits_for_no_clip_and_no_clip_for_it(tmp_path: Path) -> None:
    busy = Media(limit=1)
    clip = write_clip(tmp_path / "a.mp4", gradient_frames(4))
    async with busy._clip_workers._slots:
        assert await busy.posters.get(clip)
    async with busy._poster_workers._slots:
        assert await busy.probe_clip(clip)


def hold(monkeypatch: pytest.MonkeyPatch, name: str, times: float) -> list[Path]:
    """Let so many renames to files whose names begin so fail, as on Windows while a program holds them."""
    tried, replace = list[Path](), Path.replace

    def refuse(path: Path, target: Path) -> Path:
        if Path(target).name.startswith(name):
            tried.append(path)
            if len(tried) <= times:
                raise PermissionError(errno.EACCES, "used by another process")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", refuse)
    return tried


async def test_a_clip_that_somebody_looks_at_is_replaced_when_it_is_let_go(
    media: Media, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip, target = write_clip(tmp_path / "a.mp4", gradient_frames(4)), tmp_path / "b.mp4"
    target.write_bytes(b"old")
    tried = hold(monkeypatch, "b.mp4", 2)
    await media.fit_clip(clip, target, limit=10**7, comment="AI")
    assert len(tried) == 3
    assert (await media.probe_clip(target)).frames == 4


async def test_a_clip_that_is_held_for_longer_is_busy_and_not_broken(
    media: Media, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replacing, "REPLACE_SECONDS", 0.01)
    clip = write_clip(tmp_path / "a.mp4", gradient_frames(4))
    hold(monkeypatch, "b.mp4", math.inf)
    with pytest.raises(BadClip) as caught:
        await media.join_clips(clip, clip, tmp_path / "b.mp4")
    assert caught.value.code is ClipFault.BUSY
    assert may_pass(caught.value)
    assert names(tmp_path) == ["a.mp4"]


@pytest.mark.skipif(sys.platform == "win32", reason="files have no such modes there")
async def test_a_clip_that_cannot_be_opened_now_is_busy(media: Media, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", gradient_frames(4))
    clip.chmod(0)
    if os.access(clip, os.R_OK):
        pytest.skip("root reads everything")
    with pytest.raises(BadClip) as caught:
        await media.fit_clip(clip, tmp_path / "b.mp4", limit=10**7)
    assert caught.value.code is ClipFault.BUSY


def test_what_may_pass() -> None:
    passing = (BadClip(ClipFault.NO_ROOM), BadClip(ClipFault.BUSY), ProcessStartFailed(), PermissionError())
    assert all(map(may_pass, passing))
    assert not any(map(may_pass, (BadClip(ClipFault.BROKEN), FileNotFoundError(), ValueError())))


async def test_one_large_picture_is_decoded_at_a_time_and_small_ones_pass_it() -> None:
    async with open_media(limit=4) as media:
        large = save(Image.new("RGB", (4200, 3000)), "PNG", compress_level=1)
        calls = [asyncio.create_task(media.clean_picture(each)) for each in (large, large)]
        small = asyncio.create_task(media.clean_picture(save(photo(64, 64), "PNG")))
        done, _ = await asyncio.wait([*calls, small], return_when=asyncio.FIRST_COMPLETED)
        assert not all(each in done for each in calls)
        await asyncio.gather(*calls, small)


async def test_a_heic_is_read_where_its_decoder_is_installed() -> None:
    heif = pytest.importorskip("pillow_heif")
    heif.register_heif_opener()
    async with open_media() as media:
        picture = await media.clean_picture(save(photo(640, 520), "HEIF", quality=95))
    assert (picture.width, picture.height) == (640, 520)


async def test_more_pixels_than_a_format_may_have_are_refused_before_any_child_starts() -> None:
    with pytest.raises(BadPicture) as caught:
        await Media(limit=0).clean_picture(png_bomb())
    assert (caught.value.code, caught.value.limit) == (PictureFault.TOO_MANY_PIXELS, 50)
