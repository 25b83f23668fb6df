"""Deletion of a message, which counts as done by Discord's own empty answer only."""

import discord

from cogs.discord_api.errors import UnreadableAnswer
from cogs.discord_api.requests import discord_request

DELETE_TIMEOUT = 60.0  # seconds for one message


async def delete_message(client: discord.Client, channel_id: int, message_id: int) -> None:
    """Delete a message. Raises one of DISCORD_ERRORS, UnreadableAnswer for anything but an empty answer."""
    async with discord_request(DELETE_TIMEOUT):
        # PartialMessage.delete takes a proxy's page for success.
        answer: object = await client.http.delete_message(channel_id, message_id)
        if answer:
            raise UnreadableAnswer(f"message {message_id}: its deletion is answered by {answer!r:.100}")
