"""Open a clip of any supported file type as decoded frames: PyAV, and Pillow for animated WebP."""

# PyAV leaves types open in its stubs.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import errno
import itertools
import struct
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

from media.codecs.animation import animation_timeline, placed, webp_durations
from media.codecs.completeness import is_cut
from media.codecs.containers import DEMUXERS, open_container, video_of
from media.codecs.sound import has_sound
from media.codecs.timeline import Timeline, read_timeline, timed
from media.codecs.upright import display_of
from media.errors import BadClip, ClipFault
from media.file_types import FileType, sniff

THREADS = 4  # of the decoder and the encoder: each costs memory, and the clips are small
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# Another program holds the file, as scanners do on Windows, or the system is short of something.
_BUSY = frozenset({errno.EACCES, errno.EPERM, errno.EBUSY, errno.EAGAIN, errno.EMFILE, errno.ENFILE})
# What FFmpeg and Pillow raise for malformed files.
_ERRORS = (
    FFmpegError,
    OSError,
    ValueError,
    EOFError,
    LookupError,
    ArithmeticError,
    RuntimeError,
    SyntaxError,
    struct.error,
)
_SNIFFED_BYTES = 1024  # enough for `sniff`
_COLOURS = ("color_range", "colorspace", "color_primaries", "color_trc")


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoReader:
    """An open clip. `timeline`: when its frames are shown; sizes in pixels, as a player shows them.

    `images` yields the decoded frames once, in order, upright, with square pixels, and with their time and
    duration; `is_rgb`: they are RGB. `colours` are the codec's colour tags of others. `is_plain`: they are
    shown as they are coded. `has_sound` also where it cannot be decoded.
    """

    file_type: FileType
    codec: str
    profile: str | None = None
    pixel_format: str
    width: int
    height: int
    timeline: Timeline
    images: Iterator[av.VideoFrame]
    is_rgb: bool = True
    is_plain: bool = True
    has_sound: bool = False
    comment: str | None = None
    colours: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def frames(self) -> int:
        """The number of frames."""
        return self.timeline.frames

    @property
    def rate(self) -> Fraction:
        """Frames per second, on average."""
        return self.timeline.rate


@contextmanager
def open_clip(path: Path) -> Generator[VideoReader]:
    """Open a clip with the one demuxer of its file type; errors within the block become BadClip.

    A file that ends too early is `broken`.
    """
    with clip_errors():
        with path.open("rb") as file:
            file_type = sniff(file.read(_SNIFFED_BYTES))
        if file_type is None or (file_type is not FileType.WEBP and file_type not in DEMUXERS):
            raise BadClip(ClipFault.NOT_A_CLIP)
        if file_type is FileType.PNG and not _is_animated_png(path):
            raise BadClip(ClipFault.NOT_A_CLIP)
        if is_cut(path, file_type):
            raise BadClip(ClipFault.BROKEN)
        if file_type is FileType.WEBP:
            with Image.open(path, formats=("WEBP",)) as image:
                yield _read_animated_webp(path, image)
        else:
            with open_container(path, file_type) as container:
                yield _read_container(path, file_type, container)


@contextmanager
def clip_errors() -> Generator[None]:
    """Turn what FFmpeg, Pillow and the system raise within the block into BadClip."""
    try:
        yield
    except MemoryError:  # PyAV's is an FFmpegError too
        raise
    except _ERRORS as err:
        raise BadClip(_classify(err)) from err


def _classify(err: Exception) -> ClipFault:
    """Classify: NO_ROOM for a full disk of ours, BUSY for what passes, else BROKEN."""
    if isinstance(err, OSError) and err.errno in _NO_ROOM:
        return ClipFault.NO_ROOM
    if isinstance(err, OSError) and err.errno in _BUSY:
        return ClipFault.BUSY
    return ClipFault.BROKEN


def _read_container(path: Path, file_type: FileType, container: InputContainer) -> VideoReader:
    """Describe the first video stream of a container. Raises BadClip."""
    stream = video_of(container)
    context = stream.codec_context
    context.thread_count = THREADS
    if file_type is FileType.MP4 and _points_beyond(stream, path.stat().st_size):
        raise BadClip(ClipFault.BROKEN)
    with open_container(path, file_type) as scanned:
        timeline = read_timeline(scanned, video_of(scanned))
    frames = container.decode(stream)
    first = next(frames, None)
    if first is None or not context.pix_fmt or not context.format:
        raise BadClip(ClipFault.BROKEN)
    display = display_of(first, stream.sample_aspect_ratio)
    width, height = display.size
    is_rgb = display.changes or first.format.is_rgb or first.format.name == "pal8"
    return VideoReader(
        file_type=file_type,
        codec=context.codec.name,
        profile=stream.profile,
        pixel_format=context.pix_fmt,
        width=width,
        height=height,
        timeline=timeline,
        images=timed(map(display.show, itertools.chain([first], frames)), timeline),
        is_rgb=is_rgb,
        is_plain=not display.changes,
        has_sound=has_sound(container),
        comment=container.metadata.get("comment"),
        colours={} if is_rgb else {name: getattr(context, name) for name in _COLOURS},
    )


def _points_beyond(stream: VideoStream, size: int) -> bool:
    """Whether the index names frames behind the end of the file."""
    return any(entry.pos + entry.size > size for entry in stream.index_entries)


def _is_animated_png(path: Path) -> bool:
    """Whether the chunk that announces an animation stands before the pixels."""
    with path.open("rb") as file:
        file.seek(8)
        while header := file.read(8):
            if header[4:8] in (b"acTL", b"IDAT", b"IEND"):
                return header[4:8] == b"acTL"
            file.seek(int.from_bytes(header[:4], "big") + 4, 1)
    return False


def _read_animated_webp(path: Path, image: Image.Image) -> VideoReader:
    """Describe an animated WebP, which FFmpeg's demuxers cannot read. Raises BadClip for a still picture."""
    if not getattr(image, "is_animated", False):
        raise BadClip(ClipFault.NOT_A_CLIP)
    image.load()
    durations = webp_durations(path)
    timeline = animation_timeline(durations)
    pages = (av.VideoFrame.from_image(page.convert("RGB")) for page in ImageSequence.Iterator(image))
    return VideoReader(
        file_type=FileType.WEBP,
        codec="webp",
        pixel_format="rgb24",
        width=image.width,
        height=image.height,
        timeline=timeline,
        images=timed(placed(pages, durations), timeline),
    )
