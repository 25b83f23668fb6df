"""Make a clip play on Discord within a limit of bytes: try the best method first, then smaller ones.

Untouched, else remuxed, else x264 at a constant quality with a maximum bitrate, else two passes at 94 % and
at 85 % of the limit, else two passes at three quarters of the width and height. Constant quality nearly
always fits; the later ones serve limits near the smallest file that x264 can make. Its sound is copied where
every player knows it, else encoded once; where it would take too much of the limit, at a lower bitrate.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from media.codecs.encoder import EncodeSettings, encode, remux
from media.codecs.mp4 import is_faststart
from media.codecs.sound import MIN_BITRATE, Sound, encode_sound, find_sound
from media.codecs.timeline import Timeline
from media.codecs.video_reader import VideoReader, clip_errors, open_clip
from media.errors import BadClip, CannotFit, ClipFault
from media.file_types import FileType
from media.values import FitMethod

# Of h264 in 8 bits with 4:2:0: lossless is "High 4:4:4 Predictive" whatever its pixel format.
PLAYED_PROFILES = frozenset({"Baseline", "Constrained Baseline", "Main", "High", "Constrained High"})
_BITRATES = (10_000, 100_000_000)  # bits per second, minimum and maximum: x264 accepts 1,000 to 2³¹
_SOUND_SHARE = 0.3  # of the limit; more where even MIN_BITRATE takes more
_STEREO_BITRATE = 40_000  # bits per second: below, one channel sounds better than two
_LONGER = Fraction(1, 2)  # seconds by which a sound may exceed the frames before it is cut


@dataclass(frozen=True, slots=True, kw_only=True)
class FitRequest:
    """One clip to make fit: its files, the `limit` in bytes, and a `comment` for the container.

    `scratch` is a folder for intermediate files; `target` is written by a rename, whole or not at all.
    """

    source: Path
    target: Path
    scratch: Path
    limit: int
    comment: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rung:
    """One method to try: the `share` of the limit to aim at, the `scale` of width and height."""

    method: FitMethod
    share: float
    scale: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """What was found out about the clip: `plays` is of its frames; `silent`, it has no stream of sound."""

    size: int
    plays: bool
    silent: bool
    comment: str | None
    timeline: Timeline
    sound: Sound | None


_RUNGS = (
    _Rung(method=FitMethod.CRF, share=0.88),
    _Rung(method=FitMethod.TWO_PASS, share=0.94),
    _Rung(method=FitMethod.TWO_PASS, share=0.85),
    _Rung(method=FitMethod.SCALED, share=0.85, scale=0.75),
)


def fit(request: FitRequest) -> Mapping[str, object]:
    """Try one method after the other until the clip fits; returns the method and the size in bytes.

    The clip is at the target, unless it is `untouched`. Raises CannotFit, BadClip.
    """
    with clip_errors():
        source = _look_at(request.source)
        if _is_ready(request, source):
            return {"method": FitMethod.UNTOUCHED, "bytes": source.size}
        try:
            return _fit(request, source)
        except BadClip as err:
            if source.sound is None or err.code is not ClipFault.BROKEN:
                raise
        # Perhaps the sound is at fault, for which no clip is refused.
        return _fit(request, replace(source, sound=None))


def _look_at(path: Path) -> _Source:
    with open_clip(path) as reader:
        return _Source(
            size=path.stat().st_size,
            plays=_plays(reader),
            silent=not reader.has_sound,
            comment=reader.comment,
            timeline=reader.timeline,
            sound=find_sound(path, reader.file_type) if reader.has_sound else None,
        )


def _plays(reader: VideoReader) -> bool:
    """Whether all of Discord's clients can decode its frames."""
    frames = (reader.file_type, reader.codec, reader.pixel_format) == (FileType.MP4, "h264", "yuv420p")
    return frames and reader.profile in PLAYED_PROFILES


def _is_ready(request: FitRequest, source: _Source) -> bool:
    """Whether the clip can be sent as it is."""
    return (
        source.plays
        and source.size <= request.limit
        and (source.silent or (source.sound is not None and source.sound.plays))
        and is_faststart(request.source)
        and request.comment in (None, source.comment)
    )


def _fit(request: FitRequest, source: _Source) -> Mapping[str, object]:
    """Write versions of the clip until one fits. Raises CannotFit, BadClip."""
    made, sizes = request.scratch / "made.mp4", list[int]()
    for method in _attempts(request, source, made):
        size = made.stat().st_size
        if size <= request.limit:
            made.replace(request.target)
            return {"method": method, "bytes": size}
        sizes.append(size)
    raise CannotFit(limit=request.limit, smallest=min(sizes))


def _attempts(request: FitRequest, source: _Source, made: Path) -> Iterator[FitMethod]:
    """Write versions to `made`, the best first, and yield the method of each."""
    if source.plays and source.size <= request.limit:
        sound = source.sound if source.sound is None or source.sound.plays else _encode(request, source)
        remux(request.source, made, request.comment, sound)
        yield FitMethod.REMUXED
    sound = _sound_within(request, source)
    for rung in _RUNGS:
        encode(request.source, made, _settings(request, rung, source.timeline.seconds, sound))
        yield rung.method


def _sound_within(request: FitRequest, source: _Source) -> Sound | None:
    """The sound for frames that are encoded: as long as they are, in its share of the limit."""
    sound, timeline, most = source.sound, source.timeline, request.limit * _SOUND_SHARE
    if sound is None:
        return None
    fits_frames = sound.end - timeline.begin <= timeline.seconds + _LONGER
    if not (sound.plays and fits_frames):
        sound = _encode(request, source)
    if sound is not None and sound.size > most:
        bitrate = max(MIN_BITRATE, round(most * 8 * 0.8 / timeline.seconds))
        sound = _encode(request, source, bitrate)
    return sound if sound is None or sound.size <= request.limit / 2 else None  # else the frames had no room


def _encode(request: FitRequest, source: _Source, bitrate: int | None = None) -> Sound | None:
    """Encode the sound of the clip, as long as its frames, at the times that its container gives to them."""
    sound, timeline = source.sound, source.timeline
    if sound is None:
        return None
    # The frames keep their times where they are copied: what is before the first is silence.
    part = (sound, min(Fraction(0), timeline.begin), timeline.seconds + max(Fraction(0), timeline.begin))
    few_bits = bitrate is not None and bitrate < _STEREO_BITRATE
    made_format = replace(sound.format, channels=1) if few_bits else sound.format
    return encode_sound([part], request.scratch / "sound.mp4", made_format, bitrate)


def _settings(request: FitRequest, rung: _Rung, seconds: Fraction, sound: Sound | None) -> EncodeSettings:
    """Turn a share of the limit, without the sound, into a bitrate for a clip of that many seconds."""
    room = request.limit * rung.share - (sound.size if sound else 0)
    return EncodeSettings(
        bitrate=min(max(round(room * 8 / float(seconds)), _BITRATES[0]), _BITRATES[1]),
        scale=rung.scale,
        stats=None if rung.method is FitMethod.CRF else request.scratch / "passes.log",
        comment=request.comment,
        sound=sound,
    )
