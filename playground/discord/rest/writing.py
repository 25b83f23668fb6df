"""Stores a request's files and applies its body to a message, for all routes that write messages."""

from dataclasses import replace

from playground.discord import errors
from playground.discord.json_values import Json, as_id, as_object, as_objects, as_text
from playground.discord.message_bodies import apply_body, mentions_in
from playground.discord.model import Attachment, Message, MessageFlag, Upload
from playground.discord.permissions import Permission
from playground.discord.rest.call import Call

MAX_REQUEST_BYTES = 25 * 1024 * 1024
"""Bytes of all files of one request; more where a guild's limit for one file is higher."""


async def write(call: Call, message: Message, body: Json, upload_limit: int) -> Message:
    """The message with the body and the call's files applied. Raises 413/40005, InvalidForm, 50006."""
    check_sizes(call.files, upload_limit)
    attachments = await _attachments(call, message, body)
    return _with_pings(call, apply_body(message, body, attachments), body)


def check_sizes(files: tuple[Upload, ...], upload_limit: int) -> None:
    """Raise 413/40005 where a file or all files together are too large."""
    sizes = [len(file.data) for file in files]
    if max(sizes, default=0) > upload_limit or sum(sizes) > max(MAX_REQUEST_BYTES, upload_limit):
        raise errors.too_large()


async def _attachments(call: Call, message: Message, body: Json) -> tuple[Attachment, ...]:
    """Those that the body keeps (without a list all), then the new ones, with what the body says of each."""
    told = None
    if body.get("attachments") is not None:
        told = {as_id(entry.get("id")): entry for entry in as_objects(body["attachments"])}
    kept = [
        _told(each, told.get(each.id) if told else None)
        for each in message.attachments
        if told is None or each.id in told
    ]
    ephemeral = message.only_for is not None
    fresh = [await call.state.store(file, message.channel_id, ephemeral=ephemeral) for file in call.files]
    new = [
        _told(stored, (told or {}).get(file.index)) for file, stored in zip(call.files, fresh, strict=True)
    ]
    return (*kept, *new)


def _told(file: Attachment, entry: Json | None) -> Attachment:
    """The file with the description and the spoiler that an entry of `attachments` sets."""
    if entry is None:
        return file
    description, spoiler = file.description, file.spoiler
    if "description" in entry:
        description = as_text(entry["description"]) or None
    if entry.get("is_spoiler") is not None:
        spoiler = entry["is_spoiler"] is True
    return replace(file, description=description, spoiler=spoiler)


def _with_pings(call: Call, message: Message, body: Json) -> Message:
    """Set `mentions`, and for a new message `pinged`."""
    state = call.state
    rules = as_object(body["allowed_mentions"]) if body.get("allowed_mentions") is not None else None
    replied = state.messages.get(message.reply_to) if message.reply_to else None
    people, everyone = mentions_in(message.text, rules, replied.author_id if replied else None)
    channel = state.channel(message.channel_id)
    everyone = everyone and bool(state.permissions(state.bot.id, channel) & Permission.MENTION_EVERYONE)
    known = tuple(person for person in people if person in state.users)
    message = replace(message, mentions=known, mentions_everyone=everyone)
    quiet = message.edited_at is not None or message.flags & MessageFlag.SUPPRESS_NOTIFICATIONS
    return message if quiet else replace(message, pinged=state.people_among(known))
