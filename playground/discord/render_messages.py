"""Messages and reactions as Discord's JSON (shapes: its API document and gateway reference)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground.discord import render_components
from playground.discord.json_values import Json, as_object, as_text
from playground.discord.model import Invocation, Message
from playground.discord.render import Data, attachment, member, member_without_user, user, when

if TYPE_CHECKING:
    from playground.discord.state import DiscordState


COMMAND = 2
"""The kind of interaction that is a command."""


def message(state: DiscordState, message: Message) -> Data:
    """A message as REST gives it: with its reactions and the message it replies to."""
    replied = state.messages.get(message.reply_to) if message.reply_to else None
    data = _message(state, message)
    if message.reply_to:
        data["referenced_message"] = _message(state, replied) if replied else None
    if message.reactions:
        data["reactions"] = [_reaction(state, emoji, people) for emoji, people in message.reactions.items()]
    return data


def message_event(state: DiscordState, message_: Message) -> Data:
    """A message as the gateway dispatches it: with guild and member, without reactions."""
    data = {key: value for key, value in message(state, message_).items() if key != "reactions"}
    guild = state.guild_of(message_.channel_id)
    if guild is None:
        return data
    data["guild_id"] = str(guild.id)
    if message_.author_id in guild.members and message_.webhook_id is None:
        data["member"] = member_without_user(guild, message_.author_id)
    return data


def _message(state: DiscordState, message: Message) -> Data:
    data: Data = {
        "id": str(message.id),
        "type": int(message.kind),
        "channel_id": str(message.channel_id),
        "author": user(state.users[message.author_id]),
        "content": message.content,
        "timestamp": when(message.sent_at),
        "edited_timestamp": when(message.edited_at) if message.edited_at else None,
        "flags": int(message.flags),
        "tts": False,
        "pinned": False,
        "mention_everyone": message.mentions_everyone,
        "mentions": [user(state.users[person]) for person in message.mentions],
        "mention_roles": [],
        **_shown(state, message),
    }
    return data | _origins(state, message)


def _origins(state: DiscordState, message: Message) -> Data:
    """Where a message came from: a reply, a nonce, a webhook, an interaction."""
    data: Data = {}
    if message.reply_to:
        data["message_reference"] = _reference(state, message)
    if message.nonce:
        data["nonce"] = message.nonce
    if message.webhook_id:
        data["webhook_id"] = str(message.webhook_id)
    if message.author_id == state.bot.id:
        data["application_id"] = str(state.bot.id)
    if message.invocation:
        data |= _invocation(state, message, message.invocation)
    return data


def _reference(state: DiscordState, message: Message) -> Data:
    reference: Data = {
        "type": 0,
        "message_id": str(message.reply_to),
        "channel_id": str(message.channel_id),
    }
    if guild := state.guild_of(message.channel_id):
        reference["guild_id"] = str(guild.id)
    return reference


def _invocation(state: DiscordState, message: Message, call: Invocation) -> Data:
    data: Data = {"interaction_metadata": _metadata(state, message, call)}
    if call.kind == COMMAND:
        who = user(state.users[call.user_id])
        data["interaction"] = {"id": str(call.id), "type": call.kind, "user": who, "name": call.name}
    return data


def _metadata(state: DiscordState, message: Message, call: Invocation) -> Data:
    guild = state.guild_of(message.channel_id)
    metadata: Data = {
        "id": str(call.id),
        "type": call.kind,
        "user": user(state.users[call.user_id]),
        "authorizing_integration_owners": {"0": str(guild.id if guild else 0)},
    }
    if call.opener:
        metadata["triggering_interaction_metadata"] = _metadata(state, message, call.opener)
    elif call.pressed:
        metadata["interacted_message_id"] = str(call.pressed)
    return metadata


def _shown(state: DiscordState, message: Message) -> Data:
    """Embeds, components and files; a file that one of them names is shown there and not in the list."""
    named = render_components.named_files(message)
    return {
        "embeds": [_embed(state, message, embed) for embed in message.embeds],
        "components": render_components.components(state, message),
        "attachments": [
            attachment(state, file) for file in message.attachments if file.filename not in named
        ],
    }


def _embed(state: DiscordState, message: Message, embed: Json) -> Data:
    """An embed with the addresses of the files that it names."""
    shown = dict(embed)
    for slot in ("image", "thumbnail"):
        if file := render_components.file_of(message, as_text(as_object(embed.get(slot)).get("url"))):
            shown[slot] = {**as_object(embed[slot]), "url": state.cdn.url(file)}
    return shown


def emoji(text: str) -> Data:
    """`🔁`, or a guild's own as `name:id`."""
    name, _, emoji_id = text.partition(":")
    return {"id": emoji_id or None, "name": name}


def _reaction(state: DiscordState, name: str, people: tuple[int, ...]) -> Data:
    return {
        "emoji": emoji(name),
        "count": len(people),
        "count_details": {"burst": 0, "normal": len(people)},
        "burst_colors": [],
        "me_burst": False,
        "me": state.bot.id in people,
    }


def reaction_event(state: DiscordState, message: Message, user_id: int, name: str) -> Data:
    data: Data = {
        "user_id": str(user_id),
        "channel_id": str(message.channel_id),
        "message_id": str(message.id),
        "message_author_id": str(message.author_id),
        "emoji": emoji(name),
        "burst": False,
        "type": 0,
    }
    if guild := state.guild_of(message.channel_id):
        data["guild_id"] = str(guild.id)
        data["member"] = member(state, guild, user_id)
    return data
