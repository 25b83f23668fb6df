"""Uploaded files: media type, size, and the signed, expiring addresses from which they are fetched."""

import hashlib
import hmac
import io
import mimetypes
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

import av
import av.error
from PIL import Image

from playground.discord.clock import Clock
from playground.discord.model import Attachment

LIFETIME = 24 * 3600
"""Seconds that a signed address works."""


class Cdn:
    """Signs and checks addresses, as Discord's CDN does with `ex`, `is` and `hm`."""

    def __init__(self, origin: str, clock: Clock) -> None:
        self._origin = origin
        self._clock = clock
        self._secret = secrets.token_bytes(32)

    def url(self, attachment: Attachment) -> str:
        """The signed address of a file; it works for LIFETIME seconds."""
        now = int(self._clock.now())
        folder = "ephemeral-attachments" if attachment.ephemeral else "attachments"
        path = f"/{folder}/{attachment.channel_id}/{attachment.id}/{quote(attachment.filename)}"
        expires, issued = f"{now + LIFETIME:x}", f"{now:x}"
        return f"{self._origin}{path}?ex={expires}&is={issued}&hm={self._sign(path, expires, issued)}"

    def admits(self, path: str, query: Mapping[str, str]) -> bool:
        """Whether the signature fits and has not expired."""
        expires, issued = query.get("ex", ""), query.get("is", "")
        signed = hmac.compare_digest(
            query.get("hm", "").encode(errors="replace"), self._sign(path, expires, issued).encode()
        )
        return signed and int(expires, 16) > self._clock.now()

    def _sign(self, path: str, expires: str, issued: str) -> str:
        return hmac.new(self._secret, f"{path}?{expires}&{issued}".encode(), hashlib.sha256).hexdigest()


def clean_filename(name: str) -> str:
    """The name as Discord keeps it: no folders, nothing but letters, digits, dot, dash and underscore."""
    return re.sub(r"[^\w.\-]+", "_", name.replace("\\", "/").rsplit("/", 1)[-1]).strip(".") or "unknown"


def content_type_of(filename: str) -> str | None:
    """The media type that a file name suggests, if any."""
    return mimetypes.guess_type(filename)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaInfo:
    """The metadata that Discord stores of a file: pixels and seconds; None where it cannot read them."""

    width: int | None = None
    height: int | None = None
    seconds: float | None = None


def probe(data: bytes, content_type: str | None) -> MediaInfo:
    """Read a picture's or video's size from its header; nothing for what cannot be read. Blocks."""
    if content_type and content_type.startswith("image/"):
        return _probe_picture(data)
    if content_type and content_type.startswith("video/"):
        return _probe_video(data)
    return MediaInfo()


def _probe_picture(data: bytes) -> MediaInfo:
    try:
        with Image.open(io.BytesIO(data)) as picture:
            return MediaInfo(width=picture.width, height=picture.height)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return MediaInfo()


def _probe_video(data: bytes) -> MediaInfo:
    try:
        with av.open(io.BytesIO(data), mode="r") as container:
            if not container.streams.video:
                return MediaInfo()
            stream = container.streams.video[0]
            seconds = container.duration / av.time_base if container.duration else None
            return MediaInfo(width=stream.width, height=stream.height, seconds=seconds)
    except (av.error.FFmpegError, OSError, ValueError):
        return MediaInfo()
