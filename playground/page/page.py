"""The page's server: its files, the stream of what changes, and what a person at it does."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import WSCloseCode, web

from playground.discord.commands import CommandKind
from playground.discord.model import Message
from playground.discord.options import descend
from playground.discord.wire import Json, as_id, as_object, as_text
from playground.errors import NeverHappened, NotPossible, OptionRefused
from playground.page.form import read_options
from playground.page.origin import check_origin
from playground.page.view import View
from playground.page.visitors import Visitors
from playground.people import Member
from playground.place import BUILT_IN, Playground

STATIC = Path(__file__).parent / "static"
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob:; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What somebody may animate who brings nothing: a PNG, drawn in a thread, and a prompt."""

    draw: Callable[[], bytes]
    prompt: str


@contextlib.asynccontextmanager
async def place_with_page(
    *, comfyui: Mapping[str, Any] | str | None = BUILT_IN, port: int = 0, sample: Sample | None = None
) -> AsyncGenerator[Playground]:
    """A playground whose address (`place.discord.origin`) opens as a page in a browser."""
    place: Playground = Playground(judge=False, comfyui=comfyui, port=port, routes=lambda: page.routes())
    page = Page(place, sample)
    async with place, contextlib.aclosing(page):
        yield place


class Page:
    """Handlers for one place. Each request says in its query who it is: `?as=ada&locale=en-US`."""

    def __init__(self, place: Playground, sample: Sample | None = None) -> None:
        self._place = place
        self._sample = sample
        self._visitors = Visitors(place)
        self._open: set[web.WebSocketResponse] = set()

    def routes(self) -> list[web.RouteDef]:
        """To be served on Discord's port, where the files of the messages are."""
        return [
            web.get("/", guarded(self._index)),
            web.get("/playground/{name:[a-z]+\\.(?:css|js|svg)}", guarded(self._static)),
            web.get("/playground/sample.png", guarded(self._draw_sample)),
            web.get("/playground/events", guarded(self._events)),
            web.post("/playground/command/{name}", guarded(self._command)),
            web.post("/playground/choices/{name}", guarded(self._choices)),
            web.post("/playground/react", guarded(self._react)),
            web.post("/playground/press", guarded(self._press)),
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
        viewer = self._visitor(request)
        socket = web.WebSocketResponse(timeout=1.0)
        await socket.prepare(request)
        self._open.add(socket)
        try:
            async with asyncio.TaskGroup() as tasks:
                telling = tasks.create_task(self._tell(socket, viewer), name=f"page of {viewer.name}")
                async for _ in socket:
                    pass  # the page only listens: this ends when it is closed
                telling.cancel()
        finally:
            self._open.discard(socket)
        return socket

    async def _tell(self, socket: web.WebSocketResponse, viewer: Member) -> None:
        view = View(self._place, viewer)
        with self._place.watch(viewer) as changes, contextlib.suppress(ConnectionResetError):
            about = self._about(view)
            await socket.send_json(["state", {"about": about, "messages": view.messages()}])
            while True:
                if told := view.told(await changes.get()):
                    await socket.send_json(told)
                elif about != (about := self._about(view)):
                    await socket.send_json(["about", about])

    def _about(self, view: View) -> dict[str, object]:
        return {**view.about(), "sample": self._sample.prompt if self._sample else None}

    # what a person does

    async def _command(self, request: web.Request) -> web.Response:
        """A slash command (`animate`, `rules show`) with its options as a multipart form."""
        visitor, name = self._visitor(request), request.match_info["name"]
        options = await read_options(self._definition(name), await request.post())
        await visitor.command(name, channel=self._place.channel, **options)
        return web.json_response({})

    async def _choices(self, request: web.Request) -> web.Response:
        """What the bot offers for the `option` named in the query, by what the form holds so far."""
        visitor, name, option = self._visitor(request), request.match_info["name"], request.query["option"]
        others = await read_options(self._definition(name), await request.post())
        offered = await visitor.autocomplete(name, option, others.pop(option, ""), **others)
        return web.json_response([{"name": name, "value": value} for name, value in offered])

    async def _react(self, request: web.Request) -> web.Response:
        """Put an `emoji` under a `message`, or take one's own away."""
        visitor, asked = self._visitor(request), as_object(await request.json())
        message, emoji = self._message(asked), as_text(asked.get("emoji"))
        if visitor.id in message.reactions.get(emoji, ()):
            await visitor.unreact(message, emoji)
        else:
            await visitor.react(message, emoji)
        return web.json_response({})

    async def _press(self, request: web.Request) -> web.Response:
        """Press the `button` (its custom id) of a `message`."""
        asked = as_object(await request.json())
        await self._visitor(request).press(self._message(asked), as_text(asked.get("button")))
        return web.json_response({})

    # who and what is meant

    def _visitor(self, request: web.Request) -> Member:
        query = request.query
        return self._visitors.find(query.get("as", ""), query.get("locale", "en-US"))

    def _message(self, asked: Json) -> Message:
        message = self._place.world.messages.get(as_id(asked.get("message")) or 0)
        if message is None:
            raise NotPossible("that message is gone")
        return message

    def _definition(self, name: str) -> Json:
        root, *path = name.split()
        commands = self._place.discord.commands
        command = commands.find(root, CommandKind.SLASH, self._place.guild.id)
        if command is None:
            raise NotPossible(f"there is no command {root}")
        return descend(command.definition, tuple(path))


def guarded(handler: Handler) -> Handler:
    """The handler for the page itself and nobody else, with the reasons why something cannot be as JSON."""

    async def answer(request: web.Request) -> web.StreamResponse:
        check_origin(request)
        try:
            return await handler(request)
        except OptionRefused as refused:
            return refuse(422, refused.reason, option=refused.option)
        except NotPossible as err:
            return refuse(409, str(err))
        except json.JSONDecodeError:
            return refuse(400, "that is no JSON")
        except NeverHappened:
            return refuse(504, "the bot did not answer in time")

    return answer


def refuse(status: int, reason: str, **about: str) -> web.Response:
    return web.json_response({"reason": reason, **about}, status=status)
