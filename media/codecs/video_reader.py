"""Open a clip of any supported file type as decoded frames: PyAV, and Pillow for animated WebP."""

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

THREADS = 4  # of the decoder and the encoder: each costs memory, and the clips are small
_DEMUXERS = {FileType.MP4: "mp4", FileType.WEBM: "matroska", FileType.GIF: "gif"}
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_SNIFFED_BYTES = 1024  # enough for `sniff`
_COLOURS = ("color_range", "colorspace", "color_primaries", "color_trc")


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoReader:
    """An open clip. `frames` is their number, `rate` is frames per second, sizes are in pixels.

    `images` yields the decoded frames once, in order; `colours` are the codec's colour tags.
    """

    file_type: FileType
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
def open_clip(path: Path) -> Generator[VideoReader]:
    """Open a clip with the one demuxer of its file type; errors within the block become BadClip."""
    try:
        with path.open("rb") as file:
            file_type = sniff(file.read(_SNIFFED_BYTES))
        if file_type is FileType.WEBP:
            with Image.open(path, formats=("WEBP",)) as image:
                yield _read_animated_webp(image)
        elif file_type is not None and file_type in _DEMUXERS:
            with open_container(path, file_type) as container:
                yield _read_container(path, file_type, container)
        else:
            raise BadClip(ClipFault.NOT_A_CLIP)
    except MemoryError:  # PyAV's is an FFmpegError too
        raise
    except (FFmpegError, OSError, ValueError, EOFError) as err:
        raise BadClip(_classify(err)) from err


def _classify(err: Exception) -> ClipFault:
    """Classify: NO_ROOM for ENOSPC, EDQUOT and EFBIG (our disk), else BROKEN."""
    has_room = not isinstance(err, OSError) or err.errno not in _NO_ROOM
    return ClipFault.BROKEN if has_room else ClipFault.NO_ROOM


def open_container(path: Path, file_type: FileType) -> InputContainer:
    """Open a video file with one fixed demuxer, without network: a playlist could name other files."""
    return av.open(path, format=_DEMUXERS[file_type], options={"protocol_whitelist": "file"})


def video_of(container: InputContainer) -> VideoStream:
    """The first video stream; raises BadClip when there is none."""
    if not container.streams.video:
        raise BadClip(ClipFault.NOT_A_CLIP)
    return container.streams.video[0]


def _read_container(path: Path, file_type: FileType, container: InputContainer) -> VideoReader:
    """Describe the first video stream of a container. Raises BadClip."""
    stream = video_of(container)
    context = stream.codec_context
    context.thread_count = THREADS
    rate = stream.average_rate or stream.guessed_rate
    frames = stream.frames or _count(path, file_type)
    if not (rate and frames and context.pix_fmt and context.format):
        raise BadClip(ClipFault.BROKEN)
    return VideoReader(
        file_type=file_type,
        codec=context.codec.name,
        pixel_format=context.pix_fmt,
        width=context.width,
        height=context.height,
        frames=frames,
        rate=rate,
        images=container.decode(stream),
        comment=container.metadata.get("comment"),
        colours={} if context.format.is_rgb else {name: getattr(context, name) for name in _COLOURS},
    )


def _count(path: Path, file_type: FileType) -> int:
    """Count packets, where the container does not say how many frames it has."""
    with open_container(path, file_type) as container:
        return sum(1 for packet in container.demux(video_of(container)) if packet.size)


def _read_animated_webp(image: Image.Image) -> VideoReader:
    """Describe an animated WebP, which FFmpeg cannot decode. Raises BadClip for a still picture."""
    if not getattr(image, "is_animated", False):
        raise BadClip(ClipFault.NOT_A_CLIP)
    image.load()
    # Writers cut 62.5 ms to 62: take the whole rate nearest to the first frame's duration.
    rate = Fraction(max(1, round(1000 / max(1, image.info.get("duration", 62)))))
    return VideoReader(
        file_type=FileType.WEBP,
        codec="webp",
        pixel_format="rgb24",
        width=image.width,
        height=image.height,
        frames=getattr(image, "n_frames", 1),
        rate=rate,
        images=(av.VideoFrame.from_image(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)),
    )
