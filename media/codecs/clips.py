"""Measure a clip, and take single frames out of it."""

# PyAV leaves types open in its stubs.
# pyright: reportUnknownMemberType=false

from collections import deque
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import av

from media.codecs.mp4 import is_faststart
from media.codecs.video_reader import VideoReader, open_clip
from media.errors import BadClip, ClipFault
from media.file_types import FileType

_POSTER_QUALITY = 88


def probe(path: Path) -> Mapping[str, object]:
    """Measure a clip; returns the fields of `media.values.Clip`. Raises BadClip."""
    with open_clip(path) as reader:
        return {
            "width": reader.width,
            "height": reader.height,
            "frames": reader.frames,
            "fps": float(reader.rate),
            "seconds": float(reader.timeline.seconds),
            "codec": reader.codec,
            "pixel_format": reader.pixel_format,
            "bytes": path.stat().st_size,
            "faststart": reader.file_type is FileType.MP4 and is_faststart(path),
            "sound": reader.has_sound,
        }


def poster(path: Path) -> bytes:
    """The first frame as JPEG. Raises BadClip."""
    with open_clip(path) as reader:
        return _save(next(reader.images, None), "JPEG", quality=_POSTER_QUALITY)


def last_frame(path: Path) -> bytes:
    """The last frame as PNG, the first picture of a clip that continues this one. Raises BadClip."""
    with open_clip(path) as reader:
        return _save(_last(reader), "PNG", compress_level=1)


def _last(reader: VideoReader) -> av.VideoFrame | None:
    last = deque(reader.images, maxlen=1)
    return last[0] if last else None


def _save(frame: av.VideoFrame | None, image_format: str, **options: int) -> bytes:
    """Encode a frame in one of Pillow's formats; raises BadClip where there is no frame."""
    if frame is None:
        raise BadClip(ClipFault.BROKEN)
    target = BytesIO()
    frame.to_image().convert("RGB").save(target, image_format, **options)
    return target.getvalue()
