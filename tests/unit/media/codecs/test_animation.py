"""Each page of an animated picture is shown for its own time."""

from fractions import Fraction
from pathlib import Path

import av
import pytest
from PIL import Image

from media.codecs.animation import animation_timeline, placed, webp_durations
from media.codecs.clips import probe
from media.codecs.ladder import FitRequest, fit
from tests.unit.media.sample_clips import RATE, gradient_frames


def write_pages(path: Path, durations: list[int]) -> Path:
    first, *rest = gradient_frames(len(durations))
    first.save(path, save_all=True, append_images=rest, duration=durations, lossless=True)
    return path


@pytest.mark.parametrize("ending", ["gif", "webp", "png"])
def test_pages_keep_their_times(tmp_path: Path, ending: str) -> None:
    durations = [310, 60, 60, 200, 60]
    source, target = write_pages(tmp_path / f"a.{ending}", durations), tmp_path / "b.mp4"
    assert probe(source)["seconds"] == pytest.approx(0.69)
    fit(FitRequest(source=source, target=target, scratch=tmp_path, limit=10**7, comment=None))
    with av.open(str(target)) as container:
        shown = [frame.time for frame in container.decode(video=0)]
        assert container.duration == pytest.approx(690_000, abs=2000)
    assert shown == pytest.approx([sum(durations[:number]) / 1000 for number in range(5)], abs=0.002)


def test_equal_pages_have_the_whole_rate_that_they_were_rounded_from(tmp_path: Path) -> None:
    timeline = animation_timeline(webp_durations(write_pages(tmp_path / "a.webp", [62] * 17)))
    assert (timeline.frames, timeline.rate, timeline.seconds) == (17, RATE, Fraction(17, RATE))


def test_pages_without_a_time_are_shown_as_browsers_show_them(tmp_path: Path) -> None:
    assert webp_durations(write_pages(tmp_path / "a.webp", [0, 10, 40])) == [100, 100, 40]


def test_pages_are_placed_unless_they_follow_evenly() -> None:
    def times(durations: list[int]) -> list[int | None]:
        return [page.pts for page in placed([av.VideoFrame(8, 8) for _ in durations], durations)]

    assert times([300, 20, 60]) == [0, 300, 320]
    assert times([62, 62, 62]) == [None, None, None]


def test_a_still_png_is_no_clip(tmp_path: Path) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "a.png")
    with pytest.raises(Exception, match="not_a_clip"):
        probe(tmp_path / "a.png")
