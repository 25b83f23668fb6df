"""When each frame of a clip is shown: its number of frames, its length, its rate."""

# PyAV leaves types open in its stubs.
# pyright: reportUnknownMemberType=false

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from media.errors import BadClip, ClipFault

_MAX_RATE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """`frames` from `begin` on, which is the time that the container gives to the first, for `seconds`.

    `rate` in frames per second, on average where the frames are not evenly spaced; `time_base` in seconds.
    """

    frames: int
    begin: Fraction
    seconds: Fraction
    rate: Fraction
    time_base: Fraction

    def place(self, time: Fraction) -> int:
        """The tick of `time_base` at which a frame of that time is shown, the first one at 0."""
        return round((time - self.begin) / self.time_base)


def make_timeline(
    times: Sequence[Fraction], end: Fraction, rate: Fraction | None, tick: Fraction
) -> Timeline:
    """Make a timeline of the frames' times in order; `tick` is the unit in which these are written.

    Frames that are less than a tick beside those of `rate` get its times: so does a rate of 16 in a container
    that counts milliseconds. Raises BadClip where there is none, or no time passes.
    """
    if not times or end <= times[0]:
        raise BadClip(ClipFault.BROKEN)
    begin, count = times[0], len(times)
    for even in _rates(times, rate):
        if _are_even(times, end, even, tick):
            return Timeline(
                frames=count, begin=begin, seconds=Fraction(count) / even, rate=even, time_base=1 / even
            )
    mean = (count / (end - begin)).limit_denominator(1001)
    return Timeline(
        frames=count, begin=begin, seconds=end - begin, rate=min(mean, Fraction(_MAX_RATE)), time_base=tick
    )


def _rates(times: Sequence[Fraction], said: Fraction | None) -> Iterator[Fraction]:
    """The rates that evenly spaced frames may have: what the header says, the nearest whole number."""
    if said:
        yield said
    if len(times) > 1:
        yield Fraction(max(1, round((len(times) - 1) / (times[-1] - times[0]))))


def _are_even(times: Sequence[Fraction], end: Fraction, rate: Fraction, tick: Fraction) -> bool:
    """Whether frames are at the times of a rate; the last one may say nothing useful of its duration."""
    allowed = max(tick, Fraction(1, 1_000_000)) * Fraction(11, 10)
    last = end - times[-1]
    if rate > _MAX_RATE or not (abs(last - 1 / rate) <= 2 * allowed or last < 1 / rate / 2):
        return False
    return all(abs(time - times[0] - number / rate) <= allowed for number, time in enumerate(times))


def read_timeline(container: InputContainer, stream: VideoStream) -> Timeline:
    """Read it from the packets: what headers say of frames and rate is wrong in fragmented and live files.

    Raises BadClip.
    """
    tick = stream.time_base
    if not tick:
        raise BadClip(ClipFault.BROKEN)
    times = dict[int, int]()
    for packet in container.demux(stream):
        if packet.size and packet.pts is not None and not packet.is_discard:
            times[packet.pts] = packet.duration or 0
    ordered = sorted(times)
    if not ordered:
        raise BadClip(ClipFault.BROKEN)
    rate = stream.average_rate or stream.guessed_rate
    usual = round(1 / (rate * tick)) if rate else 1
    step = ordered[-1] - ordered[-2] if len(ordered) > 1 else usual
    end = ordered[-1] + (times[ordered[-1]] or step or 1)
    return make_timeline([each * tick for each in ordered], end * tick, rate, tick)


def timed(frames: Iterable[av.VideoFrame], timeline: Timeline) -> Iterator[av.VideoFrame]:
    """Give each frame its place and duration on the timeline; times that do not rise are mended."""
    held: av.VideoFrame | None = None
    at = -1
    for frame in frames:
        at = max(at + 1, _place(frame, timeline, at + 1))
        if held is not None:
            held.duration = at - (held.pts or 0)
            yield held
        frame.pts, frame.time_base = at, timeline.time_base
        held = frame
    if held is not None:
        held.duration = max(1, round(timeline.seconds / timeline.time_base) - at)
        yield held


def _place(frame: av.VideoFrame, timeline: Timeline, otherwise: int) -> int:
    if frame.pts is None or frame.time_base is None:
        return otherwise
    return timeline.place(frame.pts * Fraction(frame.time_base))
