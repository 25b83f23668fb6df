"""A parsed request to the REST API, and the route that names its handler."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from playground.discord.errors import outage, unknown
from playground.discord.interactions.commands import Commands
from playground.discord.interactions.registry import Interactions
from playground.discord.json_values import Json, as_object
from playground.discord.model import Channel, Message, Upload
from playground.discord.rest.rate_limits import CHANNEL_LIMIT, Limit
from playground.discord.state import DiscordState


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A parsed request. `body` is the JSON (of a form: its `payload_json`), `files` the form's files."""

    state: DiscordState
    commands: Commands
    interactions: Interactions
    params: Mapping[str, str]
    query: Mapping[str, str]
    body: object = None
    files: tuple[Upload, ...] = ()
    reads_content: bool = False
    """Whether the application has the message-content intent."""

    @property
    def json(self) -> Json:
        """The body as an object; empty if it is none."""
        return as_object(self.body)

    def id(self, name: str) -> int:
        """A snowflake of the path."""
        return int(self.params[name]) if self.params[name].isdecimal() else 0

    def channel(self) -> Channel:
        """The path's channel. Raises 404/10003."""
        return self.state.channel(self.id("channel_id"))

    def message(self) -> Message:
        """The path's message. Raises 404/10003 or 10008."""
        self.channel()
        return self.state.message(self.id("channel_id"), self.id("message_id"))

    def require_available(self) -> None:
        """Raise 503 where the path's guild, or its channel's, has an outage."""
        guild = self.state.guilds.get(self.id("guild_id")) if "guild_id" in self.params else None
        if "channel_id" in self.params:
            guild = self.state.guild_of(self.id("channel_id"))
        if guild is not None and guild.unavailable:
            raise outage()

    def own_application(self) -> int:
        """The path's application id, which must be the bot's own."""
        if self.id("application_id") != self.state.bot.id:
            raise unknown("application command")
        return self.state.bot.id


Handler = Callable[[Call], Awaitable[object]]
"""Returns what is sent as JSON; None becomes 204."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`template` is the path as Discord's API document writes it."""

    method: str
    template: str
    handler: Handler
    limit: Limit = CHANNEL_LIMIT
    needs_token: bool = True
    """Asks for the bot's token and counts towards its limit; interactions do neither."""
