"""What discord.py raises when a request fails, and the codes of Discord's that the bot tells apart.

Source: Discord's reference, "Opcodes and Status Codes", JSON error codes.
"""

import aiohttp
import discord

DISCORD_ERRORS = (discord.HTTPException, aiohttp.ClientError, OSError)
"""Every way in which a request to Discord fails: refused, not sent, or not answered in time."""

UNKNOWN_CHANNEL = 10003
UNKNOWN_MESSAGE = 10008
