"""✉️ and 🚩: a clip by direct message, and a word to the moderators."""

import asyncio
import hashlib
import logging

import discord

import media
from cogs.access.policy import Action
from cogs.access.rights import require_access
from cogs.actions.context import BotContext
from cogs.actions.reroll import Click
from cogs.discord_api.errors import DISCORD_ERRORS
from cogs.messages.delivery import COMMENT, file_name
from cogs.messages.status import NO_MENTIONS
from cogs.ui.texts import render_alt, render_copy, render_report
from jobs.clips import clip_name, upload_limit
from jobs.errors import Refusal
from storage import Job

log = logging.getLogger(__name__)

PATIENCE = 60.0  # seconds for one message


class Sharing:
    """Sends what is there already to somebody else."""

    def __init__(self, client: discord.Client, context: BotContext) -> None:
        self._client = client
        self._context = context

    async def send(self, click: Click, job: Job) -> None:
        """Send the clip to whoever asked, by direct message. Raises Refusal, StoreError."""
        require_access(self._context.policy, click.actor, click.place, Action.SEND_BY_DM, job)
        file = await self._pack(job)
        try:
            async with asyncio.timeout(PATIENCE):
                channel = await self._client.create_dm(discord.Object(click.actor.id))
                await channel.send(
                    render_copy(click.locale, job),
                    file=file,
                    allowed_mentions=NO_MENTIONS,
                    nonce=build_note("copy", job, click),
                )
        except DISCORD_ERRORS as err:
            log.info("job %s: no copy by direct message: %s", job.id, err)
            raise Refusal("no_dms") from err

    async def _pack(self, job: Job) -> discord.File:
        source = self._context.files.clip(job.clip or clip_name(job))
        try:
            fitted = await self._context.pictures.fit_clip(
                source, source.with_suffix(".dm.mp4"), limit=upload_limit(self._client, None), comment=COMMENT
            )
            return await asyncio.to_thread(
                discord.File, fitted.path, file_name(job, "mp4"), description=render_alt(job)
            )
        except (media.MediaError, OSError) as err:
            log.info("job %s: no copy: %r", job.id, err)
            raise Refusal("clip_gone") from err

    async def report(self, click: Click, job: Job) -> None:
        """Tell the moderators of that guild. Raises Refusal, StoreError."""
        require_access(self._context.policy, click.actor, click.place, Action.REPORT, job)
        rules = await self._context.store.guild_settings(job.guild_id)
        if rules.report_channel is None:
            raise Refusal("no_report_channel")
        guild = self._client.get_guild(job.guild_id)
        locale = str(guild.preferred_locale) if guild else click.locale
        channel = self._client.get_partial_messageable(rules.report_channel, guild_id=job.guild_id)
        try:
            async with asyncio.timeout(PATIENCE):
                await channel.send(
                    render_report(locale, job, click.actor.id),
                    allowed_mentions=NO_MENTIONS,
                    nonce=build_note("flag", job, click),
                )
        except DISCORD_ERRORS as err:
            log.warning("job %s: a report does not reach its channel: %s", job.id, err)
            raise Refusal("no_report_channel") from err


def build_note(word: str, job: Job, click: Click) -> str:
    """A nonce of 25 characters for a word to one person about one job: asked for twice at once, sent once."""
    about = f"{job.id} {click.actor.id}"
    return f"{word}-{hashlib.sha256(about.encode()).hexdigest()}"[:25]
