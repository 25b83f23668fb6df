"""The playground: a Discord and a ComfyUI on loopback with a guild in it, for tests and for the demo."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, AsyncExitStack
from dataclasses import replace
from types import MappingProxyType, TracebackType
from typing import Any, Self

from aiohttp import web

from playground.comfyui import ComfyUI
from playground.discord.change_feed import Change
from playground.discord.intents import NO_INTENTS, Intent
from playground.discord.model import Message
from playground.discord.permissions import NOTHING, Permission
from playground.discord.render.guilds import render_channel, render_guild, render_user
from playground.discord.render.messages import render_message
from playground.discord.server import open_discord
from playground.errors import ContractBroken
from playground.guild import PlaygroundGuild
from playground.members import Member
from playground.tracked_job import Clip, clip_of

BUILT_IN: Mapping[str, Any] = MappingProxyType({})
"""A ComfyUI of the playground's own, as it comes."""


class Playground(PlaygroundGuild):
    """One guild with a channel and a bot that may do everything it needs.

        async with Playground() as playground:
            ...  # start the bot with playground.environment()
            await playground.bot_online()
            job = await playground.member("ada").animate(picture, "the cat blinks")
            clip = await job.video()

    `comfyui` is a mapping of options for one of the playground's own, a running one, the address of a
    real one, or None. With `check_contract` (needs jsonschema-rs) every request of the bot is validated by
    Discord's API document, and leaving raises ContractBroken if one was wrong. `routes` are served on
    Discord's port, for a page. `host` is Discord's name in its addresses. `patience` multiplies what
    everything is waited for: a machine that runs other tests beside this one is slow, and only what never
    happens is waited for to the end.
    """

    def __init__(
        self,
        *,
        check_contract: bool = True,
        comfyui: Mapping[str, Any] | ComfyUI | str | None = BUILT_IN,
        host: str = "127.0.0.1",
        patience: float = 1.0,
        port: int = 0,
        privileged_intents: Intent = NO_INTENTS,
        routes: Callable[[], Iterable[web.RouteDef]] = tuple,
    ) -> None:
        super().__init__(patience=patience)
        self._wanted_comfyui = comfyui
        self._discord = open_discord(
            host=host,
            port=port,
            check_contract=check_contract,
            privileged_intents=privileged_intents,
            routes=routes,
        )
        self._stack = AsyncExitStack()
        self._comfyui: ComfyUI | None = None
        self._comfyui_url = ""

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await self._start_comfyui(stack)
            self.open_guild(await stack.enter_async_context(self._discord))
            self._stack = stack.pop_all()
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

    def environment(self) -> dict[str, str]:
        """The settings with which the bot finds this playground."""
        found = {"DISCORD_TOKEN": self.state.token, "DISCORD_API_URL": self.discord.api_url}
        if self._comfyui_url:
            found["COMFYUI_URL"] = self._comfyui_url
        if isinstance(self._wanted_comfyui, Mapping) and self._wanted_comfyui.get("token"):
            found["COMFYUI_TOKEN"] = self._wanted_comfyui["token"]
        return found

    # members

    def member(
        self,
        name: str = "ada",
        *,
        locale: str = "en-US",
        roles: Iterable[str] = (),
        permissions: Permission = NOTHING,
        bot: bool = False,
        upload_limit: int = 0,
        accepts_dms: bool = True,
    ) -> Member:
        """A new member, with roles (made if need be) and permissions beyond everybody's.

        `upload_limit` is what the person's plan allows: bytes a file, beyond the default for all.
        """
        user = self.state.add_user(name, bot=bot, locale=locale)
        self.state.users[user.id] = replace(user, upload_limit=upload_limit, accepts_dms=accepts_dms)
        role_ids = [self.role(role) for role in roles]
        if permissions:
            role_ids.append(self.state.add_role(self.guild, f"{name}'s", permissions).id)
        self.state.join(self.guild, user.id, tuple(role_ids))
        return Member(self, user.id)

    def webhook(self, name: str = "feed") -> Member:
        """A webhook, which can `say` something under a name of its own."""
        author = self.state.add_user(name, bot=True)
        self.state.join(self.guild, author.id)
        return Member(self, author.id, webhook_id=author.id)

    # for a page

    def snapshot(self, viewer: Member) -> dict[str, object]:
        """All that the viewer's client shows now, as plain JSON data; `watch` first, to miss nothing."""
        state = self.state
        channels = [each for each in state.channels.values() if each.guild_id == self._guild_id]
        return {
            "me": render_user(viewer.user),
            "bot": render_user(self.bot_user),
            "online": self.discord.gateway.online,
            "guild": render_guild(state, self.guild),
            "channels": [render_channel(state, each) for each in channels],
            "commands": [self.discord.commands.render(each) for each in self.commands],
            "messages": [
                render_message(state, message)
                for channel in channels
                for message in state.messages_in(channel.id, viewer.id)
            ],
        }

    def watch(self, viewer: Member) -> AbstractContextManager[asyncio.Queue[Change]]:
        """The changes that the viewer's client shows, from now on."""
        return self.state.feed.subscribe(lambda change: change.only_for in (None, viewer.id))

    # waiting

    async def bot_online(self, timeout: float = 30.0) -> None:
        """Wait until the bot has identified and has commands."""

        def condition() -> bool | None:
            return True if self.discord.gateway.online and self.commands else None

        await self.until(condition, timeout, "the bot is online with its commands")

    async def bot_offline(self, timeout: float = 30.0) -> None:
        """Wait until no bot is connected to the gateway."""
        await self.until(
            lambda: None if self.discord.gateway.online else True, timeout, "the bot goes offline"
        )

    def clip(self, message: Message) -> Clip | None:
        """The message as a clip, if it carries a video."""
        return clip_of(self.state, message)
