"""The REST API: faults, token, rate limits and contract check before each route's handler."""

import contextlib
import json
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from aiohttp import BodyPartReader, web

from playground.discord import errors
from playground.discord.change_feed import Change
from playground.discord.faults import Fault, FaultKind, Faults, cut, proxy_page, unreadable
from playground.discord.json_values import as_object
from playground.discord.model import Upload
from playground.discord.rest import application, commands, guilds, messages, reactions, webhooks
from playground.discord.rest.call import Call, Route
from playground.discord.rest.contract_checker import ContractChecker
from playground.discord.rest.rate_limits import Limits

BASE = "/api/v10"
ROUTES: tuple[Route, ...] = (
    *application.ROUTES,
    *commands.ROUTES,
    *webhooks.ROUTES,
    *messages.ROUTES,
    *reactions.ROUTES,
    *guilds.ROUTES,
)
_VIA = {"Via": "1.1 google"}
"""On answers of Discord itself; discord.py retries a 429 only with it."""
_INSTEAD = (FaultKind.FAIL, FaultKind.RATE_LIMIT, FaultKind.PAGE, FaultKind.UNREADABLE_BEFORE)
MAJOR_PARAMETERS = (
    "channel_id",
    "guild_id",
    "webhook_id",
    "webhook_token",
    "interaction_id",
    "interaction_token",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request of a bot and how it was answered."""

    method: str
    path: str
    body: object
    files: tuple[str, ...]
    status: int
    at: float
    injected: bool
    """The answer is a fault that was asked for."""
    scope: str | None = None
    """Of a 429 the `X-RateLimit-Scope`."""

    @property
    def is_invalid(self) -> bool:
        """Whether Discord counts it towards the ban of an address (reference, "Invalid Request Limit")."""
        return self.status in (401, 403, 429) and self.scope != errors.RateLimitScope.SHARED

    def __str__(self) -> str:
        words = json.dumps(self.body, ensure_ascii=False)[:120] if self.body else ""
        return f"{self.status} {self.method} {self.path} {words} {' '.join(self.files)}".rstrip()


@dataclass(slots=True, kw_only=True)
class RestApi:
    """Answers everything below `/api/v10`; `call` is what every handler gets, without its request."""

    call: Call
    limits: Limits
    faults: Faults
    contract_checker: ContractChecker | None
    late: list[tuple[Route, Call]] = field(default_factory=list[tuple[Route, Call]])
    exchanges: list[Exchange] = field(default_factory=list[Exchange])
    violations: list[str] = field(default_factory=list[str])

    def routes(self) -> list[web.RouteDef]:
        """What to add to the web application; the last row catches what Discord does not have."""
        known = [web.route(route.method, BASE + route.template, self._handler(route)) for route in ROUTES]
        return [*known, web.route("*", BASE + "/{rest:.*}", self._unknown)]

    def _handler(self, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._handle(route, request)

        return handle

    async def _unknown(self, request: web.Request) -> web.StreamResponse:
        self.violations.append(f"{request.method} {request.path} is no route of Discord that is known here")
        return _json_response(404, {"message": "404: Not Found", "code": 0}, {})

    async def _handle(self, route: Route, request: web.Request) -> web.StreamResponse:
        name = f"{request.method} {request.path.removeprefix(BASE)}"
        if await self.faults.delay_or_cut(name):
            return cut(request)
        try:
            call = await self._read(request)
        except errors.DiscordRefusal as refusal:
            return _json_response(refusal.status, refusal.body(), {})
        if self.faults.take(name, FaultKind.LATE):
            self.late.append((route, call))
            return cut(request)
        fault = self.faults.take(name, *_INSTEAD)
        response = await self._answer(route, request, call, fault)
        lost = self.faults.take(name, FaultKind.CUT_AFTER, FaultKind.UNREADABLE_AFTER)
        self._remember(request, call, response, injected=bool(fault or lost))
        return _lose(lost, request, response) if lost else response

    async def process_late(self) -> None:
        """Let the requests whose connection broke take effect now; those that are refused have none.

        A nonce is left out: Discord compares it for some minutes only, and not on all its machines at once.
        """
        late, self.late = self.late, []
        for route, call in late:
            body = {key: value for key, value in as_object(call.body).items() if "nonce" not in key}
            with contextlib.suppress(errors.DiscordRefusal):
                await route.handler(replace(call, body=body))

    async def _answer(
        self, route: Route, request: web.Request, call: Call, fault: Fault | None
    ) -> web.Response:
        headers: dict[str, str] = {}
        bucket = _bucket(route, call.params)
        try:
            if fault:
                return _injected(fault)
            self._admit(route, request)
            headers = self.limits.headers(route.template, bucket, route.limit)
            self.limits.take(bucket, route.limit)
            headers = self.limits.headers(route.template, bucket, route.limit)
            self._check_contract(route, call)
            call.require_available()
            result = await route.handler(call)
        except errors.RateLimited as refusal:
            return _json_response(429, refusal.body(), headers | _rate_limit_headers(refusal))
        except errors.DiscordRefusal as refusal:
            return _json_response(refusal.status, refusal.body(), headers)
        if result is None:
            return web.Response(status=204, headers=_VIA | headers)
        return _json_response(200, result, headers)

    def _admit(self, route: Route, request: web.Request) -> None:
        if not route.needs_token:
            return
        if request.headers.get("Authorization") != f"Bot {self.call.state.token}":
            raise errors.unauthorized()
        self.limits.take_from_token()

    def _check_contract(self, route: Route, call: Call) -> None:
        if self.contract_checker is None:
            return
        self.violations += self.contract_checker.check_request(
            route.method, route.template, call.query, call.body
        )

    async def _read(self, request: web.Request) -> Call:
        body, files = None, tuple[Upload, ...]()
        if request.content_type == "multipart/form-data":
            body, files = await _read_form(request)
        elif request.can_read_body:
            body = _parse(await request.read())
        return replace(self.call, params=request.match_info, query=request.query, body=body, files=files)

    def _remember(self, request: web.Request, call: Call, response: web.Response, *, injected: bool) -> None:
        exchange = Exchange(
            method=request.method,
            path=request.path.removeprefix(BASE),
            body=call.body,
            files=tuple(f"{file.filename} ({len(file.data)} bytes)" for file in call.files),
            status=response.status,
            scope=response.headers.get("X-RateLimit-Scope"),
            at=self.call.state.clock.now(),
            injected=injected,
        )
        self.exchanges.append(exchange)
        self.call.state.feed.publish(Change(name="CLIENT_REQUEST", data={"request": str(exchange)}))


def _parse(data: bytes) -> object:
    try:
        return json.loads(data)
    except ValueError as error:
        raise errors.DiscordRefusal(400, 50109, "The request body contains invalid JSON.") from error


async def _read_form(request: web.Request) -> tuple[object, tuple[Upload, ...]]:
    """The `payload_json` of a form and its `files[n]`."""
    body: object = None
    files: list[Upload] = []
    async for part in await request.multipart():
        part = cast(BodyPartReader, part)
        data = bytes(await part.read())
        if part.name == "payload_json":
            body = as_object(_parse(data))
        elif part.name and part.name.startswith("files["):
            index = int(part.name.removeprefix("files[").removesuffix("]"))
            files.append(Upload(filename=part.filename or "unknown", data=data, index=index))
    return body, tuple(files)


def _bucket(route: Route, params: Mapping[str, str]) -> str:
    major = [params[name] for name in MAJOR_PARAMETERS if name in params]
    return f"{route.method} {route.template} {'+'.join(major)}"


def _injected(fault: Fault) -> web.Response:
    """The answer of a fault that keeps the request from its handler."""
    match fault.kind:
        case FaultKind.PAGE:
            return proxy_page(fault.status)
        case FaultKind.UNREADABLE_BEFORE:
            return unreadable(fault.body)
        case FaultKind.RATE_LIMIT:
            raise errors.RateLimited(fault.seconds, fault.scope)
        case _:
            raise errors.DiscordRefusal(fault.status, fault.code, f"{fault.status}: asked to fail")


def _lose(fault: Fault, request: web.Request, response: web.Response) -> web.StreamResponse:
    """What becomes of the answer to a request that took effect."""
    if fault.kind is FaultKind.CUT_AFTER:
        return cut(request)
    return unreadable(fault.body, response.body if isinstance(response.body, bytes) else b"{}")


def _rate_limit_headers(refusal: errors.RateLimited) -> dict[str, str]:
    return {
        **_VIA,
        "Retry-After": str(math.ceil(refusal.retry_after)),
        "X-RateLimit-Scope": refusal.scope,
        **({"X-RateLimit-Global": "true"} if refusal.scope is errors.RateLimitScope.GLOBAL else {}),
    }


def _json_response(status: int, data: object, headers: dict[str, str]) -> web.Response:
    """JSON with the bare content type: with a charset behind it discord.py would not parse it."""
    headers = headers if status == web.HTTPTooManyRequests.status_code else _VIA | headers
    return web.Response(
        status=status, body=json.dumps(data).encode(), headers=headers, content_type="application/json"
    )
