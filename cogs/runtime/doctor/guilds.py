"""The doctor's look into guilds: channels where the bot cannot post, ids in settings that do not exist."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import discord
from discord.ext import commands

from cogs.runtime.doctor.report import Line, Scope, failed
from cogs.runtime.settings import Settings

MAX_NAMES = 10  # channels in one line
MAX_USERS = 20  # ids that are asked for one by one
ALLOW_FIX = "Allow it to the bot or its role: Edit Channel, Permissions."
ID_FIX = "Copy the id anew: Developer Mode in Discord's settings, then a right click and Copy ID."

NO_GUILD = "the bot is in no guild"
NOWHERE = "no guild that the bot is in has"

Postable = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.ForumChannel


@dataclass(frozen=True, slots=True, kw_only=True)
class GuildFacts:
    """A guild: its roles, and for each channel that the bot sees what it lacks there to post a clip."""

    id: int
    name: str
    roles: frozenset[int]
    channels: Mapping[int, str]
    lacking: Mapping[int, Sequence[str]]


async def read_guild(client: commands.Bot, guild_id: int) -> GuildFacts | None:
    """Read roles and channels of a guild; None where Discord does not let the bot."""
    try:
        guild = await client.fetch_guild(guild_id, with_counts=False)
        channels = await guild.fetch_channels()
        me = await guild.fetch_member(client.user.id if client.user else 0)
    except (discord.Forbidden, discord.NotFound):
        return None
    posting = [each for each in channels if isinstance(each, Postable)]
    return GuildFacts(
        id=guild_id,
        name=guild.name,
        roles=frozenset(role.id for role in guild.roles),
        channels={each.id: each.name for each in channels},
        lacking={each.id: _lacking(each, each.permissions_for(me)) for each in posting},
    )


def check_channels(facts: GuildFacts, settings: Settings | None, scope: Scope | None) -> Iterator[Line]:
    """One line for the channels where overwrites keep the bot from posting clips.

    Needed where these are all in which it may be used. Those that it does not see are private, most likely.
    """
    allowed = settings.allowed_channels if settings else frozenset[int]()
    served = {each: lacks for each, lacks in facts.lacking.items() if not allowed or each in allowed}
    blocked = {each: lacks for each, lacks in served.items() if lacks}
    told = [
        f"#{facts.channels[each]} (lacks {', '.join(lacks)})"
        for each, lacks in blocked.items()
        if each in allowed or "View Channel" not in lacks
    ]
    needed = scope is not None and len(blocked) == len(served)
    if told or needed:
        more = f" and {len(told) - MAX_NAMES} more" if len(told) > MAX_NAMES else ""
        where = f"{', '.join(told[:MAX_NAMES])}{more}" if told else "any channel that it sees"
        text = f"{facts.name}: cannot post clips in {where}"
        yield failed("channels", text, ALLOW_FIX, needed=needed, scope=scope)


def is_served(guild_id: int, facts: GuildFacts | None, settings: Settings | None) -> bool:
    """Whether the settings let anybody use the bot in a guild."""
    if settings is None:
        return True
    if settings.allowed_guilds and guild_id not in settings.allowed_guilds:
        return False
    channels = settings.allowed_channels
    return not channels or facts is None or bool(channels & facts.channels.keys())


async def check_ids(
    client: commands.Bot, guilds: Mapping[int, GuildFacts | None], settings: Settings
) -> AsyncIterator[Line]:
    """A line for each setting with ids that do not exist; needed where nobody is left who may use the bot.

    `guilds`: those that the bot is in, by id. Roles and channels are not looked for where one is not known.
    """
    known = [each for each in guilds.values() if each]
    for line in (
        _unknown("ALLOWED_GUILDS", settings.allowed_guilds, guilds, NO_GUILD, limits=True),
        _unknown("PREVIEWS_OFF_GUILDS", settings.previews_off_guilds, guilds, NO_GUILD),
    ):
        if line:
            yield line
    if known and len(known) == len(guilds):
        async for line in _check_parts(client, known, settings):
            yield line
    if missing := [each async for each in _missing_users(client, settings.blocked_users)]:
        text = f"BLOCKED_USERS: there is nobody with the id {', '.join(missing)}"
        yield failed("ids", text, ID_FIX, needed=False)


async def _check_parts(
    client: commands.Bot, guilds: Sequence[GuildFacts], settings: Settings
) -> AsyncIterator[Line]:
    """The settings that name roles and channels of these guilds, which are all."""
    roles = frozenset[int]().union(*(each.roles for each in guilds))
    channels = {each for guild in guilds for each in guild.channels}
    threads = [each for each in settings.allowed_channels - channels if await _is_thread(client, each)]
    for line in (
        _unknown(
            "ALLOWED_CHANNELS", settings.allowed_channels, channels.union(threads), NOWHERE, limits=True
        ),
        _unknown("ALLOWED_ROLES", settings.allowed_roles, roles, NOWHERE, limits=True),
        _unknown("ROLE_WEIGHTS", settings.role_weights, roles, NOWHERE),
    ):
        if line:
            yield line


def _unknown(
    setting: str, named: Iterable[int], existing: Iterable[int], where: str, *, limits: bool = False
) -> Line | None:
    """The line about ids that do not exist; `limits`: only who has one of them may use the bot."""
    ids, known = set(named), set(existing)
    if unknown := sorted(ids - known):
        text = f"{setting}: {where} {', '.join(map(str, unknown[:MAX_NAMES]))}"
        return failed("ids", text, ID_FIX, needed=limits and not ids & known)
    return None


def _lacking(channel: Postable, granted: discord.Permissions) -> Sequence[str]:
    in_threads = isinstance(channel, discord.ForumChannel)
    send = "send_messages_in_threads" if in_threads else "send_messages"
    wanted = ("view_channel", send, "attach_files")
    if granted.administrator:
        return ()
    return [name.replace("_", " ").title() for name in wanted if not getattr(granted, name)]


async def _is_thread(client: commands.Bot, channel_id: int) -> bool:
    """Whether an id that is no channel of a guild is a thread's."""
    try:
        await client.fetch_channel(channel_id)
    except (discord.Forbidden, discord.NotFound, discord.InvalidData):
        return False
    return True


async def _missing_users(client: commands.Bot, ids: Iterable[int]) -> AsyncIterator[str]:
    for user_id in sorted(ids)[:MAX_USERS]:
        try:
            await client.fetch_user(user_id)
        except discord.NotFound:
            yield str(user_id)
