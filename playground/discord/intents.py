"""Which events a session gets by its intents, and what is blanked without the message-content intent."""

from collections.abc import Mapping
from enum import IntFlag

from playground.discord.change_feed import Change
from playground.discord.json_values import as_list, as_object


class Intent(IntFlag):
    """The intents that decide about the events of this Discord."""

    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    GUILD_REACTIONS = 1 << 10
    DM_MESSAGES = 1 << 12
    DM_REACTIONS = 1 << 13
    MESSAGE_CONTENT = 1 << 15


NO_INTENTS = Intent(0)
PRIVILEGED = Intent.GUILD_MEMBERS | Intent.GUILD_PRESENCES | Intent.MESSAGE_CONTENT
KNOWN = (1 << 26) - 1

_PREFIXES: tuple[tuple[str, Intent, Intent], ...] = (
    ("GUILD_MEMBER_", Intent.GUILD_MEMBERS, Intent.GUILD_MEMBERS),
    ("GUILD_", Intent.GUILDS, Intent.GUILDS),
    ("CHANNEL_", Intent.GUILDS, Intent.GUILDS),
    ("THREAD_", Intent.GUILDS, Intent.GUILDS),
    ("MESSAGE_REACTION_", Intent.GUILD_REACTIONS, Intent.DM_REACTIONS),
    ("MESSAGE_", Intent.GUILD_MESSAGES, Intent.DM_MESSAGES),
)


def wants(intents: int, change: Change) -> bool:
    """Whether a session with these intents gets this event (Discord reference, "List of Intents")."""
    if change.name == "INTERACTION_CREATE":
        return True
    for prefix, in_guild, in_dm in _PREFIXES:
        if change.name.startswith(prefix):
            return bool(intents & (in_guild if change.guild_id else in_dm))
    return False


def readable(intents: int, change: Change, bot_id: int) -> dict[str, object]:
    """The event's data, its words and files blanked where the message is not the bot's business."""
    data = change.data
    if not change.name.startswith(("MESSAGE_CREATE", "MESSAGE_UPDATE")) or intents & Intent.MESSAGE_CONTENT:
        return data
    if change.guild_id is None or may_read(data, bot_id):
        return data
    return blanked(data)


def may_read(message: Mapping[str, object], bot_id: int) -> bool:
    """Without the intent a bot reads its own messages and those that mention it."""
    mentioned = {as_object(user).get("id") for user in as_list(message.get("mentions"))}
    return as_object(message.get("author")).get("id") == str(bot_id) or str(bot_id) in mentioned


def blanked(message: Mapping[str, object]) -> dict[str, object]:
    """The message without content, embeds, attachments, components and poll, and so what it forwards."""
    shown = {key: value for key, value in message.items() if key != "poll"} | _BLANK
    if "message_snapshots" in message:
        snapshots = as_list(message["message_snapshots"])
        shown["message_snapshots"] = [
            {"message": {**as_object(as_object(each).get("message")), **_BLANK}} for each in snapshots
        ]
    return shown


_BLANK: dict[str, object] = {"content": "", "embeds": [], "attachments": [], "components": []}
