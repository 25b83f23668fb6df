"""Messages and reactions as Discord's JSON (shapes: its API document and gateway reference)."""

from playground.discord.json_values import Json, as_object, as_text
from playground.discord.model import Attachment, Invocation, Message, MessageFlag
from playground.discord.records import Records
from playground.discord.render.components import file_of, named_files, render_components
from playground.discord.render.guilds import (
    Data,
    render_attachment,
    render_bare_member,
    render_member,
    render_time,
    render_user,
)

COMMAND = 2
"""The kind of interaction that is a command."""


def render_message(records: Records, message: Message) -> Data:
    """A message as REST gives it: with its reactions and the message it replies to."""
    replied = records.messages.get(message.reply_to) if message.reply_to else None
    data = _message(records, message)
    if message.reply_to:
        data["referenced_message"] = _message(records, replied) if replied else None
    if message.reactions:
        data["reactions"] = [_reaction(records, emoji, people) for emoji, people in message.reactions.items()]
    return data


def render_message_event(records: Records, message: Message) -> Data:
    """A message as the gateway dispatches it: with guild and member, without reactions."""
    data = {key: value for key, value in render_message(records, message).items() if key != "reactions"}
    guild = records.guild_of(message.channel_id)
    if guild is None:
        return data
    data["guild_id"] = str(guild.id)
    if message.author_id in guild.members and message.webhook_id is None:
        data["member"] = render_bare_member(guild, message.author_id)
    return data


def _message(records: Records, message: Message) -> Data:
    data: Data = {
        "id": str(message.id),
        "type": int(message.kind),
        "channel_id": str(message.channel_id),
        "author": render_user(records.users[message.author_id]),
        "content": message.content,
        "timestamp": render_time(message.sent_at),
        "edited_timestamp": render_time(message.edited_at) if message.edited_at else None,
        "flags": int(message.flags),
        "tts": False,
        "pinned": False,
        "mention_everyone": message.mentions_everyone,
        "mentions": [render_user(records.users[person]) for person in message.mentions],
        "mention_roles": [],
        **_shown(records, message),
    }
    return data | _origins(records, message)


def _origins(records: Records, message: Message) -> Data:
    """Where a message came from: a reply, a nonce, a webhook, an interaction."""
    data: Data = {}
    if message.reply_to:
        data["message_reference"] = _reference(records, message.channel_id, message.reply_to)
    if message.forwarded:
        data |= _forward(records, message.forwarded)
    if message.poll:
        data["poll"] = message.poll
    if message.nonce:
        data["nonce"] = message.nonce
    if message.webhook_id:
        data["webhook_id"] = str(message.webhook_id)
    if message.author_id == records.bot.id:
        data["application_id"] = str(records.bot.id)
    if message.invocation:
        data |= _invocation(records, message, message.invocation)
    return data


REPLY, FORWARD = 0, 1
"""The `type` of a reference to another message."""


def _reference(records: Records, channel_id: int, message_id: int, kind: int = REPLY) -> Data:
    reference: Data = {"type": kind, "message_id": str(message_id), "channel_id": str(channel_id)}
    if guild := records.guild_of(channel_id):
        reference["guild_id"] = str(guild.id)
    return reference


_SNAPSHOT = (
    *("type", "content", "mentions", "mention_roles", "attachments", "embeds", "timestamp"),
    *("edited_timestamp", "flags", "components"),
)
"""What a snapshot has of its message: not who wrote it, nor where."""


def _forward(records: Records, forwarded: Message) -> Data:
    whole = _message(records, forwarded)
    return {
        "message_reference": _reference(records, forwarded.channel_id, forwarded.id, FORWARD),
        "message_snapshots": [{"message": {key: whole[key] for key in _SNAPSHOT}}],
    }


def _invocation(records: Records, message: Message, call: Invocation) -> Data:
    data: Data = {"interaction_metadata": _metadata(records, message, call)}
    if call.kind == COMMAND:
        who = render_user(records.users[call.user_id])
        data["interaction"] = {"id": str(call.id), "type": call.kind, "user": who, "name": call.name}
    return data


def _metadata(records: Records, message: Message, call: Invocation) -> Data:
    guild = records.guild_of(message.channel_id)
    metadata: Data = {
        "id": str(call.id),
        "type": call.kind,
        "user": render_user(records.users[call.user_id]),
        "authorizing_integration_owners": {"0": str(guild.id if guild else 0)},
    }
    if call.opener:
        metadata["triggering_interaction_metadata"] = _metadata(records, message, call.opener)
    elif call.pressed:
        metadata["interacted_message_id"] = str(call.pressed)
    return metadata


def _shown(records: Records, message: Message) -> Data:
    """Embeds, components and files; a file that one of them names is shown there and not in the list."""
    named, hidden = named_files(message), message.flags & MessageFlag.SUPPRESS_EMBEDS
    return {
        "embeds": [] if hidden else [_embed(records, message, embed) for embed in message.embeds],
        "components": render_components(records, message),
        "attachments": [
            render_attachment(records, file) for file in message.attachments if file.filename not in named
        ],
    }


def _embed(records: Records, message: Message, embed: Json) -> Data:
    """An embed with the addresses of the files that it names."""
    shown = dict(embed)
    for slot in ("image", "thumbnail"):
        if file := file_of(message, as_text(as_object(embed.get(slot)).get("url"))):
            shown[slot] = {**as_object(embed[slot]), **_picture(records.cdn.url(file), file)}
    return shown


def _picture(url: str, file: Attachment) -> Data:
    size: Data = {"width": file.width, "height": file.height} if file.width else {}
    return {"url": url, "proxy_url": url, **size}


def render_link(records: Records, url: str, file: Attachment) -> Data:
    """The embed of a link to another site's picture, which Discord keeps a copy of behind `proxy_url`."""
    copy = f"{records.origin}/external/{file.id}/{file.filename}"
    return {"type": "image", "url": url, "thumbnail": {**_picture(url, file), "proxy_url": copy}}


def render_emoji(text: str) -> Data:
    """`🔁`, or a guild's own as `name:id`."""
    name, _, emoji_id = text.partition(":")
    return {"id": emoji_id or None, "name": name}


def _reaction(records: Records, name: str, people: tuple[int, ...]) -> Data:
    return {
        "emoji": render_emoji(name),
        "count": len(people),
        "count_details": {"burst": 0, "normal": len(people)},
        "burst_colors": [],
        "me_burst": False,
        "me": records.bot.id in people,
    }


def render_reaction_event(records: Records, message: Message, user_id: int, name: str) -> Data:
    """The data of MESSAGE_REACTION_ADD; in a guild with `member`."""
    data: Data = {
        "user_id": str(user_id),
        "channel_id": str(message.channel_id),
        "message_id": str(message.id),
        "message_author_id": str(message.author_id),
        "emoji": render_emoji(name),
        "burst": False,
        "type": 0,
    }
    if guild := records.guild_of(message.channel_id):
        data["guild_id"] = str(guild.id)
        data["member"] = render_member(records, guild, user_id)
    return data
