"""What a thread takes while it is locked or archived (Discord's documentation, "Threads").

A moderator (Manage Threads) is not bound by the lock. That a locked thread answers 160005 while it is active
and 50083 once it is archived is inference: bots' logs show both.
"""

from dataclasses import replace

from playground.discord import errors
from playground.discord.model import Channel
from playground.discord.permissions import Permission
from playground.discord.rest.call import Call


def reopen(call: Call, channel: Channel) -> None:
    """Unarchive a thread if it is archived, as a message in it does."""
    if channel.archived:
        call.state.change_channel(replace(call.state.channel(channel.id), archived=False))


def require_takes_edits(call: Call, channel: Channel) -> None:
    """Raise 400/50083 where it is archived, 403/160005 where it is locked."""
    if channel.archived:
        raise errors.archived_thread()
    require_takes_messages(call, channel)


def require_takes_reactions(channel: Channel) -> None:
    """Raise 400/50083 where it is archived; locked or not."""
    if channel.archived:
        raise errors.archived_thread()


def require_takes_deletions(call: Call, channel: Channel) -> None:
    """Raise 400/50083 where it is both archived and locked."""
    if channel.archived and _is_locked(call, channel):
        raise errors.archived_thread()


def require_takes_messages(call: Call, channel: Channel) -> None:
    """Raise 403/160005 where it is locked, 403/50083 where it is archived as well."""
    if _is_locked(call, channel):
        raise errors.locked_and_archived_thread() if channel.archived else errors.locked_thread()


def _is_locked(call: Call, channel: Channel) -> bool:
    granted = call.state.permissions(call.state.bot.id, channel)
    return channel.locked and Permission.MANAGE_THREADS not in granted
