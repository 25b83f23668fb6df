"""A client of the page's endpoints without a browser: sends its requests, receives its events."""

import asyncio
import io
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

from playground.page import Sample, playground_with_page
from playground.page.browser import Tab
from playground.playground import Playground
from tests.playground.small_bot import SmallBot, picture, running

Setup = tuple[Playground, SmallBot, Tab]
SAMPLE = Sample(draw=picture, prompt="the cat blinks")


@asynccontextmanager
async def page_with_bot(**options: object) -> AsyncGenerator[tuple[Playground, SmallBot]]:
    """A playground with a page, and the small bot in it."""
    async with (
        playground_with_page(**{"comfyui": None, "samples": [SAMPLE]} | options) as playground,
        running(playground, SmallBot()) as bot,
    ):
        yield playground, bot


def shows(selector: str, words: str) -> str:
    """A condition of the page: some element has these words."""
    return (
        f"[...document.querySelectorAll({selector!r})].some((each) => each.textContent.includes({words!r}))"
    )


@dataclass(frozen=True)
class Received:
    event: str
    data: dict


class Stream:
    """The events of one page, each waited for at most five seconds."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def next(self, *events: str) -> Received:
        """The next event with one of these names; others are passed over."""
        async with asyncio.timeout(5):
            while (received := Received(*await self._socket.receive_json())).event not in events:
                pass
        return received


class PageClient:
    """One member at the page. `headers` has the Origin that a browser sends."""

    def __init__(self, session: aiohttp.ClientSession, playground: Playground, name: str = "ada") -> None:
        self._session = session
        self._playground = playground
        self.query = {"as": name, "locale": "en-US"}
        self.headers = {"Origin": playground.discord.origin}

    async def get(self, path: str, **headers: str) -> tuple[int, bytes, str]:
        async with self._session.get(self._url(path), params=self.query, headers=headers) as answer:
            return answer.status, await answer.read(), answer.headers["Content-Type"]

    async def run(self, name: str, **fields: object) -> tuple[int, dict]:
        return await self.form(f"command/{name}", **fields)

    async def form(self, path: str, **fields: object) -> tuple[int, object]:
        """Send a form; bytes (or a stream of them) are a file."""
        form = aiohttp.FormData(default_to_multipart=True)
        for key, value in fields.items():
            if isinstance(value, bytes | io.IOBase):
                form.add_field(key, value, filename="cat.png", content_type="image/png")
            else:
                form.add_field(key, str(value))
        return await self._post(path, form)

    async def do(self, path: str, **what: object) -> tuple[int, object]:
        return await self._post(path, json.dumps(what).encode())

    @asynccontextmanager
    async def events(self) -> AsyncGenerator[Stream]:
        async with self._session.ws_connect(
            self._url("events"), params=self.query, headers=self.headers
        ) as socket:
            yield Stream(socket)

    async def _post(self, path: str, body: object) -> tuple[int, object]:
        async with self._session.post(
            self._url(path), params=self.query, headers=self.headers, data=body
        ) as answer:
            return answer.status, await answer.json(content_type=None) if answer.status != 403 else {}

    def _url(self, path: str) -> str:
        return f"{self._playground.discord.origin}/playground/{path}"
