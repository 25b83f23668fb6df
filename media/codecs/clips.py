"""What a clip is, and single frames out of it: runs in a child process."""

# PyAV leaves types open in its stubs.
# pyright: reportUnknownMemberType=false

from collections import deque
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import av

from media.codecs.mp4 import is_faststart
from media.codecs.video_reader import VideoReader, opened
from media.errors import BadClip, ClipFault
from media.file_types import FileType

_POSTER_QUALITY = 88


def probe(path: Path) -> Mapping[str, object]:
    """Measure a clip: the fields of Clip."""
    with opened(path) as reel:
        return {
            "width": reel.width,
            "height": reel.height,
            "frames": reel.frames,
            "fps": float(reel.rate),
            "seconds": float(reel.frames / reel.rate),
            "codec": reel.codec,
            "pixel_format": reel.pixel_format,
            "bytes": path.stat().st_size,
            "faststart": reel.kind is FileType.MP4 and is_faststart(path),
        }


def poster(path: Path) -> bytes:
    """The first frame as JPEG."""
    with opened(path) as reel:
        return _save(next(reel.images, None), "JPEG", quality=_POSTER_QUALITY)


def last_frame(path: Path) -> bytes:
    """The last frame as PNG, to go on from."""
    with opened(path) as reel:
        return _save(_last(reel), "PNG", compress_level=1)


def _last(reel: VideoReader) -> av.VideoFrame | None:
    last = deque(reel.images, maxlen=1)
    return last[0] if last else None


def _save(frame: av.VideoFrame | None, kind: str, **options: int) -> bytes:
    if frame is None:
        raise BadClip(ClipFault.BROKEN)
    target = BytesIO()
    frame.to_image().convert("RGB").save(target, kind, **options)
    return target.getvalue()
