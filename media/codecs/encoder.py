"""Writing an MP4 that plays everywhere: h264, yuv420p, index first. Runs in a child process, with PyAV."""

# PyAV leaves types open in its stubs.
# pyright: reportUnknownMemberType=false

from dataclasses import dataclass
from pathlib import Path

import av
from av.codec.context import Flags, ThreadType
from av.container import OutputContainer
from av.video.frame import PictureType
from av.video.stream import VideoStream

from media.codecs.video_reader import THREADS, VideoReader, open_film, opened, video_of

_CRF = "20"
# The buffer of x264's cap, as a share of the whole clip: by about so much it may overshoot. The usual second
# of buffer overshot in 4 of 12 clips of five seconds, and in nearly all of one second.
_SLACK = 1 / 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How to encode: bits a second, scale of width and height; with a file for statistics, in two passes."""

    bitrate: int
    scale: float
    stats: Path | None
    comment: str | None


def remux(source: Path, target: Path, comment: str | None) -> None:
    """Copy the frames of an MP4 as they are into a new container that has no metadata but the comment."""
    with opened(source) as reel, open_film(source, reel.kind) as film, writing(target, comment) as out:
        stream = video_of(film)
        copy = out.add_stream_from_template(stream)
        for packet in film.demux(stream):
            if packet.dts is None:  # the empty packet at the end
                continue
            packet.stream = copy
            out.mux(packet)


def encode(source: Path, target: Path, recipe: Recipe) -> None:
    """Encode a clip of any kind: at a constant quality under the bitrate, or in two passes at the bitrate."""
    if recipe.stats is None:
        _pass(source, target, recipe, 0)
        return
    _pass(source, target, recipe, Flags.pass1)
    _pass(source, target, recipe, Flags.pass2)


def _pass(source: Path, target: Path, recipe: Recipe, flags: int) -> None:
    with opened(source) as reel, writing(target, recipe.comment) as out:
        stream = _add_stream(out, reel, recipe)
        stream.codec_context.flags |= flags
        for number, image in enumerate(reel.images):
            frame = image.reformat(stream.width, stream.height, "yuv420p", interpolation="LANCZOS")
            # Numbered anew: x264 needs times that rise, and what types the source's frames had is no matter.
            frame.pts, frame.time_base, frame.pict_type = number, 1 / reel.rate, PictureType.NONE
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def _add_stream(out: OutputContainer, reel: VideoReader, recipe: Recipe) -> VideoStream:
    stream = out.add_stream("libx264", rate=reel.rate)
    stream.width, stream.height = (_even(side * recipe.scale) for side in (reel.width, reel.height))
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.thread_type, context.thread_count = ThreadType.FRAME, THREADS
    for name, value in reel.colours.items():
        setattr(context, name, value)
    slack = round(recipe.bitrate * reel.frames / reel.rate * _SLACK)
    cap = {"maxrate": str(recipe.bitrate), "bufsize": str(slack)}
    if recipe.stats is None:
        stream.options = {"crf": _CRF, **cap}
    else:
        context.bit_rate = recipe.bitrate
        stream.options = {"stats": str(recipe.stats), **cap}
    return stream


def _even(side: float) -> int:
    """yuv420p keeps one colour for two by two pixels."""
    return max(2, round(side) // 2 * 2)


def writing(target: Path, comment: str | None) -> OutputContainer:
    """An empty MP4 at that path, its index to stand first, with no metadata but the comment."""
    # To a path: PyAV 18 cannot move the index to the front of a stream in memory.
    out = av.open(target, "w", format="mp4", options={"movflags": "+faststart"})
    if comment is not None:
        out.metadata["comment"] = comment
    return out
