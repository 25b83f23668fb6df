"""People, guilds, channels and files as Discord's JSON (shapes: its API document and gateway reference)."""

from datetime import UTC, datetime

from playground.discord.model import (
    SPOKEN,
    THREADS_ONLY,
    Attachment,
    AttachmentFlag,
    Channel,
    Guild,
    Role,
    User,
)
from playground.discord.permissions import Permission
from playground.discord.records import Records

Data = dict[str, object]
HIDDEN = "___hidden___"
CHANNEL_OBFUSCATED = 1 << 17


def render_time(seconds: float) -> str:
    """Seconds since 1970 as ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def render_user(user: User) -> Data:
    """A user as others see it."""
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


def render_own_user(user: User) -> Data:
    """The bot's own user, as GET /users/@me returns it."""
    return {**render_user(user), "mfa_enabled": True, "locale": user.locale, "verified": True, "email": None}


def render_bare_member(guild: Guild, user_id: int) -> Data:
    """A guild member without `user`."""
    member = guild.members[user_id]
    return {
        "roles": [str(role) for role in member.roles],
        "joined_at": render_time(member.joined_at),
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


def render_member(records: Records, guild: Guild, user_id: int) -> Data:
    """A guild member with `user`."""
    return {**render_bare_member(guild, user_id), "user": render_user(records.users[user_id])}


def render_role(role: Role) -> Data:
    """A role."""
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


def render_guild(records: Records, guild: Guild) -> Data:
    """A guild without channels and members, as GET /guilds/{id} returns it."""
    return {
        **_GUILD_DEFAULTS,
        "id": str(guild.id),
        "name": guild.name,
        "owner_id": str(guild.owner_id),
        "preferred_locale": guild.locale,
        "premium_tier": guild.boost_level,
        "roles": [render_role(each) for each in guild.roles.values()],
        "system_channel_id": str(guild.system_channel_id) if guild.system_channel_id else None,
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


def render_guild_create(records: Records, guild: Guild) -> Data:
    """The whole guild as GUILD_CREATE brings it: with channels, threads and members."""
    channels = [each for each in records.channels.values() if each.guild_id == guild.id]
    return {
        **render_guild(records, guild),
        "joined_at": render_time(guild.members[records.bot.id].joined_at),
        "large": False,
        "unavailable": False,
        "member_count": len(guild.members),
        "voice_states": [],
        "members": [render_member(records, guild, user_id) for user_id in guild.members],
        "channels": [render_channel_event(records, each) for each in channels if not each.is_thread],
        "threads": [
            render_channel(records, each)
            for each in channels
            if each.is_thread and not each.archived and records.sees(records.bot.id, each)
        ],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def render_channel(records: Records, channel: Channel) -> Data:
    """A channel, thread or direct messages, with the fields of its kind."""
    shared: Data = {"id": str(channel.id), "type": int(channel.kind), "flags": 0, "last_message_id": None}
    if channel.recipient_id is not None:
        return {**shared, "recipients": [render_user(records.users[channel.recipient_id])]}
    shared |= {"guild_id": str(channel.guild_id), "name": channel.name, "rate_limit_per_user": 0}
    if channel.is_thread:
        return {**shared, **_thread_fields(records, channel)}
    return {**shared, **_guild_channel_fields(records, channel)}


def render_channel_event(records: Records, channel: Channel) -> Data:
    """A channel as the gateway tells the bot of it: one that it does not see is told of without its words.

    Source: Discord's reference, "Obfuscated Channels".
    """
    data = render_channel(records, channel)
    if channel.guild_id is None or channel.is_thread or records.sees(records.bot.id, channel):
        return data
    nobody = {"id": str(channel.guild_id), "type": 0, "allow": "0", "deny": str(int(Permission.VIEW_CHANNEL))}
    return {**data, "name": HIDDEN, "flags": CHANNEL_OBFUSCATED, "permission_overwrites": [nobody]}


def _guild_channel_fields(records: Records, channel: Channel) -> Data:
    roles = records.guilds[channel.guild_id or 0].roles
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
    if channel.kind in SPOKEN:
        return {**fields, "bitrate": 64_000, "user_limit": 0, "rtc_region": None}
    if channel.kind in THREADS_ONLY:
        fields |= {"available_tags": [], "default_reaction_emoji": None, "default_sort_order": None}
        return {**fields, "topic": None, "default_forum_layout": 0, "template": ""}
    return {**fields, "topic": None}


def render_thread_member(channel: Channel, user_id: int) -> Data:
    """Somebody who joined a thread."""
    return {"id": str(channel.id), "user_id": str(user_id), "join_timestamp": render_time(0), "flags": 0}


def _thread_fields(records: Records, channel: Channel) -> Data:
    data: Data = {
        "parent_id": str(channel.parent_id),
        "owner_id": str(channel.owner_id),
        "message_count": 0,
        "member_count": len(channel.members),
        "total_message_sent": 0,
        "thread_metadata": {
            "archived": channel.archived,
            "locked": channel.locked,
            "auto_archive_duration": 1440,
            "archive_timestamp": render_time(0),
        },
    }
    if records.bot.id in channel.members:
        data["member"] = render_thread_member(channel, records.bot.id)
    return data


def render_attachment(records: Records, file: Attachment) -> Data:
    """A file with a freshly signed address."""
    url = records.cdn.url(file)
    data: Data = {
        "id": str(file.id),
        "filename": file.filename,
        "size": len(file.data),
        "url": url,
        "proxy_url": url,
    }
    optional = {
        "content_type": file.content_type,
        "flags": int(AttachmentFlag.IS_SPOILER) if file.spoiler else None,
        "width": file.width,
        "height": file.height,
        "duration_secs": file.seconds,
        "description": file.description,
        "ephemeral": file.ephemeral or None,
    }
    return data | {key: value for key, value in optional.items() if value is not None}
