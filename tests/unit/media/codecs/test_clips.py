"""What comes out plays on Discord and fits its limit, or is refused with a reason."""

from contextlib import suppress
from io import BytesIO
from pathlib import Path

import av
import pytest
from PIL import Image

from media import BadClip, CannotFit, Clip, ClipFault, FitMethod, Media
from media.codecs.encoder import Recipe, encode
from media.codecs.ladder import FitRequest, fit
from media.codecs.video_reader import opened
from tests.unit.media.clipfiles import RATE, SIZE, film, flipbook, noisy_pages, plain_pages
from tests.unit.media.codecs.test_pictures import near
from tests.unit.media.files import photo, save

MEBI = 1 << 20


def decoded(path: Path) -> int:
    """How many frames really come out."""
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def metadata(path: Path) -> dict[str, str]:
    with av.open(str(path)) as container:
        return container.metadata


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def assert_plays(media: Media, path: Path, frames: int) -> Clip:
    clip = await media.probe_clip(path)
    assert (clip.codec, clip.pixel_format, clip.faststart) == ("h264", "yuv420p", True)
    assert clip.frames == frames == decoded(path)
    assert clip.bytes == path.stat().st_size  # noqa: ASYNC240 - a test's own file
    return clip


async def test_a_clip_is_measured(media: Media, tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", plain_pages())
    assert await media.probe_clip(path) == Clip(
        width=SIZE[0],
        height=SIZE[1],
        frames=17,
        fps=RATE,
        seconds=17 / RATE,
        codec="h264",
        pixel_format="yuv420p",
        bytes=path.stat().st_size,
        faststart=True,
    )


async def test_an_index_at_the_end_is_seen(media: Media, tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", plain_pages(), faststart=False)
    assert not (await media.probe_clip(path)).faststart


@pytest.mark.parametrize(
    ("name", "codec"), [("a.webm", "libvpx-vp9"), ("a.gif", None), ("a.webp", None)], ids=str
)
async def test_every_kind_is_measured_alike(
    media: Media, tmp_path: Path, name: str, codec: str | None
) -> None:
    path = tmp_path / name
    made = film(path, plain_pages(), codec=codec) if codec else flipbook(path, plain_pages())
    clip = await media.probe_clip(made)
    assert (clip.width, clip.height, clip.frames) == (*SIZE, 17)
    assert clip.fps == pytest.approx(RATE, rel=0.05)
    assert not clip.faststart


async def test_the_poster_is_the_first_frame_and_the_last_is_the_last(media: Media, tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", plain_pages())
    poster = Image.open(BytesIO(await media.poster(path)))
    last = Image.open(BytesIO(await media.last_frame(path)))
    assert (poster.format, last.format) == ("JPEG", "PNG")
    assert poster.size == last.size == SIZE
    assert near(poster.getpixel((9, 9)), (255, 0, 0), 8)
    assert near(last.getpixel((9, 9)), (255, 255, 0), 8)


async def test_what_fits_and_plays_is_not_touched(media: Media, tmp_path: Path) -> None:
    source, target = film(tmp_path / "a.mp4", plain_pages()), tmp_path / "b.mp4"
    before = source.read_bytes()
    fitted = await media.fit_clip(source, target, limit=10 * MEBI)
    assert (fitted.path, fitted.bytes, fitted.method) == (source, len(before), FitMethod.UNTOUCHED)
    assert source.read_bytes() == before
    assert not target.exists()


async def test_an_index_at_the_end_moves_to_the_front_without_encoding(media: Media, tmp_path: Path) -> None:
    source, target = film(tmp_path / "a.mp4", plain_pages(), faststart=False), tmp_path / "b.mp4"
    fitted = await media.fit_clip(source, target, limit=10 * MEBI)
    assert (fitted.path, fitted.method) == (target, FitMethod.REMUXED)
    await assert_plays(media, target, 17)


async def test_a_comment_is_written_once_and_what_the_server_wrote_is_left_out(
    media: Media, tmp_path: Path
) -> None:
    source = film(tmp_path / "a.mp4", plain_pages(), prompt="a secret wish")
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
            film(path, plain_pages(), codec="libvpx-vp9")
        case "mpeg4.mp4":
            film(path, plain_pages(), codec="mpeg4")
        case "yuv444p.mp4":
            film(path, plain_pages(), pixel_format="yuv444p")
        case _:
            flipbook(path, plain_pages())
    fitted = await media.fit_clip(path, tmp_path / "out.mp4", limit=10 * MEBI, comment="AI-generated")
    assert fitted.method is FitMethod.CRF
    clip = await assert_plays(media, fitted.path, 17)
    assert (clip.width, clip.height) == SIZE
    assert metadata(fitted.path)["comment"] == "AI-generated"
    assert near(Image.open(BytesIO(await media.last_frame(fitted.path))).getpixel((9, 9)), (255, 255, 0), 12)


@pytest.mark.parametrize("share", [0.9, 0.5, 0.2, 0.05])
async def test_the_hardest_clip_fits_any_sensible_limit(media: Media, tmp_path: Path, share: float) -> None:
    source, target = film(tmp_path / "a.mp4", noisy_pages()), tmp_path / "b.mp4"
    limit = int(share * source.stat().st_size)
    fitted = await media.fit_clip(source, target, limit=limit)
    clip = await assert_plays(media, target, 33)
    assert limit / 3 < fitted.bytes == clip.bytes <= limit
    assert (clip.width, clip.height) == SIZE


def test_near_the_least_that_x264_can_do_lower_rungs_are_taken(tmp_path: Path) -> None:
    source, target = film(tmp_path / "a.mp4", noisy_pages(17)), tmp_path / "b.mp4"
    taken = set[FitMethod]()
    for limit in range(3000, 5000, 125):
        with suppress(CannotFit):
            order = FitRequest(source=source, target=target, scratch=tmp_path, limit=limit, comment=None)
            how = FitMethod(str(fit(order)["how"]))
            assert target.stat().st_size <= limit
            assert (width(target) < SIZE[0]) == (how is FitMethod.SCALED)
            taken.add(how)
    assert FitMethod.CRF in taken
    assert taken & {FitMethod.TWO_PASS, FitMethod.SCALED}


def width(path: Path) -> int:
    with opened(path) as reel:
        return reel.width


def test_two_passes_meet_their_bitrate(tmp_path: Path) -> None:
    source, target = film(tmp_path / "a.mp4", noisy_pages()), tmp_path / "b.mp4"
    wanted = 100_000  # bytes
    bitrate = wanted * 8 * RATE // 33
    encode(source, target, Recipe(bitrate=bitrate, scale=1, stats=tmp_path / "passes.log", comment=None))
    assert target.stat().st_size == pytest.approx(wanted, rel=0.1)
    assert b"rc=2pass" in target.read_bytes()  # x264 writes its settings into the stream


def test_the_colours_of_a_film_keep_their_meaning(tmp_path: Path) -> None:
    source, target = film(tmp_path / "a.mp4", plain_pages(), colours=1), tmp_path / "b.mp4"
    encode(source, target, Recipe(bitrate=10**6, scale=1, stats=None, comment=None))
    with opened(target) as reel:
        assert reel.colours["colorspace"] == reel.colours["color_primaries"] == 1  # BT.709


async def test_what_cannot_fit_says_by_how_much_and_leaves_nothing(media: Media, tmp_path: Path) -> None:
    source = film(tmp_path / "a.mp4", noisy_pages(9))
    with pytest.raises(CannotFit) as caught:
        await media.fit_clip(source, tmp_path / "b.mp4", limit=50)
    assert caught.value.limit == 50 < caught.value.smallest
    assert names(tmp_path) == ["a.mp4"]


async def test_out_of_time_leaves_nothing(media: Media, tmp_path: Path) -> None:
    source = film(tmp_path / "a.mp4", noisy_pages())
    with pytest.raises(BadClip) as caught:
        await media.fit_clip(source, tmp_path / "b.mp4", limit=200_000, timeout=0.1)
    assert caught.value.code is ClipFault.TOO_SLOW
    assert names(tmp_path) == ["a.mp4"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", ClipFault.NOT_A_CLIP),
        (b"#EXTM3U\nhttp://127.0.0.1/secret\n", ClipFault.NOT_A_CLIP),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", ClipFault.NOT_A_CLIP),
        (save(photo(64, 64), "PNG"), ClipFault.NOT_A_CLIP),
        (save(photo(64, 64), "WEBP"), ClipFault.NOT_A_CLIP),
        (b"\0\0\0\x14ftypisom\0\0\0\0isom" + b"\xff" * 400, ClipFault.BROKEN),
        (b"\x1a\x45\xdf\xa3" + bytes(400), ClipFault.BROKEN),
    ],
)
async def test_what_is_no_clip_is_refused(media: Media, tmp_path: Path, data: bytes, code: ClipFault) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(data)
    with pytest.raises(BadClip) as caught:
        await media.probe_clip(path)
    assert caught.value.code is code


async def test_a_missing_clip_is_broken_for_all_who_ask(media: Media, tmp_path: Path) -> None:
    for ask in (media.probe_clip, media.poster, media.last_frame):
        with pytest.raises(BadClip):
            await ask(tmp_path / "nothing.mp4")


@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
async def test_a_cut_clip_is_refused(media: Media, tmp_path: Path, share: float) -> None:
    path = film(tmp_path / "a.mp4", noisy_pages())
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(BadClip) as caught:
        await media.fit_clip(path, tmp_path / "b.mp4", limit=100_000)
    assert caught.value.code is ClipFault.BROKEN
    assert names(tmp_path) == ["a.mp4"]
