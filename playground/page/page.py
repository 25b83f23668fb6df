"""The page's server: its files, the stream of what changes, and what a person at it does."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import WSCloseCode, web

from playground.discord.errors import DiscordRefusal
from playground.discord.model import Overwrite
from playground.discord.permissions import Permission
from playground.errors import NeverHappened, NotPossible, OptionRefused
from playground.members import Member
from playground.page.actions import ActionHandlers, Handler
from playground.page.origin import check_origin
from playground.page.personas import Personas
from playground.page.view import View
from playground.playground import BUILT_IN, Playground

STATIC = Path(__file__).parent / "static"
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob:; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What somebody may animate who brings nothing: a PNG, drawn in a thread, and a prompt."""

    draw: Callable[[], bytes]
    prompt: str


@contextlib.asynccontextmanager
async def playground_with_page(
    *, comfyui: Mapping[str, Any] | str | None = BUILT_IN, port: int = 0, sample: Sample | None = None
) -> AsyncGenerator[Playground]:
    """A playground whose address (`playground.discord.origin`) opens as a page in a browser."""
    playground: Playground = Playground(judge=False, comfyui=comfyui, port=port, routes=lambda: page.routes())
    page = Page(playground, sample)
    async with playground, contextlib.aclosing(page):
        add_sample_channels(playground)
        yield playground


def add_sample_channels(playground: Playground) -> None:
    """A place of each kind in which one can talk; the moderators' is for them and the bot."""
    playground.thread("cats only")
    playground.post(playground.forum("gallery"), "Show your best clip")
    playground.voice("Lounge")
    moderators = playground.channel_named("moderators")
    playground.state.set_permissions(moderators, playground.guild.id, Overwrite(deny=Permission.VIEW_CHANNEL))
    for role in (playground.role("moderator"), playground.bot_user.id):
        playground.state.set_permissions(moderators, role, Overwrite(allow=Permission.VIEW_CHANNEL))


class Page:
    """Handlers for one place. Each request says in its query who looks: `?as=ada&locale=en-US`."""

    def __init__(self, playground: Playground, sample: Sample | None = None) -> None:
        self._playground = playground
        self._sample = sample
        self._actions = ActionHandlers(playground, Personas(playground))
        self._open: set[web.WebSocketResponse] = set()

    def routes(self) -> list[web.RouteDef]:
        """To be served on Discord's port, where the files of the messages are."""
        return [
            web.get("/", guarded(self._index)),
            web.get("/playground/{name:[a-z]+\\.(?:css|js|svg)}", guarded(self._static)),
            web.get("/playground/sample.png", guarded(self._draw_sample)),
            web.get("/playground/events", guarded(self._events)),
            *(
                web.post(f"/playground/{path}", guarded(handler))
                for path, handler in self._actions.handlers().items()
            ),
        ]

    async def aclose(self) -> None:
        """Hang up on every browser, so that the server need not wait for them."""
        await asyncio.gather(*(socket.close(code=WSCloseCode.GOING_AWAY) for socket in self._open))

    # what the page is made of

    async def _index(self, _: web.Request) -> web.FileResponse:
        return web.FileResponse(STATIC / "index.html", headers=HEADERS)

    async def _static(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(STATIC / request.match_info["name"], headers=HEADERS)

    async def _draw_sample(self, _: web.Request) -> web.Response:
        if self._sample is None:
            raise web.HTTPNotFound
        picture = await asyncio.to_thread(self._sample.draw)
        return web.Response(body=picture, content_type="image/png", headers=HEADERS)

    # what it shows

    async def _events(self, request: web.Request) -> web.WebSocketResponse:
        """A websocket of `[name, data]`: `state` is everything, then what changes: messages or `about`."""
        viewer = self._actions.member(request)
        socket = web.WebSocketResponse(timeout=1.0)
        await socket.prepare(request)
        self._open.add(socket)
        try:
            async with asyncio.TaskGroup() as tasks:
                telling = tasks.create_task(self._send_events(socket, viewer), name=f"page of {viewer.name}")
                async for _ in socket:
                    pass  # the page only listens: this ends when it is closed
                telling.cancel()
        finally:
            self._open.discard(socket)
        return socket

    async def _send_events(self, socket: web.WebSocketResponse, viewer: Member) -> None:
        view = View(self._playground, viewer)
        with self._playground.watch(viewer) as changes, contextlib.suppress(ConnectionResetError):
            about = self._about(view)
            await socket.send_json(["state", {"about": about, "messages": view.messages()}])
            while True:
                if event_for := view.event_for(await changes.get()):
                    await socket.send_json(event_for)
                elif about != (about := self._about(view)):
                    await socket.send_json(["about", about])

    def _about(self, view: View) -> dict[str, object]:
        return {**view.about(), "sample": self._sample.prompt if self._sample else None}


def guarded(handler: Handler) -> Handler:
    """The handler for the page itself and nobody else, with the reasons why something cannot be as JSON."""

    async def answer(request: web.Request) -> web.StreamResponse:
        check_origin(request)
        try:
            return await handler(request)
        except OptionRefused as refused:
            return refuse(422, refused.reason, option=refused.option)
        except (NotPossible, DiscordRefusal) as err:
            return refuse(409, str(err))
        except json.JSONDecodeError:
            return refuse(400, "that is no JSON")
        except NeverHappened:
            return refuse(504, "the bot did not answer in time")

    return answer


def refuse(status: int, reason: str, **about: str) -> web.Response:
    return web.json_response({"reason": reason, **about}, status=status)
