"""The errors of pictures and clips.

OSError
├── FilesLeft           some could not be removed
├── BlobHeld            one was not removed: it was saved again, perhaps for a job that is being admitted
└── BlobsUnavailable    where they are kept does not answer: the same works later
    └── BlobsRefused    it will not answer before somebody changes something: keys, bucket, settings
"""

from collections.abc import Collection


class FilesLeft(OSError):
    """Some of the files, `names`, could not be removed; all others were."""

    def __init__(self, message: str, names: Collection[str] = ()) -> None:
        super().__init__(message)
        self.names = frozenset(names)


class BlobHeld(OSError):
    """One was not removed: it was saved again, perhaps for a job that is being admitted."""


class BlobsUnavailable(OSError):
    """The shared folder or the S3 store does not answer; the same may work later."""


class BlobsRefused(BlobsUnavailable):
    """The shared folder or the S3 store needs other settings, keys or a bucket."""
