"""Middleware of every endpoint: checks the token, applies HTTP faults, renders refusals."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from playground.comfyui.errors import Refused
from playground.comfyui.faults import Faults, OneTimeFault
from playground.comfyui.sockets import cut

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self' data:; frame-src 'self'; object-src 'self';"
)
_INTERNAL_ERROR = "500 Internal Server Error\n\nServer got itself in trouble"


class RequestPolicy:
    """The middleware: token, faults, refusals."""

    def __init__(self, token: Callable[[], str | None], faults: Faults) -> None:
        self._token = token
        self._faults = faults

    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer a request: by a fault, by a refusal, or by its handler."""
        token = self._token()
        if token and request.headers.get("Authorization") != f"Bearer {token}":
            return web.Response(status=401, text="401: Unauthorized")
        if self._faults.stalled_path is not None and self._faults.stalled_path in request.path:
            await asyncio.Event().wait()
        if canned := self._faults.take_answer(request.method, request.path):
            return web.Response(status=canned.status, body=canned.body, content_type=canned.content_type)
        response = await _answer(request, handler)
        if request.method == "POST" and request.path.endswith("/prompt"):
            if self._faults.take(OneTimeFault.LOST_ANSWER):
                cut(request.transport)
            if status := self._faults.take_late_status():
                return web.Response(status=status, text="a timeout occurred")
        return response


async def add_policy(request: web.Request, response: web.StreamResponse) -> None:
    """The header that ComfyUI puts on all but its crashes."""
    del request
    if response.status < web.HTTPInternalServerError.status_code:
        response.headers["Content-Security-Policy"] = _POLICY


async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refused as refused:
        if refused.status == web.HTTPInternalServerError.status_code:
            return web.Response(status=refused.status, text=_INTERNAL_ERROR)
        if refused.body is None:
            return web.Response(status=refused.status)
        return web.json_response(refused.body, status=refused.status)
    except web.HTTPNotFound:
        return web.Response(status=404)
