"""What the container of a picture says, apart from its pixels."""

from dataclasses import dataclass

from media.pictures.colour_space import ColourSpace


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A picture file for Pillow: `data`, without what a decoder does not need.

    `exif`, `profile` (ICC) and `colour` are what `data` does not hold; its first `hidden_frames` frames are
    not shown. `working_bytes`: what decoding needs for the whole picture whatever size it is decoded to.
    `padded`: the same with bytes behind its pixels, where `data` ends early; it decodes to another picture
    where pixels are missing.
    """

    data: bytes
    exif: bytes = b""
    profile: bytes | None = None
    colour: ColourSpace | None = None
    hidden_frames: int = 0
    working_bytes: int = 0
    padded: bytes = b""
