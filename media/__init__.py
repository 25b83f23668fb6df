"""Pictures going in and clips coming out, always in child processes. Open it with `open_media`."""

from media.errors import BadClip, BadPicture, CannotFit, ClipFault, MediaError, NoWorker, PictureFault
from media.kinds import Kind, sniff
from media.media import Media, open_media
from media.sizes import Aspect, size_for
from media.values import Clip, Fitted, How, Note, Picture

__all__ = [
    "Aspect",
    "BadClip",
    "BadPicture",
    "CannotFit",
    "Clip",
    "ClipFault",
    "Fitted",
    "How",
    "Kind",
    "Media",
    "MediaError",
    "NoWorker",
    "Note",
    "Picture",
    "PictureFault",
    "open_media",
    "size_for",
    "sniff",
]
