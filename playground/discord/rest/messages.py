"""Routes for messages in channels."""

from dataclasses import replace

from playground.discord import errors
from playground.discord.intents import blanked, may_read
from playground.discord.json_values import as_id, as_object
from playground.discord.model import THREADS_ONLY, Channel, ChannelKind, Message, MessageKind
from playground.discord.permissions import Permission, send_permission
from playground.discord.render.messages import render_message
from playground.discord.rest.call import Call, Route
from playground.discord.rest.guilds import require
from playground.discord.rest.rate_limits import DELETE_LIMIT
from playground.discord.rest.threads import (
    reopen,
    require_takes_deletions,
    require_takes_edits,
    require_takes_messages,
)
from playground.discord.rest.writing import write
from playground.discord.snowflakes import time_of

IN_CHANNEL = "/channels/{channel_id}/messages"
ONE = IN_CHANNEL + "/{message_id}"
NONCE_SECONDS = 5 * 60.0
AN_HOUR = 3600.0
EDITS_AFTER_AN_HOUR = 5
"""Edits of a message older than an hour within its last hour, before 30046. Discord publishes no number."""


async def create(call: Call) -> object:
    """Send a message. With `enforce_nonce` a repeated nonce returns the first one."""
    channel = call.channel()
    _require_to_send(call, channel)
    if (first := _sent_with_same_nonce(call)) is not None:
        return render_message(call.state, first)
    blank = _blank(call, channel)
    written = await write(call, blank, call.json, call.state.upload_limit(channel))
    reopen(call, channel)
    message = call.state.post(written)
    if channel.is_thread:
        call.state.join_thread(channel, call.state.bot.id)
    return render_message(call.state, message)


async def edit(call: Call) -> object:
    """Edit one of the bot's messages."""
    channel, message = call.channel(), call.message()
    require(call, channel)
    if message.author_id != call.state.bot.id:
        raise errors.not_your_message()
    require_takes_edits(call, channel)
    _slow_down_old_edits(call, message)
    edited = replace(message, edited_at=call.state.clock.now())
    written = await write(call, edited, call.json, call.state.upload_limit(channel))
    revised = call.state.revise(replace(written, reactions=call.message().reactions))
    return render_message(call.state, revised)


async def delete(call: Call) -> object:
    """Delete a message: the bot's, or another's with Manage Messages."""
    message = call.message()
    own = message.author_id == call.state.bot.id
    require(call, call.channel(), *(() if own else (Permission.MANAGE_MESSAGES,)))
    require_takes_deletions(call, call.channel())
    call.state.delete(message)


async def one(call: Call) -> object:
    """One message; needs Read Message History."""
    channel = call.channel()
    require(call, channel, Permission.READ_MESSAGE_HISTORY)
    return _readable(call, channel, call.message())


async def listing(call: Call) -> object:
    """Newest first; `around`, `before` and `after` are message ids."""
    channel = call.channel()
    require(call, channel)
    if not call.state.permissions(call.state.bot.id, channel) & Permission.READ_MESSAGE_HISTORY:
        return []
    messages = _window(call, call.state.messages_in(channel.id))
    return [_readable(call, channel, message) for message in reversed(messages)]


def _window(call: Call, messages: list[Message]) -> list[Message]:
    limit = int(call.query.get("limit", 50))
    if "before" in call.query:
        return [m for m in messages if m.id < int(call.query["before"])][-limit:]
    if "after" in call.query:
        return [m for m in messages if m.id > int(call.query["after"])][:limit]
    if "around" in call.query:
        middle, each_side = int(call.query["around"]), limit // 2
        older = [m for m in messages if m.id < middle]
        return older[-each_side:] + [m for m in messages if m.id >= middle][: limit - each_side]
    return messages[-limit:]


def _readable(call: Call, channel: Channel, message: Message) -> dict[str, object]:
    """Without the message-content intent another's words and files are blank, over REST too."""
    data = render_message(call.state, message)
    hidden = channel.guild_id is not None and not call.reads_content
    return blanked(data) if hidden and not may_read(data, call.state.bot.id) else data


def _require_to_send(call: Call, channel: Channel) -> None:
    if channel.kind == ChannelKind.DM:
        _require_open_dm(call, channel)
        return
    if channel.kind in THREADS_ONLY:
        raise errors.not_a_text_channel()
    require(call, channel, send_permission(channel))
    require_takes_messages(call, channel)
    if call.files:
        require(call, channel, Permission.ATTACH_FILES)
    if call.json.get("embeds"):
        require(call, channel, Permission.EMBED_LINKS)


def _require_open_dm(call: Call, channel: Channel) -> None:
    person = call.state.user(channel.recipient_id or 0)
    shares_a_guild = any(
        person.id in guild.members and call.state.is_bot_in(guild) for guild in call.state.guilds.values()
    )
    if not person.accepts_dms or not shares_a_guild:
        raise errors.cannot_message_user()


def _sent_with_same_nonce(call: Call) -> Message | None:
    """The bot's message of the past few minutes with the same nonce, in whichever channel it is.

    Raises 404/10008 if it has been deleted since: it is not sent again (discord-api-docs #6647).
    """
    nonce, since = call.json.get("nonce"), call.state.clock.now() - NONCE_SECONDS
    if nonce is None or not call.json.get("enforce_nonce"):
        return None
    first = call.state.nonces.get((call.state.bot.id, str(nonce)))
    if first is None or first.sent_at <= since:
        return None
    return call.state.message(first.channel_id, first.id)


def _blank(call: Call, channel: Channel) -> Message:
    reply_to = _replied(call, channel)
    nonce = call.json.get("nonce")
    return Message(
        id=call.state.ids.next(),
        channel_id=channel.id,
        author_id=call.state.bot.id,
        kind=MessageKind.REPLY if reply_to else MessageKind.DEFAULT,
        sent_at=call.state.clock.now(),
        reply_to=reply_to,
        nonce=str(nonce) if nonce is not None else None,
    )


def _replied(call: Call, channel: Channel) -> int | None:
    reference = as_object(call.json.get("message_reference"))
    if not reference:
        return None
    message_id = as_id(reference.get("message_id")) or 0
    found = call.state.messages.get(message_id)
    if found and found.channel_id == channel.id and found.only_for is None:
        require(call, channel, Permission.READ_MESSAGE_HISTORY)
        return message_id
    if reference.get("fail_if_not_exists", True):
        raise errors.InvalidForm(
            {"message_reference": ("MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message")},
        )
    return None


def _slow_down_old_edits(call: Call, message: Message) -> None:
    now = call.state.clock.now()
    if now - time_of(message.id) < AN_HOUR:
        return
    edits = [m.edited_at for m in call.state.revisions[message.id] if m.edited_at]
    recent_on_old = [at for at in edits if at > now - AN_HOUR and at - message.sent_at > AN_HOUR]
    if len(recent_on_old) >= EDITS_AFTER_AN_HOUR:
        raise errors.too_many_old_edits()


ROUTES = (
    Route(method="POST", template=IN_CHANNEL, handler=create),
    Route(method="GET", template=IN_CHANNEL, handler=listing),
    Route(method="GET", template=ONE, handler=one),
    Route(method="PATCH", template=ONE, handler=edit),
    Route(method="DELETE", template=ONE, handler=delete, limit=DELETE_LIMIT),
)
