"""Routes for guilds, their members, channels and direct messages."""

from playground.discord import errors
from playground.discord.json_values import as_id
from playground.discord.model import Channel
from playground.discord.permissions import Permission, permissions_of, send_permission
from playground.discord.render.guilds import (
    render_channel,
    render_guild,
    render_member,
    render_thread_member,
    render_user,
)
from playground.discord.rest.call import Call, Route
from playground.discord.rest.rate_limits import DEFAULT_LIMIT


def require(call: Call, channel: Channel, *needed: Permission) -> None:
    """Raise 403/50001 where the bot cannot see the channel, 403/50013 where it lacks a permission."""
    granted = call.state.permissions(call.state.bot.id, channel)
    if not call.state.sees(call.state.bot.id, channel):
        raise errors.missing_access()
    if any(not granted & permission for permission in needed):
        raise errors.missing_permissions()


async def channel(call: Call) -> object:
    """A channel that the bot sees."""
    found = call.channel()
    require(call, found)
    return render_channel(call.state, found)


async def thread_member(call: Call) -> object:
    """Somebody who joined a thread that the bot sees. Raises 404/10007."""
    found, user_id = call.channel(), call.id("user_id")
    require(call, found)
    if user_id not in found.members:
        raise errors.unknown("Member")
    return render_thread_member(found, user_id)


async def guild(call: Call) -> object:
    """A guild that the bot is in."""
    return render_guild(call.state, call.state.guild(call.id("guild_id")))


async def own_guilds(call: Call) -> object:
    """Those that the bot is in, in short; paging by `after` and `limit`."""
    after, limit = int(call.query.get("after", 0)), int(call.query.get("limit", 200))
    state, bot = call.state, call.state.bot
    mine = [each for each in state.guilds.values() if bot.id in each.members and each.id > after]
    return [
        {
            "id": str(each.id),
            "name": each.name,
            "icon": None,
            "banner": None,
            "owner": each.owner_id == bot.id,
            "features": list[str](),
            "permissions": str(int(permissions_of(each, bot.id))),
        }
        for each in sorted(mine, key=lambda each: each.id)[:limit]
    ]


async def leave_guild(call: Call) -> object:
    """End the bot's own membership of a guild."""
    call.state.leave(call.state.guild(call.id("guild_id")), call.state.bot.id)
    return None


async def guild_channels(call: Call) -> object:
    """The channels of a guild that the bot sees, without its threads."""
    state = call.state
    found = state.guild(call.id("guild_id"))
    channels = [each for each in state.channels.values() if each.guild_id == found.id and not each.is_thread]
    return [render_channel(state, each) for each in channels if state.sees(state.bot.id, each)]


async def member(call: Call) -> object:
    """A member of a guild. Raises 404/10007."""
    found, user_id = call.state.guild(call.id("guild_id")), call.id("user_id")
    if user_id not in found.members:
        raise errors.unknown("Member")
    return render_member(call.state, found, user_id)


async def user(call: Call) -> object:
    """A user."""
    return render_user(call.state.user(call.id("user_id")))


async def open_dm(call: Call) -> object:
    """The direct messages with a user, created if need be."""
    recipient = as_id(call.json.get("recipient_id")) or 0
    return render_channel(call.state, call.state.dm_with(recipient))


async def typing(call: Call) -> object:
    """Check the permission to send; shows nothing."""
    require(call, call.channel(), send_permission(call.channel()))
    return None


ROUTES = (
    Route(method="GET", template="/channels/{channel_id}", handler=channel, limit=DEFAULT_LIMIT),
    Route(
        method="GET",
        template="/channels/{channel_id}/thread-members/{user_id}",
        handler=thread_member,
        limit=DEFAULT_LIMIT,
    ),
    Route(method="POST", template="/channels/{channel_id}/typing", handler=typing),
    Route(method="GET", template="/users/@me/guilds", handler=own_guilds, limit=DEFAULT_LIMIT),
    Route(method="DELETE", template="/users/@me/guilds/{guild_id}", handler=leave_guild, limit=DEFAULT_LIMIT),
    Route(method="GET", template="/guilds/{guild_id}", handler=guild, limit=DEFAULT_LIMIT),
    Route(method="GET", template="/guilds/{guild_id}/channels", handler=guild_channels, limit=DEFAULT_LIMIT),
    Route(method="GET", template="/guilds/{guild_id}/members/{user_id}", handler=member, limit=DEFAULT_LIMIT),
    Route(method="GET", template="/users/{user_id}", handler=user, limit=DEFAULT_LIMIT),
    Route(method="POST", template="/users/@me/channels", handler=open_dm, limit=DEFAULT_LIMIT),
)
