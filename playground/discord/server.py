"""A Discord on loopback: state, REST API, gateway and files behind one port, and its faults."""

import re
import socket
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager

from aiohttp import web

from playground.discord.clock import Clock
from playground.discord.errors import RateLimitScope
from playground.discord.faults import Fault, FaultKind, Faults, Unreadable
from playground.discord.files import Files
from playground.discord.gateway.gateway import CloseCode, Gateway
from playground.discord.intents import NO_INTENTS, Intent
from playground.discord.interactions.commands import Commands
from playground.discord.interactions.registry import Interactions
from playground.discord.rest.api import BASE, Exchange, RestApi
from playground.discord.rest.call import Call
from playground.discord.rest.contract_checker import ContractChecker
from playground.discord.rest.rate_limits import Limits
from playground.discord.state import DiscordState

ANY_ROUTE = ""


class Discord:
    """One loopback Discord and the faults it can inject. Made by `open_discord`.

    `route` in the faults is a regular expression searched in `"METHOD /path"`, without `/api/v10`.
    Files, ephemeral ones too, are at `"GET /attachments/CHANNEL/ID/NAME"`.
    """

    def __init__(self, origin: str, *, check_contract: bool, privileged_intents: Intent) -> None:
        self.origin = origin
        self.clock = Clock()
        self.state = DiscordState(origin, self.clock)
        self.commands = Commands(self.state.ids, self.state.bot.id)
        self.interactions = Interactions(self.state)
        self.gateway = Gateway(self.state, privileged_intents)
        self._faults = Faults()
        self._files = Files(self.state, self._faults)
        call = Call(
            state=self.state,
            commands=self.commands,
            interactions=self.interactions,
            params={},
            query={},
            reads_content=bool(privileged_intents & Intent.MESSAGE_CONTENT),
        )
        self._rest = RestApi(
            call=call,
            limits=Limits(self.clock),
            faults=self._faults,
            contract_checker=ContractChecker() if check_contract else None,
        )

    @property
    def api_url(self) -> str:
        """The base of the REST API, for the bot's settings."""
        return self.origin + BASE

    @property
    def requests(self) -> list[Exchange]:
        """Every request of the bot, in order of the answers."""
        return self._rest.exchanges

    @property
    def file_requests(self) -> list[str]:
        """Every request for an uploaded file, in order, as `GET /attachments/CHANNEL/ID/NAME`."""
        return self._files.requests

    @property
    def violations(self) -> list[str]:
        """What the bot sent against Discord's API document."""
        return self._rest.violations

    @property
    def too_many(self) -> list[Exchange]:
        """The requests answered with a 429 that nobody asked for."""
        return [request for request in self.requests if request.status == 429 and not request.injected]

    @property
    def invalid_requests(self) -> list[Exchange]:
        """The requests that count towards Discord's ban of 10,000 in 10 minutes, also those asked to fail.

        They are the answers of 401, 403 and 429, without the 429 of a limit that is shared.
        """
        return [request for request in self.requests if request.is_invalid]

    def routes(self) -> list[web.RouteDef]:
        """All routes for the web application: REST, CDN and gateway."""
        gateway = [web.get("/gateway", self.gateway.handle), web.get("/gateway/", self.gateway.handle)]
        return [*self._rest.routes(), *self._files.routes(), *gateway]

    def advance(self, seconds: float) -> None:
        """Push the clock of this Discord forward: deadlines, tokens and addresses run out."""
        self.clock.advance(seconds)

    def fail(self, status: int = 500, times: int = 1, route: str = ANY_ROUTE, code: int = 0) -> None:
        """Answer the next requests with an error status and Discord's code, and do nothing."""
        self._add_fault(FaultKind.FAIL, route, times, status=status, code=code)

    def fail_with_page(self, status: int = 403, times: int = 1, route: str = ANY_ROUTE) -> None:
        """Answer the next requests as a proxy in front of Discord: an HTML page, no `Via`; do nothing.

        What Discord's own API says of Cloudflare has a code: `fail(403, code=40333)`.
        """
        self._add_fault(FaultKind.PAGE, route, times, status=status)

    def unreadable_before_processing(
        self, route: str, times: int = 1, body: Unreadable = Unreadable.PAGE
    ) -> None:
        """Answer with status 200 and a body that cannot be read; the request has no effect."""
        self._add_fault(FaultKind.UNREADABLE_BEFORE, route, times, body=body)

    def unreadable_after_processing(
        self, route: str, times: int = 1, body: Unreadable = Unreadable.PAGE
    ) -> None:
        """Answer with status 200 and a body that cannot be read, after the request took effect."""
        self._add_fault(FaultKind.UNREADABLE_AFTER, route, times, body=body)

    def rate_limit(
        self,
        times: int = 1,
        retry_after: float = 0.1,
        route: str = ANY_ROUTE,
        scope: RateLimitScope = RateLimitScope.USER,
    ) -> None:
        """Answer the next requests with a 429 and do nothing; `retry_after` in seconds."""
        self._add_fault(FaultKind.RATE_LIMIT, route, times, seconds=retry_after, scope=scope)

    def slow(self, route: str, seconds: float, times: int = 1) -> None:
        """Wait before the next requests are even looked at."""
        self._add_fault(FaultKind.SLOW, route, times, seconds=seconds)

    def cut_before_processing(self, route: str, times: int = 1) -> None:
        """Break the connection; the request has no effect. aiohttp's client repeats a GET once by itself."""
        self._add_fault(FaultKind.CUT_BEFORE, route, times)

    def cut_after_processing(self, route: str, times: int = 1) -> None:
        """Break the connection after the request took effect: its answer is lost."""
        self._add_fault(FaultKind.CUT_AFTER, route, times)

    def cut_and_process_late(self, route: str, times: int = 1) -> None:
        """Break the connection before the answer; the request takes effect at `process_late`."""
        self._add_fault(FaultKind.LATE, route, times)

    async def process_late(self) -> None:
        """Let what `cut_and_process_late` held back take effect, whatever was sent since."""
        await self._rest.process_late()

    def heal(self) -> None:
        """Forget all faults still to come."""
        self._faults.clear()

    def disconnect(self, code: int = CloseCode.UNKNOWN_ERROR) -> None:
        """Close the bot's gateway connection with a code; 4000 can be resumed."""
        self.gateway.disconnect(code)

    def drop_gateway(self, seconds: float) -> None:
        """Abort the gateway connection and refuse new ones for `seconds`."""
        self.gateway.drop(seconds)

    def forget_session(self) -> None:
        """Make the bot identify again: events that it missed are lost."""
        self.gateway.forget_sessions()

    def _add_fault(
        self,
        kind: FaultKind,
        route: str,
        times: int,
        *,
        status: int = 500,
        code: int = 0,
        seconds: float = 0.0,
        body: Unreadable = Unreadable.PAGE,
        scope: RateLimitScope = RateLimitScope.USER,
    ) -> None:
        pattern = re.compile(route)
        self._faults.add(
            Fault(
                kind=kind,
                route=pattern,
                times=times,
                status=status,
                code=code,
                seconds=seconds,
                body=body,
                scope=scope,
            )
        )


@asynccontextmanager
async def open_discord(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    check_contract: bool = True,
    privileged_intents: Intent = NO_INTENTS,
    routes: Callable[[], Iterable[web.RouteDef]] = tuple,
) -> AsyncGenerator[Discord]:
    """A Discord that listens on 127.0.0.1; port 0 takes a free one. `routes` are served beside its own.

    `host` is its name in all addresses: one that only a proxy knows is reached through the proxy alone.
    """
    listener = socket.create_server(("127.0.0.1", port))
    discord = Discord(
        f"http://{host}:{listener.getsockname()[1]}",
        check_contract=check_contract,
        privileged_intents=privileged_intents,
    )
    application = web.Application(client_max_size=32 * 1024 * 1024)
    application.add_routes([*discord.routes(), *routes()])
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.SockSite(runner, listener).start()
    try:
        yield discord
    finally:
        discord.clock.close()
        await discord.gateway.close()
        await runner.cleanup()
