"""Who may do what in a channel: Discord's bits and its rule for adding them up."""

from enum import IntFlag

from playground.discord.model import SPOKEN, Channel, Guild


class Permission(IntFlag):
    """The bits that such a bot meets (Discord reference, "Permissions")."""

    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    CONNECT = 1 << 20
    MANAGE_ROLES = 1 << 28
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    SEND_MESSAGES_IN_THREADS = 1 << 38


P = Permission
NAMES = {
    P.MANAGE_GUILD: "Manage Server",
    P.VIEW_CHANNEL: "View Channel",
    P.SEND_MESSAGES_IN_THREADS: "Send Messages in Threads",
}
"""Names in Discord's settings, where they are not the bit's own."""


def name_permissions(permissions: Permission) -> str:
    """Their names in Discord's settings, as `Manage Server, Manage Messages`."""
    return ", ".join(NAMES.get(each, (each.name or "").replace("_", " ").title()) for each in permissions)


NOTHING = Permission(0)
EVERYTHING = Permission((1 << 50) - 1)
NORMAL = (
    P.ADD_REACTIONS
    | P.VIEW_CHANNEL
    | P.SEND_MESSAGES
    | P.EMBED_LINKS
    | P.ATTACH_FILES
    | P.READ_MESSAGE_HISTORY
    | P.USE_EXTERNAL_EMOJIS
    | P.CONNECT
    | P.USE_APPLICATION_COMMANDS
    | P.CREATE_PUBLIC_THREADS
    | P.SEND_MESSAGES_IN_THREADS
)
"""What everybody may do in a new guild, and all that a bot of this kind needs."""


def permissions_of(guild: Guild, user_id: int) -> Permission:
    """What a member may do in a guild before channel overwrites: the union of its roles."""
    if user_id not in guild.members:
        return NOTHING
    if user_id == guild.owner_id:
        return EVERYTHING
    allowed = 0
    for role in (guild.id, *guild.members[user_id].roles):
        allowed |= guild.roles[role].permissions
    return EVERYTHING if allowed & P.ADMINISTRATOR else Permission(allowed)


def permissions_in(guild: Guild, user_id: int, channel: Channel) -> Permission:
    """What a member may do in a channel: by roles, then by the channel's overwrites, the own one last."""
    allowed = permissions_of(guild, user_id)
    if allowed in (NOTHING, EVERYTHING):
        return allowed
    for holder in (guild.id, *guild.members[user_id].roles, user_id):
        if overwrite := channel.overwrites.get(holder):
            allowed = allowed & ~overwrite.deny | overwrite.allow
    if channel.kind in SPOKEN and not allowed & P.CONNECT:
        return Permission(allowed & P.VIEW_CHANNEL)  # "denying CONNECT implicitly denies other permissions"
    return Permission(allowed)


def send_permission(channel: Channel) -> Permission:
    """What it takes to write there."""
    return P.SEND_MESSAGES_IN_THREADS if channel.is_thread else P.SEND_MESSAGES
