"""The world's values as Discord's JSON (shapes: Discord's API document and the gateway reference)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from playground.discord.model import (
    Attachment,
    Channel,
    ChannelKind,
    Guild,
    Message,
    Role,
    User,
)
from playground.discord.wire import Json, as_list, as_object, as_text

if TYPE_CHECKING:
    from playground.discord.world import World

Data = dict[str, object]


def when(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def user(user: User) -> Data:
    return {
        "id": str(user.id),
        "username": user.name,
        "global_name": None if user.bot else user.name,
        "avatar": None,
        "discriminator": "0000" if user.bot else "0",
        "public_flags": 0,
        "flags": 0,
        "primary_guild": None,
        "bot": user.bot,
    }


def own_user(user_: User) -> Data:
    return {**user(user_), "mfa_enabled": True, "locale": user_.locale, "verified": True, "email": None}


def member_without_user(guild: Guild, user_id: int) -> Data:
    member = guild.members[user_id]
    return {
        "roles": [str(role) for role in member.roles],
        "joined_at": when(member.joined_at),
        "nick": None,
        "avatar": None,
        "banner": None,
        "premium_since": None,
        "communication_disabled_until": None,
        "flags": 0,
        "pending": False,
        "mute": False,
        "deaf": False,
    }


def member(world: World, guild: Guild, user_id: int) -> Data:
    return {**member_without_user(guild, user_id), "user": user(world.users[user_id])}


def role(role: Role) -> Data:
    return {
        "id": str(role.id),
        "name": role.name,
        "description": None,
        "permissions": str(int(role.permissions)),
        "position": role.position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": False,
        "mentionable": False,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }


def guild(world: World, guild: Guild) -> Data:
    return {
        **_GUILD_DEFAULTS,
        "id": str(guild.id),
        "name": guild.name,
        "owner_id": str(guild.owner_id),
        "preferred_locale": guild.locale,
        "premium_tier": guild.boost_level,
        "roles": [role(each) for each in guild.roles.values()],
    }


_GUILD_DEFAULTS: Data = {
    "icon": None,
    "description": None,
    "home_header": None,
    "splash": None,
    "discovery_splash": None,
    "features": [],
    "banner": None,
    "application_id": None,
    "region": "deprecated",
    "afk_channel_id": None,
    "afk_timeout": 300,
    "system_channel_id": None,
    "system_channel_flags": 0,
    "widget_enabled": False,
    "widget_channel_id": None,
    "verification_level": 0,
    "default_message_notifications": 0,
    "mfa_level": 0,
    "explicit_content_filter": 0,
    "max_presences": None,
    "max_members": 500_000,
    "max_stage_video_channel_users": 50,
    "max_video_channel_users": 25,
    "vanity_url_code": None,
    "premium_subscription_count": 0,
    "rules_channel_id": None,
    "safety_alerts_channel_id": None,
    "public_updates_channel_id": None,
    "premium_progress_bar_enabled": False,
    "nsfw": False,
    "nsfw_level": 0,
    "emojis": [],
    "stickers": [],
    "incidents_data": None,
}


def guild_create(world: World, guild_: Guild) -> Data:
    """The whole guild as GUILD_CREATE brings it: with channels, threads and members."""
    channels = [each for each in world.channels.values() if each.guild_id == guild_.id]
    return {
        **guild(world, guild_),
        "joined_at": when(guild_.members[world.bot.id].joined_at),
        "large": False,
        "unavailable": False,
        "member_count": len(guild_.members),
        "voice_states": [],
        "members": [member(world, guild_, user_id) for user_id in guild_.members],
        "channels": [channel(world, each) for each in channels if each.kind != ChannelKind.PUBLIC_THREAD],
        "threads": [channel(world, each) for each in channels if each.kind == ChannelKind.PUBLIC_THREAD],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def channel(world: World, channel: Channel) -> Data:
    shared: Data = {"id": str(channel.id), "type": int(channel.kind), "flags": 0, "last_message_id": None}
    if channel.recipient_id is not None:
        return {**shared, "recipients": [user(world.users[channel.recipient_id])]}
    shared |= {"guild_id": str(channel.guild_id), "name": channel.name, "rate_limit_per_user": 0}
    if channel.kind == ChannelKind.PUBLIC_THREAD:
        return {**shared, **_thread_fields(channel)}
    return {**shared, **_guild_channel_fields(world, channel)}


def _guild_channel_fields(world: World, channel: Channel) -> Data:
    roles = world.guilds[channel.guild_id or 0].roles
    overwrites = [
        {
            "id": str(holder),
            "type": 0 if holder in roles else 1,
            "allow": str(int(overwrite.allow)),
            "deny": str(int(overwrite.deny)),
        }
        for holder, overwrite in channel.overwrites.items()
    ]
    fields: Data = {"position": 0, "parent_id": None, "nsfw": False, "permission_overwrites": overwrites}
    if channel.kind == ChannelKind.VOICE:
        return {**fields, "bitrate": 64_000, "user_limit": 0, "rtc_region": None}
    return {**fields, "topic": None}


def _thread_fields(channel: Channel) -> Data:
    return {
        "parent_id": str(channel.parent_id),
        "owner_id": str(channel.owner_id),
        "message_count": 0,
        "member_count": 1,
        "total_message_sent": 0,
        "thread_metadata": {
            "archived": channel.archived,
            "locked": channel.locked,
            "auto_archive_duration": 1440,
            "archive_timestamp": when(0),
        },
    }


def attachment(world: World, file: Attachment) -> Data:
    url = world.cdn.url(file)
    data: Data = {
        "id": str(file.id),
        "filename": file.filename,
        "size": len(file.data),
        "url": url,
        "proxy_url": url,
        "content_type": file.content_type,
    }
    optional = {
        "width": file.width,
        "height": file.height,
        "duration_secs": file.seconds,
        "description": file.description,
        "ephemeral": file.ephemeral or None,
    }
    return data | {key: value for key, value in optional.items() if value is not None}


def message(world: World, message: Message) -> Data:
    """A message as REST gives it: with its reactions and the message it replies to."""
    replied = world.messages.get(message.reply_to) if message.reply_to else None
    data = _message(world, message)
    if message.reply_to:
        data["referenced_message"] = _message(world, replied) if replied else None
    if message.reactions:
        data["reactions"] = [_reaction(world, emoji, people) for emoji, people in message.reactions.items()]
    return data


def message_event(world: World, message_: Message) -> Data:
    """A message as the gateway dispatches it: with guild and member, without reactions."""
    data = {key: value for key, value in message(world, message_).items() if key != "reactions"}
    guild = world.guild_of(message_.channel_id)
    if guild is None:
        return data
    data["guild_id"] = str(guild.id)
    if message_.author_id in guild.members and message_.webhook_id is None:
        data["member"] = member_without_user(guild, message_.author_id)
    return data


def _message(world: World, message: Message) -> Data:
    data: Data = {
        "id": str(message.id),
        "type": int(message.kind),
        "channel_id": str(message.channel_id),
        "author": user(world.users[message.author_id]),
        "content": message.content,
        "timestamp": when(message.sent_at),
        "edited_timestamp": when(message.edited_at) if message.edited_at else None,
        "flags": int(message.flags),
        "tts": False,
        "pinned": False,
        "mention_everyone": message.mentions_everyone,
        "mentions": [user(world.users[person]) for person in message.mentions],
        "mention_roles": [],
        **_shown(world, message),
    }
    return data | _origins(world, message)


def _origins(world: World, message: Message) -> Data:
    """Where a message came from: a reply, a nonce, a webhook, an interaction."""
    data: Data = {}
    if message.reply_to:
        data["message_reference"] = _reference(world, message)
    if message.nonce:
        data["nonce"] = message.nonce
    if message.webhook_id:
        data["webhook_id"] = str(message.webhook_id)
    if message.author_id == world.bot.id:
        data["application_id"] = str(world.bot.id)
    if message.invocation:
        data |= _invocation(world, message)
    return data


def _reference(world: World, message: Message) -> Data:
    reference: Data = {
        "type": 0,
        "message_id": str(message.reply_to),
        "channel_id": str(message.channel_id),
    }
    if guild := world.guild_of(message.channel_id):
        reference["guild_id"] = str(guild.id)
    return reference


def _invocation(world: World, message: Message) -> Data:
    call = message.invocation
    if call is None:
        return {}
    who = user(world.users[call.user_id])
    guild = world.guild_of(message.channel_id)
    owners = {"0": str(guild.id if guild else 0)}
    shared: Data = {"id": str(call.id), "type": call.kind, "user": who}
    if call.kind == 3 and message.reply_to:
        metadata = {
            **shared,
            "authorizing_integration_owners": owners,
            "interacted_message_id": str(message.reply_to),
        }
    else:
        metadata = {**shared, "authorizing_integration_owners": owners}
    if call.kind != 2:
        return {"interaction_metadata": metadata}
    return {"interaction_metadata": metadata, "interaction": {**shared, "name": call.name}}


def _shown(world: World, message: Message) -> Data:
    """Embeds, components and attachments; a file that an embed names is shown there and not in the list."""
    urls = {f"attachment://{file.filename}": world.cdn.url(file) for file in message.attachments}
    embeds = [_with_urls(embed, urls) for embed in message.embeds]
    named = {as_text(as_object(embed.get(slot)).get("url")) for embed in message.embeds for slot in _SLOTS}
    return {
        "embeds": embeds,
        "components": [_with_urls(component, urls) for component in message.components],
        "attachments": [
            attachment(world, file)
            for file in message.attachments
            if f"attachment://{file.filename}" not in named
        ],
    }


_SLOTS = ("image", "thumbnail")


def _with_urls(value: Json, urls: dict[str, str]) -> Data:
    return {key: _with_url(inner, urls) for key, inner in value.items()}


def _with_url(value: object, urls: dict[str, str]) -> object:
    if isinstance(value, str):
        return urls.get(value, value)
    if isinstance(value, dict):
        return _with_urls(as_object(value), urls)  # pyright: ignore[reportUnknownArgumentType] # JSON
    if isinstance(value, list):
        return [_with_url(inner, urls) for inner in as_list(value)]  # pyright: ignore[reportUnknownArgumentType] # JSON
    return value


def emoji(text: str) -> Data:
    """`🔁`, or a guild's own as `name:id`."""
    name, _, emoji_id = text.partition(":")
    return {"id": emoji_id or None, "name": name}


def _reaction(world: World, name: str, people: tuple[int, ...]) -> Data:
    return {
        "emoji": emoji(name),
        "count": len(people),
        "count_details": {"burst": 0, "normal": len(people)},
        "burst_colors": [],
        "me_burst": False,
        "me": world.bot.id in people,
    }


def reaction_event(world: World, message: Message, user_id: int, name: str) -> Data:
    data: Data = {
        "user_id": str(user_id),
        "channel_id": str(message.channel_id),
        "message_id": str(message.id),
        "message_author_id": str(message.author_id),
        "emoji": emoji(name),
        "burst": False,
        "type": 0,
    }
    if guild := world.guild_of(message.channel_id):
        data["guild_id"] = str(guild.id)
        data["member"] = member(world, guild, user_id)
    return data
