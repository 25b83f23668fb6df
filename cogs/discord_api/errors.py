"""What discord.py raises when a request fails, and the JSON error codes that the bot tells apart.

Source: Discord's reference, "Opcodes and Status Codes", JSON error codes. What the bot does about each is a
row of `cogs/messages/delivery_policy.py`.
"""

import re

import aiohttp
import discord


class UnreadableAnswer(Exception):
    """Discord, or a proxy in between, answered with what discord.py cannot read: perhaps it took effect."""


DISCORD_ERRORS = (discord.HTTPException, aiohttp.ClientError, OSError, UnreadableAnswer)
"""Every way in which a request to Discord fails: refused, not sent, not answered in time, or unreadably."""

UNKNOWN_CHANNEL = 10003
UNKNOWN_GUILD = 10004
UNKNOWN_MESSAGE = 10008  # of a create: the message that its nonce stands for was deleted
UNKNOWN_USER = 10013
EXPLICIT_CONTENT = 20009  # the filter for explicit media of the guild or of the recipient
SLOW_MODE = 20016
TOO_MANY_ANNOUNCEMENT_EDITS = 20022
CHANNEL_WRITE_LIMIT = 20028
GUILD_WRITE_LIMIT = 20029
TOO_MANY_EDITS_OF_OLD_MESSAGE = 30046  # more than an hour old
UNAUTHORIZED = 40001
OPENING_DMS_TOO_FAST = 40003
SENDING_DISABLED = 40004  # for a time
REQUEST_TOO_LARGE = 40005
FEATURE_DISABLED = 40006  # for a time
FORUM_CHANNEL = 40058
ALREADY_ACKNOWLEDGED = 40060  # an interaction, perhaps by a request whose answer was lost
SERVICE_RATE_LIMITED = 40062
BLOCKED_BY_CLOUDFLARE = 40333
MISSING_ACCESS = 50001  # no view of the channel, or not a member of the guild any more
NOT_OUR_MESSAGE = 50005
CANNOT_SEND_TO_USER = 50007
NOT_A_TEXT_CHANNEL = 50008
MISSING_PERMISSIONS = 50013
INVALID_TOKEN = 50014
SYSTEM_MESSAGE = 50021
WRONG_CHANNEL_TYPE = 50024
INVALID_WEBHOOK_TOKEN = 50027  # also of an interaction that has expired
INVALID_RECIPIENT = 50033
INVALID_FORM_BODY = 50035
FILE_TOO_LARGE = 50045
INVALID_FILE = 50046
THREAD_ARCHIVED = 50083
PROVIDED_FILE_INVALID = 50110
FILE_TYPE_INVALID = 50123
UPLOADED_FILE_NOT_FOUND = 50146
NO_MUTUAL_GUILDS = 50278
INDEX_NOT_AVAILABLE = 110000
APPLICATION_NOT_AVAILABLE = 110001
OVERLOADED = 130000
CANNOT_REPLY_WITHOUT_HISTORY = 160002  # missing permission to read message history
THREAD_LOCKED = 160005
BLOCKED_BY_AUTOMOD = 200000
TITLE_BLOCKED_BY_AUTOMOD = 200001
HARMFUL_LINK = 240000
UPLOADS_LIMITED = 400001  # in this guild

PASSING = frozenset(
    {
        SLOW_MODE,
        TOO_MANY_ANNOUNCEMENT_EDITS,
        CHANNEL_WRITE_LIMIT,
        GUILD_WRITE_LIMIT,
        TOO_MANY_EDITS_OF_OLD_MESSAGE,
        UNAUTHORIZED,  # the token was withdrawn: the gateway ends the bot, the next start goes on
        OPENING_DMS_TOO_FAST,
        SENDING_DISABLED,
        FEATURE_DISABLED,
        SERVICE_RATE_LIMITED,
        BLOCKED_BY_CLOUDFLARE,
        INVALID_TOKEN,
        INVALID_WEBHOOK_TOKEN,  # the next try uses the bot's token
        UPLOADED_FILE_NOT_FOUND,
        INDEX_NOT_AVAILABLE,
        APPLICATION_NOT_AVAILABLE,
        OVERLOADED,
    }
)
"""The codes that say nothing about the request: the same one is taken later."""

GONE = frozenset({UNKNOWN_CHANNEL, UNKNOWN_GUILD, UNKNOWN_MESSAGE})
"""The codes that say that a message exists no more, alone or with its channel."""

RESTORABLE = frozenset({UNKNOWN_GUILD, MISSING_ACCESS, MISSING_PERMISSIONS, THREAD_ARCHIVED, THREAD_LOCKED})
"""The codes that say that the bot may not do it now; somebody may give it the access again."""

NOT_DELETABLE = frozenset({NOT_OUR_MESSAGE, SYSTEM_MESSAGE})
"""The codes that say that the bot can never edit or delete a message."""

MAX_RETRY_AFTER = 6 * 3600.0  # seconds: the longest slow mode


def is_page(err: discord.HTTPException) -> bool:
    """Whether the answer is a page, of a proxy or of Cloudflare, and not one of Discord's."""
    return err.code == 0 and str(err.text).lstrip().startswith("<")


def invalid_fields(err: discord.HTTPException) -> frozenset[str]:
    """The fields that INVALID_FORM_BODY names, of a nested one the outermost: {"message_reference"}."""
    return frozenset(re.findall(r"^In (\w+)", str(err.text), re.MULTILINE))


def retry_after(err: BaseException) -> float:
    """Seconds that Discord asks to wait before the next try, at most MAX_RETRY_AFTER, else 0."""
    headers = getattr(getattr(err, "response", None), "headers", {})
    try:
        return min(max(float(headers.get("Retry-After", 0)), 0.0), MAX_RETRY_AFTER)
    except ValueError:
        return 0.0
