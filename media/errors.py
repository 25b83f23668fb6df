"""The errors of this package: codes and fields, no sentences for people.

MediaError
├── BadPicture      this picture cannot be used: code, and the format where it was recognised
├── BadClip         this clip cannot be read: code
├── CannotFit       no method brought the clip under the limit
└── ProcessStartFailed  no child process could be started; the file is not at fault
"""

from enum import StrEnum

from media.file_types import FileType


class PictureFault(StrEnum):
    """Why a picture was refused."""

    NOT_A_PICTURE = "not_a_picture"
    BROKEN = "broken"
    TOO_MANY_PIXELS = "too_many_pixels"
    HEIC = "heic"
    UNSUPPORTED_FORMAT = "unsupported_format"
    TOO_SLOW = "too_slow"
    TOO_LARGE = "too_large"


class ClipFault(StrEnum):
    """Why a clip was refused."""

    NOT_A_CLIP = "not_a_clip"
    BROKEN = "broken"
    TOO_SLOW = "too_slow"
    TOO_LARGE = "too_large"
    NO_ROOM = "no_room"  # on our disk, while writing the result
    BUSY = "busy"  # another program holds the file, or the system is short of something: it passes
    NOT_ALIKE = "not_alike"  # two clips that cannot be joined without encoding


class MediaError(Exception):
    """Base class of this package's errors."""


class BadPicture(MediaError):
    """This picture cannot be used. `limit`: megapixels that are possible, where it has too many."""

    def __init__(
        self,
        code: PictureFault,
        format: FileType | None = None,  # noqa: A002 - the field's name
        limit: int | None = None,
    ) -> None:
        super().__init__(code, format, limit)
        self.code = code
        self.format = format
        self.limit = limit


class BadClip(MediaError):
    """This clip cannot be read, or not in the time and memory it was given."""

    def __init__(self, code: ClipFault) -> None:
        super().__init__(code)
        self.code = code


class CannotFit(MediaError):
    """Even the smallest version is over the limit; `limit` and `smallest` in bytes."""

    def __init__(self, *, limit: int, smallest: int) -> None:
        super().__init__(limit, smallest)
        self.limit = limit
        self.smallest = smallest


class ProcessStartFailed(MediaError):
    """No child process could be started."""


def may_pass(err: BaseException) -> bool:
    """Whether the clip is not at fault: the disk is full, a file is held open, no process can start."""
    match err:
        case BadClip():
            return err.code in (ClipFault.NO_ROOM, ClipFault.BUSY)
        case FileNotFoundError():
            return False
        case _:
            return isinstance(err, (ProcessStartFailed, OSError))
