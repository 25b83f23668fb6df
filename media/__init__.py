"""Decode and encode pictures and clips in child processes. Open it with `open_media`.

    media.media → child → codecs → errors, values, file_types      (→ may import; never back)

Imports no other package of this program. The parent process imports neither Pillow nor PyAV: codecs/ is
imported inside child processes only, and sample.py (Pillow too) by the demo alone.
"""

from typing import TYPE_CHECKING

from media.errors import (
    BadClip,
    BadPicture,
    CannotFit,
    ClipFault,
    MediaError,
    PictureFault,
    ProcessStartFailed,
    may_pass,
)
from media.file_types import PICTURES, FileType, sniff
from media.values import (
    MAX_PICTURE_BYTES,
    MAX_PICTURE_PIXELS,
    Clip,
    FitMethod,
    Fitted,
    Picture,
    PictureIssue,
)

if TYPE_CHECKING:
    from media.media import Media, open_media

__all__ = [
    "MAX_PICTURE_BYTES",
    "MAX_PICTURE_PIXELS",
    "PICTURES",
    "BadClip",
    "BadPicture",
    "CannotFit",
    "Clip",
    "ClipFault",
    "FileType",
    "FitMethod",
    "Fitted",
    "Media",
    "MediaError",
    "Picture",
    "PictureFault",
    "PictureIssue",
    "ProcessStartFailed",
    "may_pass",
    "open_media",
    "sniff",
]


def __getattr__(name: str) -> object:
    """Import media.media on first use: the children import this package too, and start a third faster so."""
    if name not in ("Media", "open_media"):
        raise AttributeError(name)
    from media import media

    return getattr(media, name)
