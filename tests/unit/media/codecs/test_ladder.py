"""Clips that Discord plays and that fit a limit, with as little change as possible."""

from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from media import BadClip, CannotFit, ClipFault, FitMethod, Media
from media.codecs.ladder import FitRequest, fit
from media.codecs.video_reader import open_clip
from tests.sampling import one_in
from tests.unit.media.sample_clips import (
    SIZE,
    assert_plays,
    gradient_frames,
    metadata,
    names,
    noise_frames,
    write_animation,
    write_clip,
)
from tests.unit.media.sample_pictures import near

MEBI = 1 << 20


async def test_what_fits_and_plays_is_not_touched(media: Media, tmp_path: Path) -> None:
    source, target = write_clip(tmp_path / "a.mp4", gradient_frames()), tmp_path / "b.mp4"
    before = source.read_bytes()
    fitted = await media.fit_clip(source, target, limit=10 * MEBI)
    assert (fitted.path, fitted.bytes, fitted.method) == (source, len(before), FitMethod.UNTOUCHED)
    assert source.read_bytes() == before
    assert not target.exists()


async def test_an_index_at_the_end_moves_to_the_front_without_encoding(media: Media, tmp_path: Path) -> None:
    source, target = write_clip(tmp_path / "a.mp4", gradient_frames(), faststart=False), tmp_path / "b.mp4"
    fitted = await media.fit_clip(source, target, limit=10 * MEBI)
    assert (fitted.path, fitted.method) == (target, FitMethod.REMUXED)
    await assert_plays(media, target, 17)


async def test_a_comment_is_written_once_and_what_the_server_wrote_is_left_out(
    media: Media, tmp_path: Path
) -> None:
    source = write_clip(tmp_path / "a.mp4", gradient_frames(), prompt="a secret wish")
    assert metadata(source)["prompt"] == "a secret wish"
    fitted = await media.fit_clip(source, tmp_path / "b.mp4", limit=10 * MEBI, comment="AI-generated")
    assert fitted.method is FitMethod.REMUXED
    assert metadata(fitted.path)["comment"] == "AI-generated"
    assert b"secret" not in fitted.path.read_bytes()
    again = await media.fit_clip(fitted.path, tmp_path / "c.mp4", limit=10 * MEBI, comment="AI-generated")
    assert again.method is FitMethod.UNTOUCHED


@pytest.mark.parametrize("name", ["a.webm", "a.gif", "a.webp", "mpeg4.mp4", "yuv444p.mp4"])
async def test_what_would_not_play_is_converted(media: Media, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    match name:
        case "a.webm":
            write_clip(path, gradient_frames(), codec="libvpx-vp9")
        case "mpeg4.mp4":
            write_clip(path, gradient_frames(), codec="mpeg4")
        case "yuv444p.mp4":
            write_clip(path, gradient_frames(), pixel_format="yuv444p")
        case _:
            write_animation(path, gradient_frames())
    fitted = await media.fit_clip(path, tmp_path / "out.mp4", limit=10 * MEBI, comment="AI-generated")
    assert fitted.method is FitMethod.CRF
    clip = await assert_plays(media, fitted.path, 17)
    assert (clip.width, clip.height) == SIZE
    assert metadata(fitted.path)["comment"] == "AI-generated"
    assert near(Image.open(BytesIO(await media.last_frame(fitted.path))).getpixel((9, 9)), (255, 255, 0), 12)


@pytest.mark.parametrize(
    ("options", "profile"),
    [({"qp": "0"}, "High 4:4:4 Predictive"), ({"profile": "main"}, "Main"), ({"profile": "baseline"}, None)],
    ids=str,
)
def test_the_profile_says_whether_players_can_decode_it(
    tmp_path: Path, options: dict[str, str], profile: str | None
) -> None:
    source = write_clip(tmp_path / "a.mp4", gradient_frames(), options=options)
    with open_clip(source) as reader:
        assert reader.pixel_format == "yuv420p"
        assert profile in (None, reader.profile)
    request = FitRequest(source=source, target=tmp_path / "b.mp4", scratch=tmp_path, limit=MEBI, comment=None)
    method = fit(request)["method"]
    assert method == (FitMethod.CRF if "qp" in options else FitMethod.UNTOUCHED)
    if "qp" in options:
        with open_clip(request.target) as reader:
            assert reader.profile == "High"


@pytest.mark.parametrize("share", one_in(3, [0.2, 0.5, 0.9, 0.05]))
async def test_the_hardest_clip_fits_any_sensible_limit(media: Media, tmp_path: Path, share: float) -> None:
    source, target = write_clip(tmp_path / "a.mp4", noise_frames()), tmp_path / "b.mp4"
    limit = int(share * source.stat().st_size)
    fitted = await media.fit_clip(source, target, limit=limit)
    clip = await assert_plays(media, target, 33)
    assert limit / 3 < fitted.bytes == clip.bytes <= limit
    assert (clip.width, clip.height) == SIZE


@pytest.mark.long
def test_near_the_least_that_x264_can_do_later_methods_are_taken(tmp_path: Path) -> None:
    source, target = write_clip(tmp_path / "a.mp4", noise_frames(17)), tmp_path / "b.mp4"
    taken = set[FitMethod]()
    for limit in range(3000, 5000, 125):
        with suppress(CannotFit):
            request = FitRequest(source=source, target=target, scratch=tmp_path, limit=limit, comment=None)
            method = FitMethod(str(fit(request)["method"]))
            assert target.stat().st_size <= limit
            assert (width(target) < SIZE[0]) == (method is FitMethod.SCALED)
            taken.add(method)
    assert FitMethod.CRF in taken
    assert taken & {FitMethod.TWO_PASS, FitMethod.SCALED}


def width(path: Path) -> int:
    with open_clip(path) as reader:
        return reader.width


async def test_what_cannot_fit_says_by_how_much_and_leaves_nothing(media: Media, tmp_path: Path) -> None:
    source = write_clip(tmp_path / "a.mp4", noise_frames(9))
    with pytest.raises(CannotFit) as caught:
        await media.fit_clip(source, tmp_path / "b.mp4", limit=50)
    assert caught.value.limit == 50 < caught.value.smallest
    assert names(tmp_path) == ["a.mp4"]


@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
async def test_a_cut_clip_is_refused(media: Media, tmp_path: Path, share: float) -> None:
    path = write_clip(tmp_path / "a.mp4", noise_frames())
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(BadClip) as caught:
        await media.fit_clip(path, tmp_path / "b.mp4", limit=100_000)
    assert caught.value.code is ClipFault.BROKEN
    assert names(tmp_path) == ["a.mp4"]
