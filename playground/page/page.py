"""The page's server: static files, a websocket of changes, and the POST endpoints."""

import asyncio
import contextlib
import json
import tempfile
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import WSCloseCode, web
from PIL import Image

from playground.comfyui.execution.clip import Clip
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
EXAMPLE_CRF = 23
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob:; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A sample picture and prompt that the page offers. `draw` returns a PNG; it is called in a thread.

    `prompt` and `title` are the same for everybody, or by Discord's code of a language.
    """

    draw: Callable[[], bytes]
    prompt: str | Mapping[str, str]
    title: str | Mapping[str, str] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A finished clip of the first sample, which the page shows. `draw` yields its frames, in a thread."""

    draw: Callable[[], Iterable[Image.Image]]
    size: tuple[int, int]
    fps: float

    def encode(self) -> bytes:
        """The clip as MP4. Blocks for seconds."""
        with tempfile.TemporaryDirectory(prefix="example-") as folder:
            file = Path(folder) / "example.mp4"
            clip = Clip(file, self.size, self.fps, EXAMPLE_CRF, {})
            clip.add(self.draw())
            clip.close()
            return file.read_bytes()


@contextlib.asynccontextmanager
async def playground_with_page(
    *,
    comfyui: Mapping[str, Any] | str | None = BUILT_IN,
    port: int = 0,
    samples: Sequence[Sample] = (),
    example: Example | None = None,
) -> AsyncGenerator[Playground]:
    """A playground whose address (`playground.discord.origin`) opens as a page in a browser."""
    playground: Playground = Playground(
        check_contract=False, comfyui=comfyui, port=port, routes=lambda: page.routes()
    )
    page = Page(playground, samples, example)
    async with playground, contextlib.aclosing(page):
        add_sample_channels(playground)
        yield playground


def add_sample_channels(playground: Playground) -> None:
    """Add a thread, a forum with a post, a voice channel, and a channel for moderators and the bot."""
    playground.thread("cats only")
    playground.post(playground.forum("gallery"), "Show your best clip")
    playground.voice("Lounge")
    moderators = playground.channel_named("moderators")
    playground.state.set_permissions(moderators, playground.guild.id, Overwrite(deny=Permission.VIEW_CHANNEL))
    for role in (playground.role("moderator"), playground.bot_user.id):
        playground.state.set_permissions(moderators, role, Overwrite(allow=Permission.VIEW_CHANNEL))


class Page:
    """Handlers for one playground. Each request's query names the viewer: `?as=ada&locale=en-US`."""

    def __init__(
        self, playground: Playground, samples: Sequence[Sample] = (), example: Example | None = None
    ) -> None:
        self._playground = playground
        self._samples = samples
        self._example = example
        self._encoding: asyncio.Task[bytes] | None = None
        self._actions = ActionHandlers(playground, Personas(playground))
        self._open: set[web.WebSocketResponse] = set()

    def routes(self) -> list[web.RouteDef]:
        """All routes; they are served on Discord's port, where the files of the messages are."""
        return [
            web.get("/", same_origin(self._index)),
            web.get("/playground/{name:[a-z]+\\.(?:css|js|svg)}", same_origin(self._static)),
            web.get("/playground/sample/{number:[0-9]}.png", same_origin(self._draw_sample)),
            web.get("/playground/example.mp4", same_origin(self._send_example)),
            web.get("/playground/events", same_origin(self._events)),
            *(
                web.post(f"/playground/{path}", same_origin(handler))
                for path, handler in self._actions.handlers().items()
            ),
        ]

    async def aclose(self) -> None:
        """Close every websocket, so that the server need not wait for them, and encode nothing more."""
        if self._encoding:
            self._encoding.cancel()
        await asyncio.gather(*(socket.close(code=WSCloseCode.GOING_AWAY) for socket in self._open))

    # static files

    async def _index(self, _: web.Request) -> web.FileResponse:
        return web.FileResponse(STATIC / "index.html", headers=HEADERS)

    async def _static(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(STATIC / request.match_info["name"], headers=HEADERS)

    async def _draw_sample(self, request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        if number >= len(self._samples):
            raise web.HTTPNotFound
        picture = await asyncio.to_thread(self._samples[number].draw)
        return web.Response(body=picture, content_type="image/png", headers=HEADERS)

    async def _send_example(self, _: web.Request) -> web.Response:
        """The example's clip, encoded once: who asks meanwhile waits for it, and who leaves stops nothing."""
        if self._example is None:
            raise web.HTTPNotFound
        if self._encoding is None:
            self._encoding = asyncio.create_task(asyncio.to_thread(self._example.encode), name="example")
        clip = await asyncio.shield(self._encoding)
        return web.Response(body=clip, content_type="video/mp4", headers=HEADERS)

    # events

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
        locale = view.locale
        samples = [
            {"title": in_language(each.title, locale), "prompt": in_language(each.prompt, locale)}
            for each in self._samples
        ]
        return {**view.about(), "samples": samples, "example": self._example is not None}


def in_language(text: str | Mapping[str, str], locale: str) -> str:
    """The text in that language, else in English."""
    return text if isinstance(text, str) else text.get(locale, text["en-US"])


def same_origin(handler: Handler) -> Handler:
    """Wrap a handler: check the origin, and turn the playground's errors into JSON responses."""

    async def answer(request: web.Request) -> web.StreamResponse:
        check_origin(request)
        try:
            return await handler(request)
        except OptionRefused as refused:
            return error_response(422, refused.reason, option=refused.option)
        except (NotPossible, DiscordRefusal) as err:
            return error_response(409, str(err))
        except json.JSONDecodeError:
            return error_response(400, "that is no JSON")
        except NeverHappened:
            return error_response(504, "the bot did not answer in time")

    return answer


def error_response(status: int, reason: str, **about: str) -> web.Response:
    """A JSON response with `reason`."""
    return web.json_response({"reason": reason, **about}, status=status)
