"""The sound of a clip is kept whatever is done to it, at its level, and costs no clip."""

import random
from fractions import Fraction
from pathlib import Path

import av
import pytest

from media import FitMethod, Media
from media.codecs.concat import join
from media.codecs.containers import open_output
from media.codecs.ladder import FitRequest, fit
from media.codecs.sound import SoundFormat, copy_sound, encode_sound, find_sound, read_samples
from media.file_types import FileType
from tests.sampling import one_in
from tests.unit.media.sample_clips import decoded, gradient_frames, metadata, write_clip
from tests.unit.media.sample_sounds import LOUDNESS, listen, write_sounding_clip

LARGE = 10**7  # bytes


def fitted(source: Path, limit: int = LARGE) -> tuple[FitMethod, Path]:
    """The method by which a clip is made to fit, and where it is then."""
    target = source.with_name("fitted.mp4")
    target.unlink(missing_ok=True)
    request = FitRequest(source=source, target=target, scratch=source.parent, limit=limit, comment="AI")
    method = FitMethod(str(fit(request)["method"]))
    return method, source if method is FitMethod.UNTOUCHED else target


def assert_heard(path: Path, seconds: float = 17 / 16, *, rate: int = 48_000, layout: str = "stereo") -> None:
    """AAC from the beginning to the end of the frames, at the level of the sample."""
    heard = listen(path)
    assert heard
    assert (heard.codec, heard.profile, heard.rate, heard.layout) == ("aac", "LC", rate, layout)
    assert heard.begin == pytest.approx(0, abs=0.03)
    assert heard.end == pytest.approx(seconds, abs=0.05)
    assert heard.loudness == pytest.approx([LOUDNESS] * 4, rel=0.15)


async def test_a_clip_with_sound_that_fits_is_not_touched(media: Media, tmp_path: Path) -> None:
    source = write_sounding_clip(tmp_path / "a.mp4")
    assert (await media.fit_clip(source, tmp_path / "b.mp4", limit=LARGE)).method is FitMethod.UNTOUCHED


def test_sound_stays_as_it_is_where_only_the_comment_is_written(tmp_path: Path) -> None:
    source = write_sounding_clip(tmp_path / "a.mp4", rate=44_100, layout="mono")
    method, path = fitted(source)
    assert method is FitMethod.REMUXED
    assert metadata(path)["comment"] == "AI"
    assert packets(path) == packets(source)
    assert_heard(path, rate=44_100, layout="mono")
    assert fitted(path.rename(tmp_path / "c.mp4"))[0] is FitMethod.UNTOUCHED


def packets(path: Path) -> list[tuple[float, bytes]]:
    """The packets of sound, with their times."""
    with av.open(str(path)) as container:
        found = container.demux(container.streams.audio[0])
        return [(float(each.pts * each.time_base), bytes(each)) for each in found if each.size]


def test_sound_is_kept_and_counted_where_frames_are_encoded(tmp_path: Path) -> None:
    source = write_sounding_clip(tmp_path / "a.mp4", noise=True)
    limit = source.stat().st_size // 2
    method, path = fitted(source, limit)
    assert method is FitMethod.CRF
    assert limit / 2 < path.stat().st_size <= limit
    assert packets(path) == packets(source)
    assert_heard(path)


CODECS = {
    "opus in WebM": ("a.webm", "libopus", 48_000, "stereo", "libvpx-vp9"),
    "opus in MP4": ("a.mp4", "libopus", 48_000, "stereo", "libx264"),
    "flac at 96 kHz": ("a.mkv", "flac", 96_000, "stereo", "libx264"),
    "pcm": ("a.mkv", "pcm_s16le", 44_100, "mono", "libx264"),
    "pcm at an odd rate": ("a.mkv", "pcm_s16le", 37_800, "stereo", "libx264"),
    "mp3": ("a.mp4", "libmp3lame", 44_100, "stereo", "libx264"),
    "ac3": ("a.mp4", "ac3", 48_000, "stereo", "libx264"),
    "six channels": ("a.mkv", "aac", 48_000, "5.1", "libx264"),
}


@pytest.mark.parametrize("kind", one_in(3, CODECS))
def test_other_sounds_become_aac_of_at_most_two_channels(tmp_path: Path, kind: str) -> None:
    name, codec, rate, layout, video = CODECS[kind]
    source = write_sounding_clip(tmp_path / name, codec, rate=rate, layout=layout, video=video)
    method, path = fitted(source)
    assert method is (FitMethod.REMUXED if name == "a.mp4" else FitMethod.CRF)
    expected = {"rate": rate if rate in (44_100, 48_000) else 48_000}
    assert_heard(path, **expected, layout="mono" if layout == "mono" else "stereo")
    assert decoded(path) == 17


def test_sound_that_takes_too_much_of_the_limit_gets_less(tmp_path: Path) -> None:
    source = write_sounding_clip(tmp_path / "a.mp4", "libopus")
    for limit, layout in ((24_000, "stereo"), (9_000, "mono")):
        _, path = fitted(source, limit)
        assert path.stat().st_size <= limit
        assert_heard(path, layout=layout)


def test_sound_longer_than_the_frames_is_cut_where_they_are_encoded_and_later_stays_later(
    tmp_path: Path,
) -> None:
    long = write_sounding_clip(tmp_path / "a.mkv", "flac", seconds=2)
    assert_heard(fitted(long)[1])
    late = listen(fitted(write_sounding_clip(tmp_path / "b.mkv", "flac", seconds=0.5, delay=0.5))[1])
    assert late
    assert late.loudness == pytest.approx([0, LOUDNESS * 0.35, LOUDNESS, LOUDNESS * 0.87], abs=0.06)


def damaged(source: Path, share: float) -> Path:
    """The clip with that share of its packets of sound replaced by noise."""
    data, dice = bytearray(source.read_bytes()), random.Random(1)  # noqa: S311 - the same damage each time
    with av.open(str(source)) as container:
        for packet in container.demux(container.streams.audio[0]):
            if packet.size and dice.random() < share:
                data[packet.pos : packet.pos + packet.size] = dice.randbytes(packet.size)
    target = source.with_name("damaged.mp4")
    target.write_bytes(data)
    return target


@pytest.mark.parametrize("limit", [LARGE, 16_000])
def test_damaged_sound_costs_no_frame(tmp_path: Path, limit: int) -> None:
    source = write_sounding_clip(tmp_path / "a.mp4")
    partly = fitted(damaged(source, 0.2), limit)[1]
    heard = listen(partly)
    assert heard
    assert min(heard.loudness) > LOUDNESS / 3
    assert decoded(partly) == 17
    wholly = fitted(damaged(source, 1), limit)[1]
    assert listen(wholly) is None
    assert decoded(wholly) == 17


@pytest.mark.parametrize("level", [float("nan"), 1e30])
def test_samples_that_are_no_levels_cost_no_frame(tmp_path: Path, level: float) -> None:
    path = fitted(write_sounding_clip(tmp_path / "a.mkv", "pcm_f32le", level=level))[1]
    assert decoded(path) == 17
    assert listen(path)


JOINED = {
    "both": (("stereo", 48_000), ("stereo", 48_000), [1, 1, 1, 1]),
    "first": (("stereo", 48_000), None, [1, 1, 0, 0]),
    "second": (None, ("stereo", 48_000), [0, 0, 1, 1]),
    "mono and stereo": (("mono", 44_100), ("stereo", 48_000), [1, 1, 1, 1]),
    "neither": (None, None, None),
}


@pytest.mark.parametrize("case", one_in(3, JOINED))
def test_joined_clips_sound_each_in_its_part(tmp_path: Path, case: str) -> None:
    first, second, expected = JOINED[case]
    paths = [
        write_sounding_clip(tmp_path / f"{number}.mp4", layout=each[0], rate=each[1])
        if each
        else write_clip(tmp_path / f"{number}.mp4", gradient_frames(17))
        for number, each in enumerate((first, second))
    ]
    join((paths[0], paths[1]), tmp_path / "c.mp4")
    assert decoded(tmp_path / "c.mp4") == 34
    heard = listen(tmp_path / "c.mp4")
    if expected is None:
        assert heard is None
        return
    assert heard
    assert heard.end == pytest.approx(34 / 16, abs=0.05)
    assert heard.loudness == pytest.approx([LOUDNESS * each for each in expected], abs=0.05)


def test_sounds_of_other_lengths_stay_in_step_with_the_frames(tmp_path: Path) -> None:
    short = write_sounding_clip(tmp_path / "a.mp4", seconds=0.53)
    long = write_sounding_clip(tmp_path / "b.mp4", seconds=2)
    for paths, expected in (((short, long), [1, 0, 1, 1]), ((long, short), [1, 1, 1, 0])):
        join(paths, tmp_path / "c.mp4")
        heard = listen(tmp_path / "c.mp4")
        assert heard
        assert heard.end == pytest.approx(34 / 16, abs=0.05)
        assert heard.loudness == pytest.approx([LOUDNESS * each for each in expected], abs=0.06)


async def test_a_joined_clip_is_delivered_with_its_sound(media: Media, tmp_path: Path) -> None:
    clip = write_sounding_clip(tmp_path / "a.mp4")
    await media.join_clips(clip, clip, tmp_path / "b.mp4")
    made = await media.fit_clip(tmp_path / "b.mp4", tmp_path / "c.mp4", limit=LARGE, comment="AI")
    assert made.method is FitMethod.REMUXED
    assert_heard(made.path, 34 / 16)


def test_a_sound_is_measured_read_encoded_and_copied(tmp_path: Path) -> None:
    sound = find_sound(write_sounding_clip(tmp_path / "a.mp4"), FileType.MP4)
    assert sound
    assert sound.plays
    assert sound.format == SoundFormat(rate=48_000, channels=2)
    mono = SoundFormat(rate=24_000, channels=1)
    assert sum(len(each[0]) // 4 for each in read_samples(sound, Fraction(0), mono)) == pytest.approx(
        24_000 * 17 / 16, abs=1100
    )
    half = encode_sound([(sound, Fraction(0), Fraction(1, 2))], tmp_path / "b.mp4", mono)
    assert half
    with open_output(tmp_path / "c.mp4", None) as out:
        copy_sound(out, half, shift=Fraction(1))
    heard = listen(tmp_path / "c.mp4")
    assert heard
    assert (heard.rate, heard.layout) == (24_000, "mono")
    assert heard.end - heard.begin == pytest.approx(0.5, abs=0.1)
    assert find_sound(write_clip(tmp_path / "d.mp4", gradient_frames(2)), FileType.MP4) is None
