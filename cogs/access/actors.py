"""Builds Actor, Location and Requester from discord.py's objects, and checks the bot's own permissions."""

from dataclasses import dataclass, field

import discord

from jobs.errors import Refusal
from jobs.requester import Actor, ChannelRights, Location, Requester


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberActor(Actor):
    """A member of a guild, with discord.py's record of them, which tells their rights in any channel."""

    member: discord.Member = field(repr=False)


def actor_of(user: discord.User | discord.Member) -> Actor:
    """The Actor of a user, a MemberActor in a guild."""
    if not isinstance(user, discord.Member):
        return Actor(id=user.id, bot=user.bot or user.system, roles=frozenset())
    permissions = user.resolved_permissions or user.guild_permissions
    return MemberActor(
        member=user,
        id=user.id,
        bot=user.bot,
        roles=frozenset(role.id for role in user.roles),
        booster=user.premium_since is not None,
        manages=permissions.administrator or permissions.manage_guild,
    )


def rights_of(permissions: discord.Permissions) -> ChannelRights:
    """What these permissions in a channel allow; who does not see a channel moderates nothing in it."""
    views = permissions.administrator or permissions.view_channel
    return ChannelRights(
        views=views, moderates=permissions.administrator or (views and permissions.manage_messages)
    )


def location_of(guild_id: int | None, channel_id: int | None, channel: object) -> Location:
    """The Location of a channel; `channel`: its object, if known. A thread counts as its parent too."""
    parent = channel.parent_id if isinstance(channel, discord.Thread) else None
    return Location(guild_id=guild_id, channel_ids=frozenset({channel_id or 0, parent or 0} - {0}))


def requester_of(interaction: discord.Interaction, locale: str) -> Requester:
    """The Requester of an interaction, answered in `locale`."""
    return Requester(
        actor=actor_of(interaction.user),
        location=location_of(interaction.guild_id, interaction.channel_id, interaction.channel),
        channel_id=interaction.channel_id or 0,
        rights=_rights_here(interaction.user),
        message_id=interaction.message.id if interaction.message else 0,
        locale=locale,
    )


def _rights_here(user: discord.User | discord.Member) -> ChannelRights | None:
    """The rights in the interaction's channel, as Discord has resolved them; none in direct messages."""
    if not isinstance(user, discord.Member):
        return ChannelRights()
    permissions = user.resolved_permissions
    return None if permissions is None else rights_of(permissions)


def require_bot_permissions(interaction: discord.Interaction) -> None:
    """Raise a Refusal that names what the bot lacks to send a result here by its own token.

    The interaction's token would allow it, but expires after 15 minutes.
    """
    mine = interaction.app_permissions
    if mine.administrator or not mine.value:
        return
    thread = interaction.channel if isinstance(interaction.channel, discord.Thread) else None
    if thread and thread.locked and not mine.manage_threads:
        raise Refusal("thread_locked")
    write = "send_messages_in_threads" if thread else "send_messages"
    missing = [each for each in ("view_channel", write, "attach_files") if not getattr(mine, each)]
    if missing:
        raise Refusal("missing_permissions", permissions=" ".join(missing))
