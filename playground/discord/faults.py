"""What can go wrong on purpose between a bot and Discord's REST API or files."""

import asyncio
import re
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from aiohttp import web

from playground.discord.errors import RateLimitScope


class FaultKind(StrEnum):
    """What happens instead of the normal response."""

    FAIL = "fail"
    """An error status instead of an answer; nothing happens."""
    RATE_LIMIT = "rate_limit"
    SLOW = "slow"
    CUT_BEFORE = "cut_before"
    """The connection breaks and nothing happens."""
    CUT_AFTER = "cut_after"
    """It takes effect, but the connection breaks before the answer."""
    LATE = "late"
    """The connection breaks, and it takes effect later, when the nonce is forgotten: `process_late`."""
    PAGE = "page"
    """An error status with a page instead of JSON, as from a proxy in front of Discord; nothing happens."""
    UNREADABLE_BEFORE = "unreadable_before"
    """Status 200 with a body that cannot be read; nothing happens."""
    UNREADABLE_AFTER = "unreadable_after"
    """It takes effect, and is answered with status 200 and a body that cannot be read."""


class Unreadable(StrEnum):
    """Bodies that are no answer of Discord's."""

    PAGE = "page"
    """An HTML page, as a proxy puts in between."""
    CUT_JSON = "cut_json"
    """The first half of the JSON, still called `application/json`."""


@dataclass(slots=True, kw_only=True)
class Fault:
    """A fault for the next `times` requests whose "METHOD /path" matches `route`."""

    kind: FaultKind
    route: re.Pattern[str]
    times: int
    status: int = 500
    code: int = 0
    seconds: float = 0.0
    body: Unreadable = Unreadable.PAGE
    scope: RateLimitScope = RateLimitScope.USER


class Faults:
    """The faults still to come, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._coming: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Queue a fault behind those still to come."""
        self._coming.append(fault)

    def take(self, request: str, *kinds: FaultKind) -> Fault | None:
        """The first fault of these kinds for a request (`"PATCH /channels/1/messages/2"`), used up once."""
        for fault in self._coming:
            if fault.times > 0 and fault.kind in kinds and fault.route.search(request):
                fault.times -= 1
                return fault
        return None

    async def delay_or_cut(self, request: str) -> bool:
        """Wait as a slow fault asks for; whether the connection must then break with nothing done."""
        if slow := self.take(request, FaultKind.SLOW):
            await asyncio.sleep(slow.seconds)
        return self.take(request, FaultKind.CUT_BEFORE) is not None

    def clear(self) -> None:
        """Forget all faults still to come."""
        self._coming.clear()


def proxy_page(status: int) -> web.Response:
    """A page of a proxy in front of Discord: no JSON, and none of the headers that Discord sends."""
    title = f"{status} {HTTPStatus(status).phrase}"
    page = f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return web.Response(status=status, text=page, content_type="text/html", headers={"Server": "cloudflare"})


def unreadable(body: Unreadable, answer: bytes = b"{}") -> web.Response:
    """Status 200 with a body that cannot be read, in place of `answer`."""
    if body is Unreadable.PAGE:
        return proxy_page(200)
    return web.Response(body=answer[: max(1, len(answer) // 2)], content_type="application/json")


def cut(request: web.Request) -> web.StreamResponse:
    """Break the connection; the response is never sent."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
