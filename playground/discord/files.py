"""Serves uploaded files under their signed addresses, whole or in ranges."""

import re

from aiohttp import web

from playground.discord.faults import FaultKind, Faults, cut
from playground.discord.model import Attachment
from playground.discord.state import DiscordState

GONE = "This content is no longer available."
SHOWN = re.compile("image/(?!svg)[a-z0-9.+-]+|video/[a-z0-9.+-]+|audio/[a-z0-9.+-]+")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}  # the page has the same origin: no file that somebody uploaded may act in its name


class Files:
    """`GET /attachments/CHANNEL/ID/NAME?ex=…&is=…&hm=…` and the same below `/ephemeral-attachments`.

    `GET /external/ID/NAME` is Discord's copy of another site's picture; here its address is not signed.
    """

    def __init__(self, state: DiscordState, faults: Faults) -> None:
        self._state = state
        self._faults = faults
        self.requests: list[str] = []

    def routes(self) -> list[web.RouteDef]:
        """The routes of the CDN for the web application."""
        path = "{folder:attachments|ephemeral-attachments}/{channel_id:[0-9]{1,20}}/{id:[0-9]{1,20}}/{name}"
        return [web.get("/" + path, self._serve), web.get("/external/{id:[0-9]{1,20}}/{name}", self._serve)]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        pattern = "/attachments/{channel_id}/{id}/{name}" if _is_own(request) else "/external/{id}/{name}"
        name = f"GET {pattern.format_map(request.match_info)}"
        self.requests.append(name)
        if await self._faults.delay_or_cut(name):
            return cut(request)
        if fault := self._faults.take(name, FaultKind.FAIL):
            return web.Response(status=fault.status)
        response = self._file(request)
        response.headers.update(HEADERS)
        if not SHOWN.fullmatch(response.content_type):
            response.headers["Content-Disposition"] = "attachment"
        return response

    def _file(self, request: web.Request) -> web.Response:
        file = self._state.files.get(int(request.match_info["id"]))
        admitted = not _is_own(request) or self._state.cdn.admits(request.rel_url.raw_path, request.query)
        if file is None or not admitted:
            return web.Response(status=404, text=GONE)
        kind = _media_type(file)
        headers = {"Accept-Ranges": "bytes", "Cache-Control": "private, max-age=86400"}
        if "Range" not in request.headers:
            return web.Response(body=file.data, headers=headers, content_type=kind)
        start, stop = _asked(request, len(file.data))
        if start >= stop:
            return web.Response(status=416, headers={"Content-Range": f"bytes */{len(file.data)}"})
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(file.data)}"
        return web.Response(status=206, body=file.data[start:stop], headers=headers, content_type=kind)


def _media_type(file: Attachment) -> str:
    """The media type that the uploader named, without parameters; that of any bytes where it is none."""
    named = (file.content_type or "").partition(";")[0].strip().lower()
    return named if re.fullmatch("[a-z]+/[a-z0-9.+-]+", named) else "application/octet-stream"


def _is_own(request: web.Request) -> bool:
    """Whether the file was uploaded to Discord."""
    return "folder" in request.match_info


def _asked(request: web.Request, size: int) -> tuple[int, int]:
    """First and last-plus-one byte that a Range header asks for; an empty range for a senseless one."""
    try:
        start, stop, _ = request.http_range.indices(size)
    except ValueError:
        return 0, 0
    return start, stop
