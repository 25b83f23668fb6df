"""The doctor's look at Discord, by HTTP only, so that the bot does not appear online."""

import time
from collections.abc import AsyncIterator, Iterator, Sequence
from email.utils import parsedate_to_datetime

import aiohttp
import discord
from discord.ext import commands

from cogs.runtime.client import INTENTS, PERMISSIONS, invite_link, open_client
from cogs.runtime.doctor.guilds import GuildFacts, check_channels, check_ids, is_served, read_guild
from cogs.runtime.doctor.report import Line, Scope, failed, passed
from cogs.runtime.proxy import explain_failure
from cogs.runtime.settings import Settings

GUILDS_PER_REQUEST = 200  # Discord's limit
MAX_GUILDS = 50  # whose channels and roles are looked at, by three requests each
PRIVILEGED = ("members", "presences", "message_content")
MAX_CLOCK_SKEW = 10.0  # seconds
CLOCK_TIMEOUT = aiohttp.ClientTimeout(total=20)


async def check_discord(token: str, api_url: str, settings: Settings | None) -> tuple[Line, ...]:
    """The token, intents, clock, and what the bot may do in each guild; the ids in the settings."""
    if not token:
        fix = "Create a bot: README.md, Run it for your server."
        return (failed("token", "there is no DISCORD_TOKEN", fix),)
    try:
        proxy = settings.discord_proxy() if settings else None
        async with open_client(token, api_url, proxy) as client:
            lines = [line async for line in _check_bot(client, settings)]
            return (*lines, *await _check_clock(api_url, proxy))
    except discord.LoginFailure:
        fix = "Copy it anew from Discord's developer portal: Bot, Reset Token."
        return (failed("token", "Discord refuses the DISCORD_TOKEN", fix),)
    except (aiohttp.ClientError, discord.HTTPException, TimeoutError) as err:
        fix = "Look at the network, or at discordstatus.com, and try again."
        return (failed("reachable", f"Discord cannot be asked ({explain_failure(err)})", fix),)


async def _check_bot(client: commands.Bot, settings: Settings | None) -> AsyncIterator[Line]:
    yield passed("token", f"logged in as {client.user}")
    wanted = [name for name in PRIVILEGED if getattr(INTENTS, name)]
    yield passed("intents", f"privileged intents that must be switched on: {', '.join(wanted) or 'none'}")
    guilds: dict[int, GuildFacts | None] = {}
    async for guild_id, name, granted in _guilds(client):
        facts = await read_guild(client, guild_id) if len(guilds) < MAX_GUILDS else None
        guilds[guild_id] = facts
        scope = Scope("guild", str(guild_id)) if is_served(guild_id, facts, settings) else None
        yield _check_permissions(name, granted, client, scope)
        for line in check_channels(facts, settings, scope) if facts else ():
            yield line
    if settings:
        async for line in check_ids(client, guilds, settings):
            yield line
    for line in _check_presence(client, bool(guilds)):
        yield line


def _check_presence(client: commands.Bot, is_anywhere: bool) -> Iterator[Line]:
    if is_anywhere:
        yield passed("invite", f"invite it to another guild: {invite_link(client)}")
    else:
        fix = f"Invite it: {invite_link(client)}"
        yield failed("guild", "it is in no guild yet", fix, needed=False)


async def _guilds(client: commands.Bot) -> AsyncIterator[tuple[int, str, discord.Permissions]]:
    """The id and name of each guild, and the bot's permissions there, without overwrites of channels."""
    after = None
    while True:
        # discord.py's Guild leaves out the field that says what the bot may do.
        page = await client.http.get_guilds(GUILDS_PER_REQUEST, after=after, with_counts=False)
        for guild in page:
            yield int(guild["id"]), guild["name"], discord.Permissions(int(guild.get("permissions", 0)))
        if len(page) < GUILDS_PER_REQUEST:
            return
        after = page[-1]["id"]


def _check_permissions(
    guild: str, granted: discord.Permissions, client: commands.Bot, scope: Scope | None
) -> Line:
    """What it lacks in a guild; `scope`: None for a guild that the settings leave out."""
    lacking = [
        name.replace("_", " ").title()
        for name, is_needed in PERMISSIONS
        if is_needed and not (granted.administrator or getattr(granted, name))
    ]
    if not lacking:
        return passed("permissions", f"{guild}: has all permissions that it needs", scope=scope)
    text = f"{guild}: lacks {', '.join(lacking)}"
    fix = f"Give them to its role under Server Settings, Roles, or invite it again: {invite_link(client)}"
    return failed("permissions", text, fix, needed=scope is not None, scope=scope)


async def _check_clock(api_url: str, proxy: str | None) -> Sequence[Line]:
    """Compare this machine's clock with the Date header of Discord's answer."""
    async with (
        aiohttp.ClientSession(timeout=CLOCK_TIMEOUT, proxy=proxy) as session,
        session.get(f"{api_url.rstrip('/')}/gateway") as answer,
    ):
        date = answer.headers.get("Date", "")
    try:
        skew = time.time() - parsedate_to_datetime(date).timestamp()
    except ValueError:
        return ()
    if abs(skew) <= MAX_CLOCK_SKEW:
        return ()
    direction = "ahead of" if skew > 0 else "behind"
    text = f"this machine's clock is {abs(skew):.0f} s {direction} Discord's, as all times in messages are"
    return (failed("clock", text, "Let this machine set its clock by the network.", needed=False),)
