"""What discord.py raises when a request fails, and the JSON error codes that the bot tells apart.

Source: Discord's reference, "Opcodes and Status Codes", JSON error codes.
"""

import aiohttp
import discord


class UnreadableAnswer(Exception):
    """Discord, or a proxy in between, answered with what discord.py cannot read: perhaps it took effect."""


DISCORD_ERRORS = (discord.HTTPException, aiohttp.ClientError, OSError, UnreadableAnswer)
"""Every way in which a request to Discord fails: refused, not sent, not answered in time, or unreadably."""

UNKNOWN_CHANNEL = 10003
UNKNOWN_GUILD = 10004
UNKNOWN_MESSAGE = 10008
TOO_MANY_EDITS_OF_OLD_MESSAGE = 30046  # more than an hour old
REQUEST_TOO_LARGE = 40005
MISSING_ACCESS = 50001  # no view of the channel, or not a member of the guild any more
CANNOT_SEND_TO_USER = 50007
MISSING_PERMISSIONS = 50013
INVALID_WEBHOOK_TOKEN = 50027  # also of an interaction that has expired
INVALID_FORM_BODY = 50035
THREAD_ARCHIVED = 50083
NO_MUTUAL_GUILDS = 50278
CANNOT_REPLY_WITHOUT_HISTORY = 160002  # missing permission to read message history
