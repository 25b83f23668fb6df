"""Write an MP4 that plays on all of Discord's clients: h264, yuv420p, index first (`faststart`)."""

# PyAV leaves types open in its stubs.
# pyright: reportUnknownMemberType=false

from dataclasses import dataclass
from pathlib import Path

import av
from av.codec.context import Flags, ThreadType
from av.container import OutputContainer
from av.video.frame import PictureType
from av.video.stream import VideoStream

from media.codecs.video_reader import THREADS, VideoReader, open_clip, open_container, video_of

_CRF = "20"
# x264's `bufsize` as a share of the whole clip, which is about how much the file may exceed the bitrate. The
# usual one second of buffer overshot in 4 of 12 clips of five seconds, and in nearly all of one second.
_BUFFER_SHARE = 1 / 8


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodeSettings:
    """How to encode: `bitrate` in bits per second, `scale` of width and height.

    `stats`: x264's statistics file, for two passes at that bitrate; None is one pass at a constant quality
    with the bitrate as its maximum. `comment` goes into the container's metadata.
    """

    bitrate: int
    scale: float
    stats: Path | None
    comment: str | None


def remux(source: Path, target: Path, comment: str | None) -> None:
    """Copy the packets of an MP4 into a new one with its index first and no metadata but the comment."""
    with (
        open_clip(source) as reader,
        open_container(source, reader.file_type) as container,
        open_output(target, comment) as out,
    ):
        stream = video_of(container)
        copy = out.add_stream_from_template(stream)
        for packet in container.demux(stream):
            if packet.dts is None:  # the empty packet at the end
                continue
            packet.stream = copy
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
        for number, image in enumerate(reader.images):
            frame = image.reformat(stream.width, stream.height, "yuv420p", interpolation="LANCZOS")
            # x264 needs timestamps that rise, and is to choose its own frame types.
            frame.pts, frame.time_base, frame.pict_type = number, 1 / reader.rate, PictureType.NONE
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def _add_stream(out: OutputContainer, reader: VideoReader, settings: EncodeSettings) -> VideoStream:
    """Add an x264 stream of the clip's rate, size times `scale`, and colour tags."""
    stream = out.add_stream("libx264", rate=reader.rate)
    stream.width, stream.height = (_even(side * settings.scale) for side in (reader.width, reader.height))
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.thread_type, context.thread_count = ThreadType.FRAME, THREADS
    for name, value in reader.colours.items():
        setattr(context, name, value)
    slack = round(settings.bitrate * reader.frames / reader.rate * _BUFFER_SHARE)
    cap = {"maxrate": str(settings.bitrate), "bufsize": str(slack)}
    if settings.stats is None:
        stream.options = {"crf": _CRF, **cap}
    else:
        context.bit_rate = settings.bitrate
        stream.options = {"stats": str(settings.stats), **cap}
    return stream


def _even(side: float) -> int:
    """Round to an even number: yuv420p has one colour sample for two by two pixels."""
    return max(2, round(side) // 2 * 2)


def open_output(target: Path, comment: str | None) -> OutputContainer:
    """Open an MP4 for writing, its index first, with no metadata but the comment; close it with `with`."""
    # To a path: PyAV 18 cannot move the index to the front of a stream in memory.
    out = av.open(target, "w", format="mp4", options={"movflags": "+faststart"})
    if comment is not None:
        out.metadata["comment"] = comment
    return out
