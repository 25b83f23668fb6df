"""The sound of a clip: AAC as it stands where every player knows it, else encoded anew.

Nothing here raises for a sound that cannot be read: what can be decoded stays, the rest is silence, and a
clip is never refused for its sound.
"""

# PyAV leaves types open in its stubs.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.packet import Packet

from media.codecs.containers import open_container, open_output
from media.file_types import FileType

log = logging.getLogger(__name__)

MIN_BITRATE = 24_000  # bits per second: less is hardly to be understood
_BITRATE = 128_000  # of each channel: what was encoded before is to lose nothing more that is heard
_USUAL_RATE = 48_000  # samples per second
_RATES = frozenset({48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000})
_PLAYED = ("aac", "LC")  # the codec and profile that every client plays
_FRAME = 1024  # samples of an AAC frame
_SAMPLE = 4  # bytes: a float
_MAX_DRIFT = Fraction(1, 20)  # seconds that a frame may be beside its time before silence or a cut mends it
_INDEX_BYTES = 16  # of an MP4 for each packet
_ERRORS = (FFmpegError, ValueError, ArithmeticError, LookupError)

Samples = tuple[bytes, ...]  # floats of each channel


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundFormat:
    """`rate` in samples per second, one or two `channels`."""

    rate: int
    channels: int

    @property
    def layout(self) -> str:
        """FFmpeg's name of the channels."""
        return "mono" if self.channels == 1 else "stereo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """A sound in a file: it lasts to `end` in seconds of its container, and has `size` bytes.

    `plays`: it is AAC that can be copied as it is.
    """

    path: Path
    file_type: FileType
    format: SoundFormat
    end: Fraction
    size: int
    plays: bool


def find_sound(path: Path, file_type: FileType) -> Sound | None:
    """Measure the first sound of a clip by decoding it; None where there is none that can be decoded."""
    try:
        with open_container(path, file_type) as container:
            stream = _sound_of(container)
            return None if stream is None else _measure(path, file_type, container, stream)
    except _ERRORS as err:
        log.warning("a sound cannot be read: %s", err)
        return None


def has_sound(container: InputContainer) -> bool:
    """Whether there is a stream of sound, also one that cannot be decoded."""
    return bool(container.streams.audio)


def _sound_of(container: InputContainer) -> AudioStream | None:
    return container.streams.audio[0] if container.streams.audio else None


def _measure(path: Path, file_type: FileType, container: InputContainer, stream: AudioStream) -> Sound | None:
    size, whole, last = 0, True, -math.inf
    end, first = Fraction(0), None
    for packet in container.demux(stream):
        size += packet.size + _INDEX_BYTES
        if packet.size:
            time = -math.inf if packet.dts is None else packet.dts
            whole = whole and time > last and not packet.is_corrupt
            last = time
        frames = _decode(packet)
        whole = whole and frames is not None
        for frame in frames or ():
            first = first or frame
            begin = _time_of(frame)
            begin = end if begin is None else begin
            end = max(end, begin + Fraction(frame.samples, frame.sample_rate or 1))
    if first is None:
        return None
    layout = SoundFormat(rate=_rate_for(first.sample_rate), channels=min(2, first.layout.nb_channels))
    plays = (
        whole
        and (stream.codec_context.name, stream.profile) == _PLAYED
        and first.sample_rate == layout.rate
        and first.layout.nb_channels == layout.channels
    )
    return Sound(path=path, file_type=file_type, format=layout, end=end, size=size, plays=plays)


def _rate_for(rate: int) -> int:
    return rate if rate in _RATES else _USUAL_RATE


def _decode(packet: Packet[AudioStream]) -> list[AudioFrame] | None:
    """The frames of a packet; None for one that cannot be decoded."""
    try:
        return packet.decode()
    except _ERRORS:
        return None


def _time_of(frame: AudioFrame) -> Fraction | None:
    return None if frame.pts is None or frame.time_base is None else frame.pts * Fraction(frame.time_base)


def copy_sound(out: OutputContainer, sound: Sound, *, shift: Fraction) -> None:
    """Copy a sound that `plays` into a container whose other streams are set up, `shift` seconds later."""
    with open_container(sound.path, sound.file_type) as container:
        stream = _sound_of(container)
        if stream is None:
            return
        copy = out.add_stream_from_template(stream)
        packets = [packet for packet in container.demux(stream) if packet.size and packet.dts is not None]
    for packet in packets:
        ticks = round(shift / Fraction(packet.time_base))
        packet.pts, packet.dts = (packet.pts or 0) + ticks, (packet.dts or 0) + ticks
        packet.stream = copy
        out.mux(packet)


def encode_sound(
    parts: Iterable[tuple[Sound | None, Fraction, Fraction]],
    target: Path,
    sound_format: SoundFormat,
    bitrate: int | None = None,
) -> Sound | None:
    """Encode sounds behind each other into an MP4 of their own; None where that fails.

    Each part has its sound or None for silence, the second of its container at which it begins, and how many
    seconds it lasts.
    """
    try:
        with open_output(target, None) as out:
            stream = out.add_stream("aac", rate=sound_format.rate, layout=sound_format.layout)
            most = min(_BITRATE * sound_format.channels, 6 * sound_format.rate * sound_format.channels)
            stream.bit_rate = min(bitrate or most, most)
            for frame in _frames(_samples_of(parts, sound_format), sound_format):
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
    except _ERRORS as err:
        if isinstance(err, OSError) and not isinstance(err, ValueError) and err.errno in range(1, 1000):
            raise  # of our disk, not of the sound
        log.warning("a sound cannot be encoded: %s", err)
        return None
    made = find_sound(target, FileType.MP4)
    return None if made is None else replace(made, plays=True)


def _samples_of(
    parts: Iterable[tuple[Sound | None, Fraction, Fraction]], sound_format: SoundFormat
) -> Iterator[Samples]:
    """The samples of all parts, each exactly as long as its part: cut where it is longer, else silence."""
    end, written = Fraction(0), 0
    for sound, begin, seconds in parts:
        end += seconds
        left = round(end * sound_format.rate) - written
        written += left
        for samples in read_samples(sound, begin, sound_format) if sound else ():
            kept = tuple(each[: left * _SAMPLE] for each in samples)
            left -= len(kept[0]) // _SAMPLE
            yield kept
            if not left:
                break
        yield from _silence(left, sound_format)


def _silence(samples: int, sound_format: SoundFormat) -> Iterator[Samples]:
    for at in range(0, samples, _USUAL_RATE):
        yield (bytes(min(_USUAL_RATE, samples - at) * _SAMPLE),) * sound_format.channels


def read_samples(sound: Sound, begin: Fraction, sound_format: SoundFormat) -> Iterator[Samples]:
    """Decode a sound from the second `begin` of its container on; gaps in its times become silence."""
    written = 0
    for time, samples in _decoded(sound, sound_format):
        late = Fraction(written, sound_format.rate) if time is None else time - begin
        gap = round(late * sound_format.rate) - written
        if abs(gap) <= _MAX_DRIFT * sound_format.rate and written:
            gap = 0
        if gap > 0:
            yield from _silence(gap, sound_format)
        kept = tuple(each[max(0, -gap) * _SAMPLE :] for each in samples)
        written += max(0, gap) + len(kept[0]) // _SAMPLE
        if kept[0]:
            yield kept


def _decoded(sound: Sound, sound_format: SoundFormat) -> Iterator[tuple[Fraction | None, Samples]]:
    """The decoded frames in a format: the time of each, and its samples. Ends where nothing can be read."""
    # One channel is doubled here: the resampler would make it quieter.
    doubled = sound_format.channels // sound.format.channels or 1
    to_format = _Converter(replace(sound_format, channels=sound_format.channels // doubled))
    try:
        with open_container(sound.path, sound.file_type) as container:
            stream = _sound_of(container)
            for packet in container.demux(stream) if stream else ():
                for frame in _decode(packet) or ():
                    time = _time_of(frame)
                    for samples in to_format.convert(frame):
                        yield time, samples * doubled
                        time = None
            for samples in to_format.convert(None):
                yield None, samples * doubled
    except _ERRORS as err:
        log.warning("a sound ends early: %s", err)


class _Converter:
    """Converts frames to floats of one format, also where their own changes on the way."""

    def __init__(self, sound_format: SoundFormat) -> None:
        self._format = sound_format
        self._setup: tuple[object, ...] | None = None
        self._steps: tuple[AudioResampler, ...] = ()

    def convert(self, frame: AudioFrame | None) -> Iterator[Samples]:
        """The samples of a frame; of None, those that were held back."""
        if frame is not None:
            frame.pts = None
            setup = (frame.format.name, frame.layout.name, frame.sample_rate)
            if setup != self._setup:
                # By way of 16 bits: mixing then keeps within full scale, and what is no number becomes one.
                self._setup, self._steps = setup, tuple(map(self._resampler, ("s16p", "fltp")))
        if not self._steps:
            return
        first, second = self._steps
        for each in first.resample(frame):
            each.pts = None
            for made in second.resample(each):
                yield tuple(bytes(plane)[: made.samples * _SAMPLE] for plane in made.planes)

    def _resampler(self, sample_format: str) -> AudioResampler:
        return AudioResampler(sample_format, self._format.layout, self._format.rate)


def _frames(samples: Iterable[Samples], sound_format: SoundFormat) -> Iterator[AudioFrame]:
    """Cut samples into frames of AAC; the last one is as long as what is left."""
    held, at = tuple(bytearray() for _ in range(sound_format.channels)), 0
    for each in samples:
        for channel, more in zip(held, each, strict=True):
            channel += more
        while len(held[0]) >= _FRAME * _SAMPLE:
            yield _frame(held, _FRAME, at, sound_format)
            at += _FRAME
    if held[0]:
        yield _frame(held, len(held[0]) // _SAMPLE, at, sound_format)


def _frame(held: tuple[bytearray, ...], samples: int, at: int, sound_format: SoundFormat) -> AudioFrame:
    frame = AudioFrame(format="fltp", layout=sound_format.layout, samples=samples)
    for plane, channel in zip(frame.planes, held, strict=True):
        plane.update(bytes(channel[: samples * _SAMPLE]).ljust(plane.buffer_size, b"\0"))
        del channel[: samples * _SAMPLE]
    frame.sample_rate, frame.pts, frame.time_base = sound_format.rate, at, Fraction(1, sound_format.rate)
    return frame
