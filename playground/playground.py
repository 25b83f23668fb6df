"""The playground: a Discord and a ComfyUI on loopback with a guild in it, for tests and for the demo."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, AsyncExitStack
from dataclasses import replace
from types import MappingProxyType, TracebackType
from typing import Any, Self, TypeVar

from aiohttp import web

from playground.comfyui import ComfyUI
from playground.discord import render, render_messages
from playground.discord.change_feed import Change
from playground.discord.commands import Command
from playground.discord.intents import NO_INTENTS, Intent
from playground.discord.model import TEN_MEBIBYTES, Channel, ChannelKind, Guild, Message, Overwrite, User
from playground.discord.permissions import NOTHING, Permission
from playground.discord.server import Discord, open_discord
from playground.discord.state import DiscordState
from playground.errors import ContractBroken, NeverHappened
from playground.members import Member
from playground.tracked_job import Clip, TrackedJob

T = TypeVar("T")
BUILT_IN: Mapping[str, Any] = MappingProxyType({})
"""A ComfyUI of the playground's own, as it comes."""


class Playground:
    """One guild with a channel and a bot that may do everything it needs.

        async with Playground() as playground:
            ...  # start the bot with playground.environment()
            await playground.bot_online()
            job = await playground.member("ada").animate(picture, "the cat blinks")
            clip = await job.video()

    `comfyui` is a mapping of options for one of the playground's own, a running one, the address of a
    real one, or None. With `judge` (needs jsonschema) every request of the bot is held against Discord's
    API document, and leaving raises ContractBroken if one was wrong. `routes` are served on Discord's port,
    for a page.
    """

    discord: Discord

    def __init__(
        self,
        *,
        judge: bool = True,
        comfyui: Mapping[str, Any] | ComfyUI | str | None = BUILT_IN,
        port: int = 0,
        privileged_intents: Intent = NO_INTENTS,
        routes: Callable[[], Iterable[web.RouteDef]] = tuple,
    ) -> None:
        self._wanted_comfyui = comfyui
        self._discord = open_discord(
            port=port, judge=judge, privileged_intents=privileged_intents, routes=routes
        )
        self._stack = AsyncExitStack()
        self._comfyui: ComfyUI | None = None
        self._comfyui_url = ""
        self.claimed: set[int] = set()
        """Ids of the messages that a job has taken for its own."""

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await self._start_comfyui(stack)
            self.discord = await stack.enter_async_context(self._discord)
            self._stack = stack.pop_all()
        self._guild_id = self.state.add_guild("Playground").id
        self._channel_id = self.state.add_channel(self.guild, "general").id
        self.state.join(self.guild, self.bot_user.id)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        violations = self.discord.violations
        await self._stack.aclose()
        if violations and error is None:
            raise ContractBroken("\n".join(violations))

    async def _start_comfyui(self, stack: AsyncExitStack) -> None:
        wanted = self._wanted_comfyui
        if isinstance(wanted, str):
            self._comfyui_url = wanted
        elif isinstance(wanted, Mapping):
            self._comfyui = await stack.enter_async_context(ComfyUI(**wanted))
        elif wanted is not None:
            self._comfyui = wanted
        if self._comfyui is not None:
            self._comfyui_url = self._comfyui.url

    @property
    def comfyui(self) -> ComfyUI:
        """The ComfyUI that runs in this process. Raises LookupError where a real one is used, or none."""
        if self._comfyui is None:
            raise LookupError("this playground has no ComfyUI in this process")
        return self._comfyui

    @property
    def simulates_comfyui(self) -> bool:
        """Whether `comfyui` is there: no model runs."""
        return self._comfyui is not None

    # the guild

    @property
    def state(self) -> DiscordState:
        return self.discord.state

    @property
    def guild(self) -> Guild:
        return self.state.guilds[self._guild_id]

    @property
    def channel(self) -> Channel:
        """#general, where everything happens unless another channel is named."""
        return self.state.channels[self._channel_id]

    @property
    def bot_user(self) -> User:
        return self.state.bot

    @property
    def messages(self) -> list[Message]:
        """What everybody sees in the channel, oldest first."""
        return self.state.messages_in(self.channel.id)

    @property
    def commands(self) -> list[Command]:
        """What the bot has registered for this guild and for all."""
        return [*self.discord.commands.of(self._guild_id), *self.discord.commands.of(None)]

    def environment(self) -> dict[str, str]:
        """The settings with which the bot finds this playground."""
        found = {"DISCORD_TOKEN": self.state.token, "DISCORD_API_URL": self.discord.api_url}
        if self._comfyui_url:
            found["COMFYUI_URL"] = self._comfyui_url
        if isinstance(self._wanted_comfyui, Mapping) and self._wanted_comfyui.get("token"):
            found["COMFYUI_TOKEN"] = self._wanted_comfyui["token"]
        return found

    def channel_named(self, name: str, kind: ChannelKind = ChannelKind.TEXT) -> Channel:
        """The guild's channel of that name, made if need be."""
        for channel in self.state.channels.values():
            if channel.name == name and channel.guild_id == self._guild_id:
                return channel
        return self.state.add_channel(self.guild, name, kind)

    def thread(self, name: str, parent: Channel | None = None) -> Channel:
        return self.state.add_channel(self.guild, name, ChannelKind.PUBLIC_THREAD, parent or self.channel)

    def voice(self, name: str) -> Channel:
        """A voice channel, with the chat that belongs to it."""
        return self.channel_named(name, ChannelKind.VOICE)

    def forum(self, name: str) -> Channel:
        """A forum: nobody writes in it, only in its posts."""
        return self.channel_named(name, ChannelKind.FORUM)

    def post(self, forum: Channel, title: str) -> Channel:
        """A post in a forum: a thread, whose first message has the thread's own id."""
        thread = self.thread(title, forum)
        owner, now = self.guild.owner_id, self.state.clock.now()
        self.state.post(
            Message(id=thread.id, channel_id=thread.id, author_id=owner, content=title, sent_at=now)
        )
        return thread

    def forbid(self, permissions: Permission, channel: Channel | None = None) -> None:
        """Take permissions from the bot in a channel, and give back those taken before."""
        self.state.set_permissions(channel or self.channel, self.bot_user.id, Overwrite(deny=permissions))

    def allow(self, permissions: Permission, channel: Channel | None = None) -> None:
        """Give the bot permissions in a channel beyond everybody's, and take none."""
        self.state.set_permissions(channel or self.channel, self.bot_user.id, Overwrite(allow=permissions))

    def archive(self, thread: Channel, *, locked: bool = False) -> None:
        """Put a thread away; whoever writes into it opens it again, unless it is locked."""
        self.state.change_channel(replace(self.state.channel(thread.id), archived=True, locked=locked))

    def boost(self, level: int) -> None:
        """The guild's boost level: from 2 on it takes larger files."""
        self.state.change_guild(replace(self.guild, boost_level=level))

    def prefer(self, locale: str) -> None:
        """The guild's preferred language: what the bot is told as `guild_locale`."""
        self.state.change_guild(replace(self.guild, locale=locale))

    # the people

    def member(
        self,
        name: str = "ada",
        *,
        locale: str = "en-US",
        roles: Iterable[str] = (),
        permissions: Permission = NOTHING,
        bot: bool = False,
        upload_limit: int = TEN_MEBIBYTES,
        accepts_dms: bool = True,
    ) -> Member:
        """Somebody new in the guild, with roles (made if need be) and permissions beyond everybody's."""
        user = self.state.add_user(name, bot=bot, locale=locale)
        self.state.users[user.id] = replace(user, upload_limit=upload_limit, accepts_dms=accepts_dms)
        role_ids = [self.role(role) for role in roles]
        if permissions:
            role_ids.append(self.state.add_role(self.guild, f"{name}'s", permissions).id)
        self.state.join(self.guild, user.id, tuple(role_ids))
        return Member(self, user.id)

    def webhook(self, name: str = "feed") -> Member:
        """A webhook of the channel, which can `say` something under a name of its own."""
        author = self.state.add_user(name, bot=True)
        self.state.join(self.guild, author.id)
        return Member(self, author.id, webhook_id=author.id)

    def role(self, name: str) -> int:
        """The id of the guild's role of that name, made if need be."""
        for role in self.guild.roles.values():
            if role.name == name:
                return role.id
        return self.state.add_role(self.guild, name, 0).id

    # for a page

    def snapshot(self, viewer: Member) -> dict[str, object]:
        """All that somebody's client shows now, as plain JSON data; `watch` first, to miss nothing."""
        state = self.state
        channels = [each for each in state.channels.values() if each.guild_id == self._guild_id]
        return {
            "me": render.user(viewer.user),
            "bot": render.user(self.bot_user),
            "online": self.discord.gateway.online,
            "guild": render.guild(state, self.guild),
            "channels": [render.channel(state, each) for each in channels],
            "commands": [self.discord.commands.render(each) for each in self.commands],
            "messages": [
                render_messages.message(state, message)
                for channel in channels
                for message in state.messages_in(channel.id, viewer.id)
            ],
        }

    def watch(self, viewer: Member) -> AbstractContextManager[asyncio.Queue[Change]]:
        """The changes that somebody's client shows, from now on."""
        return self.state.feed.subscribe(lambda change: change.only_for in (None, viewer.id))

    # waiting

    async def bot_online(self, timeout: float = 30.0) -> None:
        """Wait until the bot has identified and has commands."""

        def look() -> bool | None:
            return True if self.discord.gateway.online and self.commands else None

        await self.until(look, timeout, "the bot is online with its commands")

    async def bot_offline(self, timeout: float = 30.0) -> None:
        await self.until(
            lambda: None if self.discord.gateway.online else True, timeout, "the bot goes offline"
        )

    async def until(
        self, look: Callable[[], T | None], timeout: float, what: str, about: TrackedJob | None = None
    ) -> T:
        """The first value other than None that `look` returns, asked at each change. Raises NeverHappened."""
        try:
            return await self.state.feed.until(look, timeout)
        except TimeoutError as error:
            raise NeverHappened(f"not within {timeout} s: {what}\n{self._report(about)}") from error

    def _report(self, about: TrackedJob | None) -> str:
        """The last words of a job and the last requests, for whoever reads why a test failed."""
        texts = [f"  {revision.text!r}" for revision in about.texts[-5:]] if about else []
        refusal = [f"  refused: {about.refusal!r}"] if about and about.refusal else []
        requests = [f"  {request}" for request in self.discord.requests[-15:]]
        return "\n".join(["its last texts:", *texts, *refusal, "the bot's last requests:", *requests])

    # what a message shows

    def render(self, message: Message) -> dict[str, object]:
        """A message as Discord's JSON."""
        return render_messages.message(self.state, message)

    def clip(self, message: Message) -> Clip | None:
        """The message as a clip, if it carries a video."""
        for file in message.attachments:
            if file.content_type.startswith("video/"):
                pinged = tuple(self.state.user(person).name for person in sorted(message.pinged))
                return Clip(message=message, file=file, url=self.state.cdn.url(file), pinged=pinged)
        return None
