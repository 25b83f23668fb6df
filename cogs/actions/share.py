"""✉️ and 🚩: sends a clip by direct message, and reports a clip to the moderators."""

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import AsyncGenerator, Collection
from pathlib import Path

import discord

import media
from cogs.access.policy import Action
from cogs.actions.context import BotContext
from cogs.actions.cooldown import Cooldown
from cogs.discord_api.errors import DISCORD_ERRORS, UnreadableAnswer
from cogs.discord_api.rate_limiter import Priority
from cogs.discord_api.requests import discord_request
from cogs.messages.delivery import COMMENT, SMALLER_LIMIT
from cogs.messages.delivery_policy import DeliveryError, DeliveryStep, next_step, rule_of
from cogs.messages.sent_results import file_name
from cogs.messages.targets import NO_MENTIONS
from cogs.messages.upload_limits import DIRECT_MESSAGES
from cogs.ui.texts import render_alt, render_copy, render_report
from jobs.clips import clip_name
from jobs.errors import Refusal
from jobs.requester import Requester
from storage import BlobsUnavailable, Job

log = logging.getLogger(__name__)

SEND_TIMEOUT = 60.0  # seconds for one message
REPEAT_SECONDS = 600.0  # the same copy or report for the same person once in this time
MAX_COPIES = 20  # that wait, one is made and sent at a time: results must not be late by them
NOT_FOR_COPIES = frozenset(
    {DeliveryStep.WITHOUT_REFERENCE, DeliveryStep.BY_DM, DeliveryStep.LINK, DeliveryStep.POSTER}
)
REFUSALS = {"no_dms": "no_dms", "explicit": "explicit", "not_taken": "not_now"}  # by the reason of a rule
CHANNEL_REASONS = ("channel_gone", "guild_left", "cannot_send", "wrong_channel", "thread_locked")


class Sharing:
    """Sends finished clips by DM, and reports to a guild's report channel."""

    def __init__(self, context: BotContext) -> None:
        self._context = context
        self._cooldown = Cooldown(REPEAT_SECONDS)
        self._one_copy = asyncio.Lock()
        self._copies = 0

    async def send(self, requester: Requester, job: Job) -> None:
        """Send the clip to the requester by direct message. Raises Refusal, StoreError."""
        await self._context.require(requester, Action.SEND_BY_DM, job)
        if self._copies >= MAX_COPIES:
            raise Refusal("many_copies")
        key = ("copy", requester.user_id, job.id)
        if not self._cooldown.start(key):
            raise Refusal("copied")
        self._copies += 1
        try:
            async with self._one_copy:
                copy = self._context.files.unique_scratch_path(f"{job.id}.dm.mp4")
                try:
                    await self._send(requester, job, copy)
                finally:
                    await self._context.files.discard(copy)
        except BaseException:
            self._cooldown.reset(key)  # nothing was sent: it may be tried again
            raise
        finally:
            self._copies -= 1

    async def _send(self, requester: Requester, job: Job, copy: Path) -> None:
        """Send it; `copy`: where the clip stands as it is uploaded. Raises Refusal, StoreError."""
        tried = set(NOT_FOR_COPIES)
        sent = False
        while not sent:
            async with self._fit_clip(job, tried, copy) as path:
                sent = await self._try_to_send(requester, job, path, tried)

    async def _try_to_send(
        self, requester: Requester, job: Job, path: Path, tried: set[DeliveryStep]
    ) -> bool:
        """Send it, or note in `tried` what to do otherwise. Raises Refusal, StoreError."""
        try:
            await self._send_copy(requester, job, path, with_prompt=DeliveryStep.WITHOUT_PROMPT not in tried)
        except DISCORD_ERRORS as err:
            log.info("job %s: no copy by direct message: %r", job.id, err)
            step = next_step(err, tried)
            if step is DeliveryStep.GIVE_UP or (step is DeliveryStep.LATER and not _is_unread(err)):
                raise _refusal_of(err, job) from err
            if step is not DeliveryStep.SMALLER or not await self._learn(path):
                tried.add(step)
            return False
        return True

    async def _learn(self, path: Path) -> bool:
        """Remember that this file is too large; whether a smaller one may be taken. Raises StoreError."""
        size = (await asyncio.to_thread(path.stat)).st_size
        return await self._context.messages.upload_limits.learn(DIRECT_MESSAGES, size)

    async def _send_copy(self, requester: Requester, job: Job, path: Path, *, with_prompt: bool) -> None:
        file = await asyncio.to_thread(
            discord.File,
            path,
            file_name(job, "mp4"),
            description=render_alt(job, with_prompt=with_prompt),
            spoiler=job.params.spoiler,
        )
        async with discord_request(SEND_TIMEOUT, Priority.COURTESY):
            channel = await self._context.client.create_dm(discord.Object(requester.user_id))
        async with discord_request(SEND_TIMEOUT, Priority.COURTESY):
            await channel.send(
                render_copy(requester.locale, job, with_prompt=with_prompt),
                file=file,
                allowed_mentions=NO_MENTIONS,
                suppress_embeds=True,
                nonce=sharing_nonce("copy", job, requester),
            )

    @contextlib.asynccontextmanager
    async def _fit_clip(self, job: Job, tried: Collection[DeliveryStep], copy: Path) -> AsyncGenerator[Path]:
        """The clip, within the upload limit of direct messages. Raises Refusal, and what the block raises."""
        limit = await self._context.messages.upload_limits.limit(DIRECT_MESSAGES)
        if DeliveryStep.SMALLER in tried:
            limit = min(limit, SMALLER_LIMIT)
        async with contextlib.AsyncExitStack() as stack:
            try:
                kept = self._context.files.clip(job.clip or clip_name(job))
                source = await stack.enter_async_context(kept)
                fitted = await self._context.pictures.fit_clip(source, copy, limit=limit, comment=COMMENT)
            except BlobsUnavailable as err:
                log.warning("job %s: no copy: %s", job.id, err)
                raise Refusal("storage_away") from err
            except (media.MediaError, OSError) as err:
                log.info("job %s: no copy: %r", job.id, err)
                raise Refusal("clip_busy" if media.may_pass(err) else "clip_gone") from err
            yield fitted.path

    async def report(self, requester: Requester, job: Job) -> None:
        """Send a report to the report channel of the guild, once in a while. Raises Refusal, StoreError."""
        await self._context.require(requester, Action.REPORT, job)
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
            log.warning("job %s: a report does not reach its channel: %r", job.id, err)
            raise _refusal_of(err, job, closed="no_report_channel") from err


def _is_unread(err: DeliveryError) -> bool:
    """Whether the message may stand there: sent again, its nonce gives back the same one."""
    return isinstance(err, UnreadableAnswer)


def _refusal_of(err: DeliveryError, job: Job, *, closed: str = "by_discord") -> Refusal:
    """What to tell whoever asked; `closed`: the refusal where nothing can be sent to that channel."""
    reason = rule_of(err).reason
    codes = dict.fromkeys(CHANNEL_REASONS, closed) | REFUSALS
    return Refusal(codes.get(reason, "by_discord"), short=job.short)


def sharing_nonce(kind: str, job: Job, requester: Requester) -> str:
    """The nonce (25 characters) for a kind of message, job and person: requested twice at once, sent once."""
    digest = hashlib.sha256(f"{job.id} {requester.user_id}".encode()).hexdigest()
    return f"{kind}-{digest}"[:25]
