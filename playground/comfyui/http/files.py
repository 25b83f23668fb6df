"""The endpoints for uploads and downloads."""

import asyncio
from pathlib import Path

from aiohttp import web
from aiohttp.web_request import FileField

from playground.comfyui.errors import Refused
from playground.comfyui.faults import Faults, OneTimeFault
from playground.comfyui.folders import Folders
from playground.comfyui.sockets import cut

_CHUNK = bytes(64 * 1024)


class FileEndpoints:
    """/upload/image and /view."""

    def __init__(self, folders: Folders, faults: Faults) -> None:
        self._folders = folders
        self._faults = faults

    def routes(self) -> list[web.RouteDef]:
        """Where the endpoints are."""
        return [web.post("/upload/image", self.upload), web.get("/view", self.view)]

    async def upload(self, request: web.Request) -> web.Response:
        """Store a file, of whatever kind, and answer the name it got (recording 01)."""
        form = await request.post()
        image = form.get("image")
        if not isinstance(image, FileField):
            raise Refused(400)
        kind, subfolder = str(form.get("type", "input")), str(form.get("subfolder", ""))
        data = await asyncio.to_thread(image.file.read)
        save = self._folders.replace if form.get("overwrite") in ("true", "1") else self._folders.add
        name = await asyncio.to_thread(save, kind, subfolder, image.filename, data)
        return web.json_response({"name": name, "subfolder": subfolder, "type": kind})

    async def view(self, request: web.Request) -> web.StreamResponse:
        """One file, with Range; name, subfolder and type must all be right (recordings 10, 44)."""
        query = request.query
        kind, subfolder = query.get("type", "output"), query.get("subfolder", "")
        path = self._folders.view(kind, subfolder, query.get("filename", ""))
        if "Range" not in request.headers:  # who asks for a part is not the download that is to break
            if self._faults.take(OneTimeFault.CUT_DOWNLOAD):
                return await _send_half(request, path)
            if too_much := self._faults.take_oversize():
                return await _send_too_much(request, path, too_much)
        headers = {
            "Content-Disposition": f'filename="{path.name}"',
            "X-Content-Type-Options": "nosniff",
        }
        return web.FileResponse(path, headers=headers)


async def _send_too_much(request: web.Request, path: Path, too_much: int) -> web.StreamResponse:
    response = await _begin(request, None)
    await response.write(await asyncio.to_thread(path.read_bytes))
    for sent in range(0, too_much, len(_CHUNK)):
        await response.write(_CHUNK[: too_much - sent])
    return response


async def _send_half(request: web.Request, path: Path) -> web.StreamResponse:
    data = await asyncio.to_thread(path.read_bytes)
    response = await _begin(request, len(data))
    await response.write(data[: len(data) // 2])
    cut(request.transport)
    return response


async def _begin(request: web.Request, length: int | None) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "video/mp4"})
    response.content_length = length
    await response.prepare(request)
    return response
