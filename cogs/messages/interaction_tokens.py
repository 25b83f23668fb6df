"""Interactions kept for their 15 minutes: their token reaches places that the bot's own does not."""

import logging
import time
from collections.abc import Callable

import discord
from discord import ui

from cogs.discord_api.errors import DISCORD_ERRORS
from cogs.discord_api.rate_limiter import Priority
from cogs.discord_api.requests import discord_request
from cogs.messages.targets import NO_MENTIONS

log = logging.getLogger(__name__)

LIFETIME = 14.5 * 60  # seconds; Discord's reference: an interaction's token is valid for 15 minutes
EDIT_TIMEOUT = 30.0  # seconds
MAX_KEPT = 1000  # the newest


class InteractionTokens:
    """Interactions whose answers are statuses of jobs, by the job's id. In memory only: secrets."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[float, discord.Interaction]] = {}  # in the order of their times

    def keep(self, job_id: str, interaction: discord.Interaction) -> None:
        """Keep an interaction whose original response is the job's status, until its token expires."""
        self._forget_expired()
        if len(self._kept) >= MAX_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[job_id] = self._clock() + LIFETIME, interaction

    async def edit_status(self, job_id: str, text: str, view: ui.View | None) -> bool:
        """Edit the status by the interaction's token; False where there is none or Discord refuses.

        For the end of a job: previews are removed.
        """
        self._forget_expired()
        if job_id not in self._kept:
            return False
        _, interaction = self._kept[job_id]
        try:
            async with discord_request(EDIT_TIMEOUT, Priority.STATUS):
                await interaction.edit_original_response(
                    content=text, view=view, attachments=[], allowed_mentions=NO_MENTIONS
                )
        except DISCORD_ERRORS as err:
            log.info("job %s: its status cannot be edited by the interaction either: %s", job_id, err)
            return False
        return True

    def forget(self, job_id: str) -> None:
        """The job is over and its end was shown."""
        self._kept.pop(job_id, None)

    def _forget_expired(self) -> None:
        while self._kept and next(iter(self._kept.values()))[0] <= self._clock():
            del self._kept[next(iter(self._kept))]
