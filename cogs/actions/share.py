"""✉️ and 🚩: a clip by direct message, and a word to the moderators."""

import asyncio
import hashlib
import logging

import aiohttp
import discord

import media
from cogs.access.policy import Action
from cogs.access.rights import allow
from cogs.actions.context import Desk
from cogs.actions.reroll import Click
from cogs.messages.delivery import COMMENT, file_name
from cogs.messages.status import NOBODY
from cogs.ui.texts import render_alt, render_copy, render_report
from jobs.clips import clip_name, upload_limit
from jobs.errors import Refusal
from storage import Job

log = logging.getLogger(__name__)

PATIENCE = 60.0  # seconds for one message
UNSENDABLE = (discord.HTTPException, aiohttp.ClientError, OSError)


class Copies:
    """Sends what is there already to somebody else."""

    def __init__(self, client: discord.Client, desk: Desk) -> None:
        self._client = client
        self._desk = desk

    async def send(self, click: Click, job: Job) -> None:
        """Send the clip to whoever asked, by direct message. Raises Refusal, StoreError."""
        allow(self._desk.gate, click.person, click.place, Action.SEND_BY_DM, job)
        file = await self._pack(job)
        try:
            async with asyncio.timeout(PATIENCE):
                channel = await self._client.create_dm(discord.Object(click.person.id))
                await channel.send(
                    render_copy(click.locale, job),
                    file=file,
                    allowed_mentions=NOBODY,
                    nonce=build_note("copy", job, click),
                )
        except UNSENDABLE as err:
            log.info("job %s: no copy by direct message: %s", job.id, err)
            raise Refusal("no_dms") from err

    async def _pack(self, job: Job) -> discord.File:
        source = self._desk.files.clip(job.clip or clip_name(job))
        try:
            fitted = await self._desk.pictures.fit_clip(
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
        allow(self._desk.gate, click.person, click.place, Action.REPORT, job)
        rules = await self._desk.store.rules(job.guild_id)
        if rules.report_channel is None:
            raise Refusal("no_report_channel")
        guild = self._client.get_guild(job.guild_id)
        locale = str(guild.preferred_locale) if guild else click.locale
        channel = self._client.get_partial_messageable(rules.report_channel, guild_id=job.guild_id)
        try:
            async with asyncio.timeout(PATIENCE):
                await channel.send(
                    render_report(locale, job, click.person.id),
                    allowed_mentions=NOBODY,
                    nonce=build_note("flag", job, click),
                )
        except UNSENDABLE as err:
            log.warning("job %s: a report does not reach its channel: %s", job.id, err)
            raise Refusal("no_report_channel") from err


def build_note(word: str, job: Job, click: Click) -> str:
    """A nonce of 25 characters for a word to one person about one job: asked for twice at once, sent once."""
    about = f"{job.id} {click.person.id}"
    return f"{word}-{hashlib.sha256(about.encode()).hexdigest()}"[:25]
