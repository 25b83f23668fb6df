"""Write an MP4 that plays on all of Discord's clients: h264, yuv420p, AAC, index first (`faststart`)."""

# PyAV leaves types open in its stubs.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
from av.codec.context import Flags, ThreadType
from av.container import OutputContainer
from av.video.frame import PictureType
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream

from media.codecs.containers import open_container, open_output, video_of
from media.codecs.sound import Sound, copy_sound
from media.codecs.video_reader import THREADS, VideoReader, open_clip

if TYPE_CHECKING:
    from av.packet import Packet

_CRF = "20"
# x264's `bufsize` as a share of the whole clip, which is about how much the file may exceed the bitrate. The
# usual one second of buffer overshot in 4 of 12 clips of five seconds, and in nearly all of one second.
_BUFFER_SHARE = 1 / 8
# ISO/IEC 23091-2: BT.709, with the transfer of sRGB, which frames of RGB have.
_RGB_COLOURS = {"colorspace": 1, "color_primaries": 1, "color_trc": 13}


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodeSettings:
    """How to encode: `bitrate` in bits per second, `scale` of width and height.

    `stats`: x264's statistics file, for two passes at that bitrate; None is one pass at a constant quality
    with the bitrate as its maximum. `comment` goes into the container's metadata, `sound` beside the frames.
    """

    bitrate: int
    scale: float
    stats: Path | None
    comment: str | None
    sound: Sound | None = None


def remux(source: Path, target: Path, comment: str | None, sound: Sound | None = None) -> None:
    """Copy the frames of an MP4 into a new one with its index first and no metadata but the comment.

    The first is shown at once. The `sound` beside them is that of the clip, or one at the same times.
    """
    with (
        open_clip(source) as reader,
        open_container(source, reader.file_type) as container,
        open_output(target, comment) as out,
    ):
        stream = video_of(container)
        copy = out.add_stream_from_template(stream)
        if sound:
            copy_sound(out, sound, shift=-reader.timeline.begin)
        for packet in container.demux(stream):
            if packet.pts is None or packet.dts is None:  # the empty packet at the end
                continue
            begin = round(reader.timeline.begin / Fraction(packet.time_base))
            packet.pts, packet.dts, packet.stream = packet.pts - begin, packet.dts - begin, copy
            out.mux(packet)


def encode(source: Path, target: Path, settings: EncodeSettings) -> None:
    """Encode a clip of any readable file type with x264 as the settings say. Raises BadClip."""
    if settings.stats is None:
        _encode_pass(source, target, settings, 0)
        return
    _encode_pass(source, target, settings, Flags.pass1)
    _encode_pass(source, target, settings, Flags.pass2)


def _encode_pass(source: Path, target: Path, settings: EncodeSettings, flags: int) -> None:
    """Encode once over the clip; `flags` is 0 or which of two passes this is."""
    with open_clip(source) as reader, open_output(target, settings.comment) as out:
        stream = _add_stream(out, reader, settings)
        stream.codec_context.flags |= flags
        if settings.sound:
            copy_sound(out, settings.sound, shift=-reader.timeline.begin)
        durations = dict[int | None, int]()
        for image in reader.images:
            durations[image.pts] = image.duration
            _mux(out, stream.encode(_convert(image, stream)), durations)
        _mux(out, stream.encode(None), durations)


def _mux(
    out: OutputContainer, packets: Iterable[Packet[VideoStream]], durations: Mapping[int | None, int]
) -> None:
    """Write packets with the durations of their frames: x264 gives the last one that of the mean rate."""
    for packet in packets:
        packet.duration = durations.get(packet.pts, packet.duration)
        out.mux(packet)


def _convert(image: av.VideoFrame, stream: VideoStream) -> av.VideoFrame:
    """The frame as yuv420p of the stream's size, in the limited range, which all players expect."""
    is_rgb = image.format.is_rgb
    frame = image.reformat(
        stream.width,
        stream.height,
        "yuv420p",
        interpolation="LANCZOS",
        src_color_range=ColorRange.JPEG if is_rgb else image.color_range,
        dst_color_range=ColorRange.MPEG,
        dst_colorspace=Colorspace.ITU709 if is_rgb else None,
    )
    # x264 needs timestamps that rise, and is to choose its own frame types.
    frame.pts, frame.time_base, frame.duration = image.pts, image.time_base, image.duration
    frame.pict_type = PictureType.NONE
    return frame


def _add_stream(out: OutputContainer, reader: VideoReader, settings: EncodeSettings) -> VideoStream:
    """Add an x264 stream of the clip's rate, size times `scale`, and colour tags."""
    stream = out.add_stream("libx264", rate=reader.rate)
    stream.width, stream.height = (_even(side * settings.scale) for side in (reader.width, reader.height))
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.time_base = reader.timeline.time_base
    context.thread_type, context.thread_count = ThreadType.FRAME, THREADS
    for name, value in _colours(reader).items():
        setattr(context, name, value)
    slack = round(settings.bitrate * reader.timeline.seconds * _BUFFER_SHARE)
    cap = {"maxrate": str(settings.bitrate), "bufsize": str(slack)}
    if reader.timeline.time_base * reader.rate != 1:
        cap["bf"] = "0"  # MP4 sums up decoding times: B-frames would make unevenly spaced frames end early
    if settings.stats is None:
        stream.options = {"crf": _CRF, **cap}
    else:
        context.bit_rate = settings.bitrate
        stream.options = {"stats": str(settings.stats), **cap}
    return stream


def _colours(reader: VideoReader) -> Mapping[str, int]:
    """The tags of what `_convert` makes: those of the source, which keep their meaning, but for the range."""
    colours = _RGB_COLOURS if reader.is_rgb else reader.colours
    return {**colours, "color_range": ColorRange.MPEG}


def _even(side: float) -> int:
    """Round to an even number: yuv420p has one colour sample for two by two pixels."""
    return max(2, round(side) // 2 * 2)
