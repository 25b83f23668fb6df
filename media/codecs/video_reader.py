"""Any clip as frames in order, whatever wrote it: runs in a child process, with PyAV (Pillow for WebP)."""

# PyAV leaves types open in its stubs.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

import errno
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream
from PIL import Image, ImageSequence

from media.errors import BadClip, ClipFault
from media.file_types import FileType, sniff

THREADS = 4  # at most: each costs memory, and the clips are small
_DEMUXERS = {FileType.MP4: "mp4", FileType.WEBM: "matroska", FileType.GIF: "gif"}
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_HEAD = 1024  # bytes that sniffing looks at
_COLOURS = ("color_range", "colorspace", "color_primaries", "color_trc")


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoReader:
    """An open clip: `images` can be read once, `colours` are the codec's tags, `rate` is frames a second."""

    kind: FileType
    codec: str
    pixel_format: str
    width: int
    height: int
    frames: int
    rate: Fraction
    images: Iterator[av.VideoFrame]
    comment: str | None = None
    colours: Mapping[str, int] = field(default_factory=dict[str, int])


@contextmanager
def opened(path: Path) -> Generator[VideoReader]:
    """Open a clip with the one demuxer that its first bytes name; whatever goes wrong becomes BadClip."""
    try:
        with path.open("rb") as file:
            kind = sniff(file.read(_HEAD))
        if kind is FileType.WEBP:
            with Image.open(path, formats=("WEBP",)) as book:
                yield _flipbook(book)
        elif kind is not None and kind in _DEMUXERS:
            with open_film(path, kind) as film:
                yield _film(path, kind, film)
        else:
            raise BadClip(ClipFault.NOT_A_CLIP)
    except MemoryError:  # PyAV's is an FFmpegError too
        raise
    except (FFmpegError, OSError, ValueError, EOFError) as err:
        raise BadClip(_classify(err)) from err


def _classify(err: Exception) -> ClipFault:
    """Whether the clip is at fault: it is not where what is written meanwhile finds no room."""
    has_room = not isinstance(err, OSError) or err.errno not in _NO_ROOM
    return ClipFault.BROKEN if has_room else ClipFault.NO_ROOM


def open_film(path: Path, kind: FileType) -> InputContainer:
    """Open a video file; never by a format that could name further files or addresses."""
    return av.open(path, format=_DEMUXERS[kind], options={"protocol_whitelist": "file"})


def video_of(film: InputContainer) -> VideoStream:
    """The first video stream; raises BadClip when there is none."""
    if not film.streams.video:
        raise BadClip(ClipFault.NOT_A_CLIP)
    return film.streams.video[0]


def _film(path: Path, kind: FileType, film: InputContainer) -> VideoReader:
    stream = video_of(film)
    context = stream.codec_context
    context.thread_count = THREADS
    rate = stream.average_rate or stream.guessed_rate
    frames = stream.frames or _count(path, kind)
    if not (rate and frames and context.pix_fmt and context.format):
        raise BadClip(ClipFault.BROKEN)
    return VideoReader(
        kind=kind,
        codec=context.codec.name,
        pixel_format=context.pix_fmt,
        width=context.width,
        height=context.height,
        frames=frames,
        rate=rate,
        images=film.decode(stream),
        comment=film.metadata.get("comment"),
        colours={} if context.format.is_rgb else {name: getattr(context, name) for name in _COLOURS},
    )


def _count(path: Path, kind: FileType) -> int:
    """Count packets, where the container does not say how many frames it has."""
    with open_film(path, kind) as film:
        return sum(1 for packet in film.demux(video_of(film)) if packet.size)


def _flipbook(book: Image.Image) -> VideoReader:
    """An animated WebP: FFmpeg knows only still ones."""
    if not getattr(book, "is_animated", False):
        raise BadClip(ClipFault.NOT_A_CLIP)
    book.load()
    # Its writers cut 62.5 ms to 62: the whole rate nearest to the first frame's time is what was meant.
    rate = Fraction(max(1, round(1000 / max(1, book.info.get("duration", 62)))))
    return VideoReader(
        kind=FileType.WEBP,
        codec="webp",
        pixel_format="rgb24",
        width=book.width,
        height=book.height,
        frames=getattr(book, "n_frames", 1),
        rate=rate,
        images=(av.VideoFrame.from_image(page.convert("RGB")) for page in ImageSequence.Iterator(book)),
    )
