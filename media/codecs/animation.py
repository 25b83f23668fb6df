"""When each page of an animated WebP is shown."""

# PyAV leaves types open in its stubs.
# pyright: reportUnknownMemberType=false

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av

from media.codecs.timeline import Timeline, make_timeline

_LEAST_DURATION = 11  # ms: Chromium shows a page that says less for 100
_USUAL_DURATION = 100  # ms
_MILLISECOND = Fraction(1, 1000)
_MAX_PAGES = 100_000


def webp_durations(path: Path) -> list[int]:
    """The milliseconds for which each page is shown: chunks `ANMF` of the WebP container specification."""
    found = list[int]()
    with path.open("rb") as file:
        file.seek(12)
        while len(found) < _MAX_PAGES and (header := file.read(8)):
            length = int.from_bytes(header[4:8], "little")
            at = file.tell()
            if header[:4] == b"ANMF":
                said = int.from_bytes(file.read(15)[12:15], "little")
                found.append(said if said >= _LEAST_DURATION else _USUAL_DURATION)
            file.seek(at + length + length % 2)
    return found


def animation_timeline(durations: Sequence[int]) -> Timeline:
    """Make a timeline of pages, each shown for its own milliseconds. Raises BadClip where there are none.

    Writers cut 62.5 ms to 62: equal pages get the nearest whole rate.
    """
    rate = _whole_rate(durations)
    if rate is None:
        times = list(_times(durations))
        return make_timeline(times, times[-1] + durations[-1] * _MILLISECOND, None, _MILLISECOND)
    count = len(durations)
    return Timeline(frames=count, begin=Fraction(0), seconds=count / rate, rate=rate, time_base=1 / rate)


def placed(pages: Iterable[av.VideoFrame], durations: Sequence[int]) -> Iterator[av.VideoFrame]:
    """Give each page its time, unless all have one duration: then they stand one behind the other."""
    even = _whole_rate(durations) is not None
    for page, time in zip(pages, _times(durations), strict=False):
        if not even:
            page.pts, page.time_base = round(time / _MILLISECOND), _MILLISECOND
        yield page


def _times(durations: Sequence[int]) -> Iterator[Fraction]:
    shown = 0
    for each in durations or (1,):
        yield shown * _MILLISECOND
        shown += each


def _whole_rate(durations: Sequence[int]) -> Fraction | None:
    """The whole number of frames per second that equal durations were cut from."""
    if not durations or min(durations) != max(durations):
        return None
    rate = round(1000 / durations[0])
    return Fraction(rate) if rate and abs(rate * durations[0] - 1000) < rate else None
