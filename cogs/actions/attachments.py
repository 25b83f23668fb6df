"""Downloads of attachments: from Discord only, limited in bytes and time, without redirects."""

import aiohttp
import discord
from yarl import URL

import media
from cogs.ui.submissions import Upload
from jobs.errors import Refusal
from jobs.picture_intake import MAX_MEGABYTES, MAX_MEGAPIXELS

HOSTS = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
FETCH_TIMEOUT = aiohttp.ClientTimeout(total=30, connect=5, sock_read=10)
CHUNK = 64 * 1024


def refuse_by_metadata(attachment: discord.Attachment | Upload) -> None:
    """Raise a Refusal for an attachment whose metadata show that it is too large or no picture."""
    if attachment.size > media.MAX_PICTURE_BYTES:
        raise Refusal("too_large", limit=MAX_MEGABYTES)
    if (attachment.width or 0) * (attachment.height or 0) > media.MAX_PICTURE_PIXELS:
        raise Refusal("too_many_pixels", limit=MAX_MEGAPIXELS)
    kind = (attachment.content_type or "image/").lower()
    if kind.startswith(("image/heic", "image/heif")):
        raise Refusal("heic")
    if not kind.startswith(("image/", "application/octet-stream")) or kind.startswith("image/svg"):
        raise Refusal("not_a_picture")


class Attachments:
    """Downloads attachments from Discord's CDN, and from the origin (scheme, host, port) of `api_url`."""

    def __init__(self, session: aiohttp.ClientSession, api_url: str) -> None:
        self._session = session
        self._origin = URL(api_url).origin()

    async def fetch(self, url: str) -> bytes:
        """The bytes of the picture at an attachment's URL. Raises Refusal."""
        if not self._is_discord(URL(url)):
            raise Refusal("not_from_discord")
        try:
            async with self._session.get(url, allow_redirects=False, timeout=FETCH_TIMEOUT) as response:
                if response.status != 200:
                    raise Refusal("fetch")
                return await _read_bounded(response.content)
        except (aiohttp.ClientError, TimeoutError) as err:
            raise Refusal("fetch") from err

    def _is_discord(self, url: URL) -> bool:
        if not url.absolute:
            return False
        return url.origin() == self._origin or (url.scheme == "https" and url.host in HOSTS)


async def _read_bounded(content: aiohttp.StreamReader) -> bytes:
    """Read a picture of at most MAX_PICTURE_BYTES, whatever Content-Length says. Raises Refusal."""
    data = bytearray()
    async for chunk in content.iter_chunked(CHUNK):
        data += chunk
        if len(data) > media.MAX_PICTURE_BYTES:
            raise Refusal("too_large", limit=MAX_MEGABYTES)
    if not media.sniff(bytes(data[:64])):
        raise Refusal("not_a_picture")
    return bytes(data)
