"""The bot's own messages with a job's clip: found in a channel's history, whatever its row says of them."""

from collections.abc import Sequence
from datetime import UTC, datetime

import discord

from cogs.discord_api.rate_limiter import Priority
from cogs.discord_api.requests import discord_request
from cogs.ui.submissions import SPOILER_PREFIX
from storage import Job, LeaseTerm, State, Store

MAX_HISTORY = 1000  # messages read to find a result that was sent but not recorded
CLOCK_SKEW = 60.0  # seconds that Discord's clock and ours may differ
REQUEST_TIMEOUT = 120.0  # seconds for all pages


def file_name(job: Job, extension: str) -> str:
    """The name of the uploaded file; after a crash the result message is recognized by it."""
    return f"animate-{job.short}.{extension}"


class SentResults:
    """Looks for the results of jobs in channels and direct messages."""

    def __init__(self, client: discord.Client, store: Store) -> None:
        self._client = client
        self._store = store

    async def first(
        self, channel: discord.abc.Messageable, job: Job, term: LeaseTerm
    ) -> discord.Message | None:
        """The first message with the job's clip since its delivery began, looked for with this lease.

        Raises one of DISCORD_ERRORS, StoreError, LeaseLost.
        """
        after = await self._began(job)
        async with discord_request(REQUEST_TIMEOUT, Priority.RESULT, term=term):
            async for message in channel.history(limit=MAX_HISTORY, after=after):
                if self._has_clip(message, job):
                    return message
        return None

    async def all(self, channel: discord.abc.Messageable, job: Job) -> Sequence[discord.Message]:
        """All results of the job there since its delivery began, by file and buttons: a copy has none.

        Raises one of DISCORD_ERRORS, StoreError.
        """
        after = await self._began(job)
        async with discord_request(REQUEST_TIMEOUT):
            history = channel.history(limit=MAX_HISTORY, after=after)
            return [each async for each in history if self._has_clip(each, job) and _has_buttons(each, job)]

    async def _began(self, job: Job) -> discord.Object:
        """The first id that a message can have that was sent since the job's delivery began."""
        moves = await self._store.transitions(job.id)
        began = next(each.at for each in moves if each.state == State.DELIVERING)
        return discord.Object(discord.utils.time_snowflake(datetime.fromtimestamp(began - CLOCK_SKEW, UTC)))

    def _has_clip(self, message: discord.Message, job: Job) -> bool:
        return message.author == self._client.user and any(
            each.filename.removeprefix(SPOILER_PREFIX).startswith(file_name(job, ""))
            for each in message.attachments
        )


def _has_buttons(message: discord.Message, job: Job) -> bool:
    rows = [each for each in message.components if isinstance(each, discord.ActionRow)]
    ids = [getattr(each, "custom_id", None) or "" for row in rows for each in row.children]
    return any(each.endswith(f":{job.id}") for each in ids)
