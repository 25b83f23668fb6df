"""Builds Actor, Location and Requester from discord.py's objects, and checks the bot's own permissions."""

import discord

from jobs.errors import Refusal
from jobs.requester import Actor, Location, Requester


def actor_of(user: discord.User | discord.Member) -> Actor:
    """The Actor of a user: with the permissions sent in the interaction, else with those of the guild."""
    if not isinstance(user, discord.Member):
        return Actor(id=user.id, bot=user.bot or user.system, roles=frozenset())
    permissions = user.resolved_permissions or user.guild_permissions
    return Actor(
        id=user.id,
        bot=user.bot,
        roles=frozenset(role.id for role in user.roles),
        booster=user.premium_since is not None,
        moderates=permissions.administrator or permissions.manage_messages,
        manages=permissions.administrator or permissions.manage_guild,
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
        message_id=interaction.message.id if interaction.message else 0,
        locale=locale,
    )


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
