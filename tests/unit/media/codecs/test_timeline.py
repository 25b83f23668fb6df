"""Each frame keeps its own time, whatever the headers say of rates and numbers."""

from fractions import Fraction
from pathlib import Path

import av
import pytest

from media import BadClip
from media.codecs.clips import probe
from media.codecs.containers import open_container, video_of
from media.codecs.ladder import FitRequest, fit
from media.codecs.timeline import make_timeline, read_timeline, timed
from media.file_types import FileType
from tests.unit.media.sample_clips import (
    RATE,
    decoded,
    gradient_frames,
    write_clip,
    write_fragmented_clip,
    write_uneven_clip,
)

MS = Fraction(1, 1000)


def times(path: Path) -> tuple[list[float], float]:
    """When the frames of an MP4 are shown, and how long it plays, in seconds."""
    with av.open(str(path)) as container:
        return [frame.time for frame in container.decode(video=0)], container.duration / 1e6


def converted(source: Path) -> Path:
    target = source.with_name("fitted.mp4")
    fit(FitRequest(source=source, target=target, scratch=source.parent, limit=10**7, comment="AI"))
    return target


def test_uneven_times_in_a_container_that_counts_milliseconds_are_kept(tmp_path: Path) -> None:
    at = [0, 62, 125, 900, 1000, 2400, 3246]
    source = write_uneven_clip(tmp_path / "a.webm", at)
    assert probe(source)["seconds"] == pytest.approx(3.247, abs=0.07)
    shown, seconds = times(converted(source))
    assert shown == pytest.approx([each / 1000 for each in at], abs=0.002)
    assert seconds == pytest.approx(3.247, abs=0.07)


def test_rounded_milliseconds_are_the_rate_that_they_were_rounded_from(tmp_path: Path) -> None:
    source = write_uneven_clip(tmp_path / "a.webm", [round(number * 1000 / RATE) for number in range(17)])
    assert probe(source)["fps"] == RATE
    shown, seconds = times(converted(source))
    assert shown == pytest.approx([number / RATE for number in range(17)])
    assert seconds == pytest.approx(17 / RATE, abs=0.001)


def test_an_mp4_with_an_index_and_fragments_has_the_frames_of_both(tmp_path: Path) -> None:
    source = write_fragmented_clip(tmp_path / "a.mp4")
    measured = probe(source)
    assert (measured["frames"], measured["fps"], measured["seconds"]) == (32, RATE, 2.0)
    path = converted(source)
    assert probe(path)["frames"] == decoded(path) == 32
    shown, seconds = times(path)
    assert (shown[0], seconds) == (0, 2.0)


def test_a_timeline_is_even_or_has_the_mean_rate() -> None:
    even = make_timeline([Fraction(0), 62 * MS, 125 * MS], 188 * MS, Fraction(16), MS)
    assert (even.frames, even.rate, even.seconds, even.place(125 * MS)) == (3, 16, Fraction(3, 16), 2)
    uneven = make_timeline([Fraction(1), Fraction(2), Fraction(5)], Fraction(6), Fraction(16), MS)
    assert (uneven.begin, uneven.seconds, uneven.rate) == (1, 5, Fraction(3, 5))
    assert uneven.place(Fraction(2)) == 1000
    for nothing in ([], [Fraction(1)]):
        with pytest.raises(BadClip):
            make_timeline(nothing, Fraction(1), None, MS)


def test_times_that_do_not_rise_are_mended(tmp_path: Path) -> None:
    with open_container(write_clip(tmp_path / "a.mp4", gradient_frames(4)), FileType.MP4) as container:
        timeline = read_timeline(container, video_of(container))
    frames = [av.VideoFrame(8, 8) for _ in range(4)]
    for frame, at in zip(frames, (0, 1, 1, None), strict=True):
        frame.pts, frame.time_base = at, timeline.time_base
    assert [(frame.pts, frame.duration) for frame in timed(frames, timeline)] == [(n, 1) for n in range(4)]
