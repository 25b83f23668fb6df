"""Where something happens, and what the bot may do there."""

import discord

from cogs.access.policy import Location
from jobs.errors import Refusal


def location_of(interaction: discord.Interaction) -> Location:
    """Where an interaction happens; a thread and a forum's post count as their parent too."""
    channel = interaction.channel
    parent = channel.parent_id if isinstance(channel, discord.Thread) else None
    ids = {interaction.channel_id, parent} - {None}
    return Location(guild_id=interaction.guild_id, channel_ids=frozenset(each for each in ids if each))


def require_bot_permissions(interaction: discord.Interaction) -> None:
    """Refuse where the result could not be sent, and name what is missing.

    The interaction's token will not live that long. Raises Refusal.
    """
    mine = interaction.app_permissions
    if mine.administrator or not mine.value:
        return
    in_thread = isinstance(interaction.channel, discord.Thread)
    write = "send_messages_in_threads" if in_thread else "send_messages"
    missing = [each for each in ("view_channel", write, "attach_files") if not getattr(mine, each)]
    if missing:
        raise Refusal("missing_permissions", permissions=" ".join(missing))
