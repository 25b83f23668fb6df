"""Which codecs the installed PyAV lacks: a build of one's own may leave some out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import av.codec

DECODERS = ("h264", "aac", "vp9", "av1")
ENCODERS = ("libx264", "aac")


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingCodecs:
    """Names as FFmpeg has them: what cannot be read, and what cannot be written."""

    decoders: Sequence[str]
    encoders: Sequence[str]


def find_missing_codecs() -> MissingCodecs:
    """What the program uses and PyAV lacks."""
    wanted: Mapping[str, Sequence[str]] = {"r": DECODERS, "w": ENCODERS}
    missing = {mode: [name for name in names if not _has(name, mode)] for mode, names in wanted.items()}
    return MissingCodecs(decoders=missing["r"], encoders=missing["w"])


def _has(name: str, mode: str) -> bool:
    try:
        av.codec.Codec(name, "w" if mode == "w" else "r")
    except av.codec.codec.UnknownCodecError:
        return False
    return True
