"""✉️ and 🚩: sends a clip by direct message, and reports a clip to the moderators."""

import asyncio
import hashlib
import logging

import discord

import media
from cogs.access.policy import Action
from cogs.actions.context import BotContext
from cogs.actions.cooldown import Cooldown
from cogs.discord_api.errors import DISCORD_ERRORS
from cogs.discord_api.rate_limiter import Priority
from cogs.discord_api.requests import discord_request
from cogs.messages.delivery import COMMENT, file_name
from cogs.messages.targets import NO_MENTIONS, upload_limit
from cogs.ui.texts import render_alt, render_copy, render_report
from jobs.clips import clip_name
from jobs.errors import Refusal
from jobs.requester import Requester
from storage import Job

log = logging.getLogger(__name__)

SEND_TIMEOUT = 60.0  # seconds for one message
REPEAT_SECONDS = 600.0  # the same copy or report for the same person once in this time
MAX_COPIES = 20  # that wait, one is made and sent at a time: results must not be late by them


class Sharing:
    """Sends finished clips by DM, and reports to a guild's report channel."""

    def __init__(self, context: BotContext) -> None:
        self._context = context
        self._cooldown = Cooldown(REPEAT_SECONDS)
        self._one_copy = asyncio.Lock()
        self._copies = 0

    async def send(self, requester: Requester, job: Job) -> None:
        """Send the clip to the requester by direct message. Raises Refusal."""
        self._context.require(requester, Action.SEND_BY_DM, job)
        if self._copies >= MAX_COPIES:
            raise Refusal("many_copies")
        key = ("copy", requester.user_id, job.id)
        if not self._cooldown.start(key):
            raise Refusal("copied")
        self._copies += 1
        try:
            async with self._one_copy:
                await self._send(requester, job)
        except BaseException:
            self._cooldown.reset(key)  # nothing was sent: it may be tried again
            raise
        finally:
            self._copies -= 1

    async def _send(self, requester: Requester, job: Job) -> None:
        file = await self._open_clip(job)
        try:
            async with discord_request(SEND_TIMEOUT, Priority.COURTESY):
                channel = await self._context.client.create_dm(discord.Object(requester.user_id))
                await channel.send(
                    render_copy(requester.locale, job),
                    file=file,
                    allowed_mentions=NO_MENTIONS,
                    suppress_embeds=True,
                    nonce=sharing_nonce("copy", job, requester),
                )
        except DISCORD_ERRORS as err:
            log.info("job %s: no copy by direct message: %s", job.id, err)
            raise Refusal("no_dms") from err

    async def _open_clip(self, job: Job) -> discord.File:
        """The clip, within the upload limit of direct messages. Raises Refusal."""
        source = self._context.files.clip_path(job.clip or clip_name(job))
        limit = upload_limit(self._context.client, None)
        try:
            fitted = await self._context.pictures.fit_clip(
                source, source.with_suffix(".dm.mp4"), limit=limit, comment=COMMENT
            )
            return await asyncio.to_thread(
                discord.File,
                fitted.path,
                file_name(job, "mp4"),
                description=render_alt(job),
                spoiler=job.params.spoiler,
            )
        except (media.MediaError, OSError) as err:
            log.info("job %s: no copy: %r", job.id, err)
            raise Refusal("clip_gone") from err

    async def report(self, requester: Requester, job: Job) -> None:
        """Send a report to the report channel of the guild, once in a while. Raises Refusal, StoreError."""
        self._context.require(requester, Action.REPORT, job)
        key = ("report", requester.user_id, job.id)
        if not self._cooldown.start(key):
            return
        try:
            await self._report(requester, job)
        except BaseException:
            self._cooldown.reset(key)
            raise

    async def _report(self, requester: Requester, job: Job) -> None:
        settings = await self._context.store.guild_settings(job.guild_id)
        if settings.report_channel is None:
            raise Refusal("no_report_channel")
        client = self._context.client
        guild = client.get_guild(job.guild_id)
        locale = str(guild.preferred_locale) if guild else requester.locale
        channel = client.get_partial_messageable(settings.report_channel, guild_id=job.guild_id)
        try:
            async with discord_request(SEND_TIMEOUT):
                await channel.send(
                    render_report(locale, job, requester.user_id),
                    allowed_mentions=NO_MENTIONS,
                    suppress_embeds=True,
                    nonce=sharing_nonce("flag", job, requester),
                )
        except DISCORD_ERRORS as err:
            log.warning("job %s: a report does not reach its channel: %s", job.id, err)
            raise Refusal("no_report_channel") from err


def sharing_nonce(kind: str, job: Job, requester: Requester) -> str:
    """The nonce (25 characters) for a kind of message, job and person: requested twice at once, sent once."""
    digest = hashlib.sha256(f"{job.id} {requester.user_id}".encode()).hexdigest()
    return f"{kind}-{digest}"[:25]
