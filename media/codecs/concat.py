"""Concatenate two clips by copying their frames, without encoding; their sounds are encoded as one."""

# PyAV leaves types open in its stubs.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from av.bitstream import BitStreamFilterContext
from av.container import InputContainer, OutputContainer
from av.video.stream import VideoStream

from media.codecs.containers import open_container, open_output, video_of
from media.codecs.ladder import PLAYED_PROFILES
from media.codecs.sound import Sound, SoundFormat, copy_sound, encode_sound, find_sound
from media.codecs.timeline import Timeline
from media.codecs.video_reader import VideoReader, clip_errors, open_clip
from media.errors import BadClip, ClipFault
from media.file_types import FileType

if TYPE_CHECKING:
    from av.packet import Packet

    Packets = Iterator[Packet[VideoStream]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A clip to join: `looks` is what it must have in common with the other to play as one stream."""

    path: Path
    looks: tuple[object, ...]
    timeline: Timeline
    sound: Sound | None


def join(paths: tuple[Path, Path], target: Path) -> None:
    """Write both clips to `target`, the second begins where the first ends.

    A part without sound is silent. Raises BadClip: `not_alike` unless both are h264 in MP4 of the same size,
    rate and pixel format, or what `open_clip` raises for a clip that cannot be read.
    """
    with clip_errors():
        parts = [_look_at(path) for path in paths]
        if parts[0].looks != parts[1].looks or parts[0].looks[:2] != (FileType.MP4, "h264"):
            raise BadClip(ClipFault.NOT_ALIKE)
        sounds = target.with_suffix(".sound.mp4")
        try:
            sound = _join_sounds(parts, sounds)
            with open_output(target, None) as out:
                _write(out, parts, sound)
        finally:
            sounds.unlink(missing_ok=True)


def _look_at(path: Path) -> _Part:
    with open_clip(path) as reader:
        return _Part(
            path=path,
            looks=_looks(reader),
            timeline=reader.timeline,
            sound=find_sound(path, reader.file_type) if reader.has_sound else None,
        )


def _looks(reader: VideoReader) -> tuple[object, ...]:
    profile = "played" if reader.profile in PLAYED_PROFILES else reader.profile
    shape = (reader.pixel_format, profile, reader.width, reader.height, reader.is_plain)
    return (reader.file_type, reader.codec, *shape, reader.rate)


def _join_sounds(parts: Sequence[_Part], target: Path) -> Sound | None:
    """Encode the sounds of the parts as one, each as long as its part; None where there are none."""
    formats = [part.sound.format for part in parts if part.sound]
    if not formats:
        return None
    joint = SoundFormat(
        rate=max(each.rate for each in formats), channels=max(each.channels for each in formats)
    )
    return encode_sound(
        ((part.sound, part.timeline.begin, part.timeline.seconds) for part in parts), target, joint
    )


def _write(out: OutputContainer, parts: Sequence[_Part], sound: Sound | None) -> None:
    """Mux the frames of all parts, and the sound."""
    stream, at, decoded = None, Fraction(0), Fraction(-10)
    for part in parts:
        with open_container(part.path, FileType.MP4) as container:
            source = video_of(container)
            first = stream is None
            stream = stream or out.add_stream_from_template(source)
            # The filter sets up the output stream: only then does the muxer write length-prefixed units.
            inline = BitStreamFilterContext("h264_mp4toannexb", source, stream if first else None)
            if first and sound:
                copy_sound(out, sound, shift=Fraction(0))
            shift = at - part.timeline.begin
            decoded = _append(out, stream, _packets(container, source, inline), shift, decoded)
        at += part.timeline.seconds


def _packets(container: InputContainer, source: VideoStream, inline: BitStreamFilterContext) -> Packets:
    """The packets with SPS and PPS inline: two encodings may differ in them, an MP4 header holds one set."""
    for packet in container.demux(source):
        yield from inline.filter(packet if packet.dts is not None else None)


def _append(
    out: OutputContainer, stream: VideoStream, packets: Packets, shift: Fraction, after: Fraction
) -> Fraction:
    """Write the packets, their times shifted by seconds; returns when the last one is decoded.

    Encodings differ in how long before showing they decode: `after` is that time of the part before.
    """
    for packet in packets:
        if packet.pts is None or packet.dts is None:
            continue
        packet.stream, tick = stream, Fraction(packet.time_base)
        packet.pts += round(shift / tick)
        packet.dts = max(packet.dts + round(shift / tick), math.floor(after / tick) + 1)
        after = packet.dts * tick
        out.mux(packet)
    return after
