"""Downloads of attachments: from Discord only, limited in bytes and time, without redirects."""

import re

import aiohttp
import discord
from yarl import URL

import media
from cogs.ui.submissions import Upload
from jobs.errors import Refusal
from jobs.picture_loader import MAX_MEGABYTES, MAX_MEGAPIXELS

HOSTS = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
PROXY = re.compile(r"images-ext-\d+\.discordapp\.net")  # Discord's copies of other sites' pictures
HTTPS_PORT = 443
SNIFFED_BYTES = 1024
FETCH_TIMEOUT = aiohttp.ClientTimeout(total=30, connect=5, sock_read=10)
CHUNK = 64 * 1024


def describe(attachment: discord.Attachment) -> Upload:
    """An option's attachment in the form in which all other files come."""
    return Upload(
        url=attachment.url,
        size=attachment.size,
        width=attachment.width,
        height=attachment.height,
        content_type=attachment.content_type,
        filename=attachment.filename,
        spoiler=attachment.is_spoiler(),
    )


def refuse_by_metadata(attachment: Upload) -> None:
    """Raise a Refusal for a file whose metadata show that it is too large: its name and type may be wrong."""
    if attachment.size > media.MAX_PICTURE_BYTES:
        raise Refusal("too_large", limit=MAX_MEGABYTES)
    if (attachment.width or 0) * (attachment.height or 0) > media.MAX_PICTURE_PIXELS:
        raise Refusal("too_many_pixels", limit=MAX_MEGAPIXELS)


class Attachments:
    """Downloads attachments from Discord's CDN, and from the origin (scheme, host, port) of `api_url`."""

    def __init__(self, session: aiohttp.ClientSession, api_url: str) -> None:
        self._session = session
        self._origin = URL(api_url).origin()

    async def fetch(self, url: str) -> bytes:
        """The bytes of the picture at an attachment's URL. Raises Refusal."""
        if not self.serves(url):
            raise Refusal("not_from_discord")
        try:
            async with self._session.get(url, allow_redirects=False, timeout=FETCH_TIMEOUT) as response:
                if response.status != 200:
                    raise Refusal("fetch")
                return await _read_bounded(response.content)
        except (aiohttp.ClientError, TimeoutError) as err:
            raise Refusal("fetch") from err

    def serves(self, url: str) -> bool:
        """Whether Discord serves this address itself: no other host is ever asked."""
        try:
            address = URL(url)
            return address.absolute and (address.origin() == self._origin or _is_discord(address))
        except ValueError:
            return False


def _is_discord(url: URL) -> bool:
    known = url.host in HOSTS or PROXY.fullmatch(url.host or "")
    return bool(known) and url.scheme == "https" and url.port == HTTPS_PORT


async def _read_bounded(content: aiohttp.StreamReader) -> bytes:
    """Read a picture of at most MAX_PICTURE_BYTES, whatever Content-Length says. Raises Refusal."""
    data = bytearray()
    async for chunk in content.iter_chunked(CHUNK):
        data += chunk
        if len(data) > media.MAX_PICTURE_BYTES:
            raise Refusal("too_large", limit=MAX_MEGABYTES)
        if len(data) - len(chunk) < SNIFFED_BYTES <= len(data):
            _refuse_other_files(data)
    _refuse_other_files(data)
    return bytes(data)


def _refuse_other_files(data: bytearray) -> None:
    """Raise a Refusal for a file that does not begin as a picture does."""
    if media.sniff(bytes(data[:SNIFFED_BYTES])) not in media.PICTURES:
        raise Refusal("not_a_picture")
