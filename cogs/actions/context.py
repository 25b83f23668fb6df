"""The desk: what every cog needs to take a wish and answer it."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass

import discord
from discord import app_commands

import comfy
import media
from cogs.access.actors import location_of
from cogs.access.policy import AccessPolicy, Action, Actor, SharePolicy
from cogs.actions.in_flight import InFlight
from cogs.discord_api.errors import DISCORD_ERRORS
from cogs.messages.lost_status import LostStatusHandler
from cogs.messages.status import StatusMessages, reply_privately
from cogs.ui.texts import render_refusal
from jobs.errors import Refusal
from jobs.notifier import QueueNotifier
from jobs.service import Asker, JobService
from jobs.worker import Worker
from storage import Files, Job, Store, StoreError

log = logging.getLogger(__name__)

PATIENCE = 60.0  # seconds for one interaction


@dataclass(frozen=True, slots=True, kw_only=True)
class BotContext:
    """Opened in `house.py`, handed to each cog."""

    policy: AccessPolicy
    shares: SharePolicy
    service: JobService
    store: Store
    files: Files
    pictures: media.Media
    workflows: Mapping[str, comfy.Workflow]
    servers: Sequence[comfy.Server]
    status: StatusMessages
    worker: Worker
    notifier: QueueNotifier
    lost_status: LostStatusHandler
    in_flight: InFlight

    async def waiting_text(self, job: Job) -> str:
        """What the status of a job says while it waits. Raises StoreError."""
        return await self.worker.waiting_text(job, await self.store.ahead(job.id))

    async def locale_of(self, interaction: discord.Interaction) -> str:
        """The language that the person chose, else that of their Discord. Raises StoreError."""
        return await self.store.language(interaction.user.id) or str(interaction.locale)

    def require(self, interaction: discord.Interaction, action: Action, *, owner: int | None = None) -> None:
        """Let the person go on, or raise the Refusal of the rule that says no."""
        actor = Actor.of(interaction.user)
        refusal = self.policy.check(actor, location_of(interaction), action, owner=owner)
        if refusal:
            raise refusal

    async def job(self, job_id: str) -> Job:
        """The job with that whole id. Raises Refusal where it is no longer kept, StoreError."""
        job = await self.store.find(job_id)
        if job is None:
            raise Refusal("gone")
        return job

    def asker(self, interaction: discord.Interaction, locale: str) -> Asker:
        """Who asks, as the queue will know them."""
        return Asker(
            user_id=interaction.user.id,
            guild_id=interaction.guild_id or 0,
            channel_id=interaction.channel_id or 0,
            locale=locale,
            share=self.shares.of(Actor.of(interaction.user)),
        )

    @contextlib.asynccontextmanager
    async def answering(self, interaction: discord.Interaction) -> AsyncGenerator[str]:
        """Serve somebody in their language, which it yields; a Refusal inside is told to them alone."""
        with self.in_flight.track():
            locale = str(interaction.locale)
            try:
                async with asyncio.timeout(PATIENCE):
                    locale = await self.locale_of(interaction)
                    if not self.in_flight.is_open:
                        raise Refusal("closing")
                    yield locale
            except Refusal as refusal:
                await reply_privately(interaction, render_refusal(locale, refusal))
            except (StoreError, *DISCORD_ERRORS) as err:
                log.error("interaction %s: %r", interaction.id, err)
                await reply_privately(interaction, render_refusal(locale, Refusal("internal")))


async def on_app_command_error(interaction: discord.Interaction, error: app_commands.AppCommandError) -> None:
    """A command met a fault of ours: all of it goes to the log, one sentence to the person."""
    log.error("interaction %s: %s", interaction.id, error, exc_info=error)
    await reply_privately(interaction, render_refusal(str(interaction.locale), Refusal("internal")))
