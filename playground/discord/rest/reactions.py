"""Routes for reactions under messages."""

from playground.discord import errors
from playground.discord.emoji import MAX_REACTIONS, is_emoji
from playground.discord.permissions import Permission
from playground.discord.render.guilds import render_user
from playground.discord.rest.call import Call, Route
from playground.discord.rest.guilds import require
from playground.discord.rest.rate_limits import REACTION_LIMIT
from playground.discord.rest.threads import require_takes_reactions

OF_MESSAGE = "/channels/{channel_id}/messages/{message_id}/reactions"
OF_EMOJI = OF_MESSAGE + "/{emoji_name}"


async def add(call: Call) -> object:
    """Add the bot's reaction; a new emoji needs Add Reactions."""
    message, emoji = call.message(), call.params["emoji_name"]
    require(call, call.channel(), Permission.READ_MESSAGE_HISTORY)
    if not is_emoji(emoji, call.state.emojis):
        raise errors.unknown_emoji()
    if emoji not in message.reactions:
        require(call, call.channel(), Permission.ADD_REACTIONS)
        if len(message.reactions) >= MAX_REACTIONS:
            raise errors.too_many_reactions()
    require_takes_reactions(call.channel())
    call.state.react(message, call.state.bot.id, emoji)


async def remove_own(call: Call) -> object:
    """Remove the bot's reaction from a message of a channel that it sees."""
    require(call, call.channel(), Permission.VIEW_CHANNEL)
    require_takes_reactions(call.channel())
    call.state.unreact(call.message(), call.state.bot.id, call.params["emoji_name"])


async def remove_of_user(call: Call) -> object:
    """Remove another user's reaction; needs Manage Messages."""
    require(call, call.channel(), Permission.MANAGE_MESSAGES)
    require_takes_reactions(call.channel())
    call.state.unreact(call.message(), call.id("user_id"), call.params["emoji_name"])


async def remove_all(call: Call) -> object:
    """Remove all reactions; needs Manage Messages."""
    require(call, call.channel(), Permission.MANAGE_MESSAGES)
    require_takes_reactions(call.channel())
    for emoji, people in call.message().reactions.items():
        for person in people:
            call.state.unreact(call.message(), person, emoji)


async def people(call: Call) -> object:
    """Users who reacted with an emoji, by id; paging by `after` and `limit`."""
    require(call, call.channel(), Permission.READ_MESSAGE_HISTORY)
    reacted = call.message().reactions.get(call.params["emoji_name"], ())
    after, limit = int(call.query.get("after", 0)), int(call.query.get("limit", 25))
    later = sorted(person for person in reacted if person > after)
    return [render_user(call.state.user(person)) for person in later[:limit]]


ROUTES = (
    Route(method="PUT", template=OF_EMOJI + "/@me", handler=add, limit=REACTION_LIMIT),
    Route(method="DELETE", template=OF_EMOJI + "/@me", handler=remove_own, limit=REACTION_LIMIT),
    Route(method="DELETE", template=OF_EMOJI + "/{user_id}", handler=remove_of_user, limit=REACTION_LIMIT),
    Route(method="DELETE", template=OF_MESSAGE, handler=remove_all, limit=REACTION_LIMIT),
    Route(method="GET", template=OF_EMOJI, handler=people),
)
