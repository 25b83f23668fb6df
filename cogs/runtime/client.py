"""The Discord client: its intents, permissions and API address."""

import contextlib
from collections.abc import AsyncGenerator

import aiohttp
import discord
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from cogs.discord_api.scheduler import RequestScheduler
from cogs.runtime.unreadable import AnsweringTree, GuardedParsers, read_polls_without_end

DISCORD_API = "https://discord.com/api/v10"
INTENTS = discord.Intents(guilds=True, guild_messages=True, reactions=True)  # none of them privileged
PERMISSIONS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    attach_files=True,
    embed_links=True,
    read_message_history=True,
    add_reactions=True,
)


class AnimateBot(commands.Bot):
    """The discord.py bot. It has the intent for guild messages to receive deletions.

    `scheduler`: gives its requests their turns. `proxy`: the address of the HTTP proxy for all of them.
    """

    def __init__(self, scheduler: RequestScheduler, proxy: str | None = None) -> None:
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            intents=INTENTS,
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            http_trace=scheduler.trace(),
            proxy=proxy,
            tree_cls=AnsweringTree,
        )
        self.scheduler = scheduler
        GuardedParsers(self).wrap(self._connection.parsers)

    async def on_message(self, message: discord.Message, /) -> None:
        """Do not process prefix commands: the bot has application commands only."""


@contextlib.asynccontextmanager
async def open_client(token: str, api_url: str, proxy: str | None = None) -> AsyncGenerator[AnimateBot]:
    """A client that is logged in but not yet connected to the gateway; `proxy`: an HTTP proxy's address.

    Raises LoginFailure, HTTPException, aiohttp.ClientError, TimeoutError.
    """
    if api_url != DISCORD_API:
        await _use_api(api_url, proxy)
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # the bot does not use voice
    read_polls_without_end()
    async with AnimateBot(RequestScheduler(api_url), proxy) as client:
        await client.login(token)
        yield client


async def _use_api(url: str, proxy: str | None) -> None:
    """Use another API address (a REST proxy, the playground): discord.py keeps addresses on classes."""
    Route.BASE = url.rstrip("/")
    timeout = aiohttp.ClientTimeout(total=30)
    async with (
        aiohttp.ClientSession(timeout=timeout, proxy=proxy) as session,
        session.get(f"{Route.BASE}/gateway") as answer,
    ):
        answer.raise_for_status()
        DiscordWebSocket.DEFAULT_GATEWAY = URL((await answer.json())["url"])


def invite_link(client: commands.Bot) -> str:
    """The address where somebody adds the bot to a guild, with the permissions that it needs."""
    return discord.utils.oauth_url(
        client.application_id or 0, permissions=PERMISSIONS, scopes=("bot", "applications.commands")
    )
