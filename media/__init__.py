"""Pictures going in and clips coming out, always in child processes. Open it with `open_media`."""

from typing import TYPE_CHECKING

from media.errors import (
    BadClip,
    BadPicture,
    CannotFit,
    ClipFault,
    MediaError,
    PictureFault,
    ProcessStartFailed,
)
from media.file_types import FileType, sniff
from media.sizes import Aspect, size_for
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
    "Aspect",
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
    "open_media",
    "size_for",
    "sniff",
]


def __getattr__(name: str) -> object:
    """Load the door when it is asked for: the children, who import this package too, start in two thirds."""
    if name not in ("Media", "open_media"):
        raise AttributeError(name)
    from media import media

    return getattr(media, name)
