"""Read the container of a picture of any format.

What a decoder does not need is left out, so that a fault in it cannot make the picture unreadable.
"""

from collections.abc import Callable, Mapping

from media.pictures.gif import read_gif
from media.pictures.isobmff import read_isobmff
from media.pictures.jpeg import read_jpeg
from media.pictures.png import read_png
from media.pictures.source import Source

_READERS: Mapping[str, Callable[[bytes], Source]] = {
    "png": read_png,
    "jpeg": read_jpeg,
    "gif": read_gif,
    "avif": read_isobmff,
    "heic": read_isobmff,
}


def read_source(data: bytes, file_type: str) -> Source:
    """Take a picture file of a type that `sniff` found apart. Raises BadPicture with `broken`."""
    reader = _READERS.get(file_type)
    return reader(data) if reader else Source(data=data)
