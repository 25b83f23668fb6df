"""Delivery of a finished clip: fitted to Discord's upload limit, sent once as a result message, with 🔁."""

import asyncio
import io
import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import discord

import media
from cogs.i18n.catalogue import translate
from cogs.messages.bot_reactions import REROLL, BotReactions
from cogs.messages.delivery_policy import DELIVERY_ERRORS, DeliveryStep, backoff, next_step, reason_code
from cogs.messages.status_editor import StatusEditor
from cogs.messages.targets import (
    MessageKind,
    build_nonce,
    mention_owner,
    open_channel,
    reply_arguments,
    upload_limit,
)
from cogs.ui.job_buttons import result_buttons
from cogs.ui.submissions import SPOILER_PREFIX
from cogs.ui.texts import render_alt, render_poster, render_result
from jobs.clips import ClipJoiner, joined_name, smaller_name
from jobs.errors import JobFailure
from storage import FileStore, Job, Lease, State, Store

log = logging.getLogger(__name__)

SMALLER_LIMIT = 7_500_000  # bytes, where Discord refused a file within its own limit
REQUEST_TIMEOUT = 120.0  # seconds for one request; a repeated one is the same message, by its nonce
COMMENT = "AI-generated"  # the comment in the container's metadata; never the prompt
MAX_HISTORY = 1000  # messages read to find a result that was sent but not recorded
CLOCK_SKEW = 60.0  # seconds that Discord's clock and ours may differ


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultMessage:
    """A result message: its text, and the file with its name, alternative text, and whether it is hidden."""

    text: str
    file: Path | bytes
    name: str
    alt: str
    spoiler: bool

    def open(self) -> discord.File:
        """A new discord.File to upload."""
        source = self.file if isinstance(self.file, Path) else io.BytesIO(self.file)
        return discord.File(source, filename=self.name, description=self.alt, spoiler=self.spoiler)


class Delivery:
    """Delivers finished clips by the bot's token, as interactions expire after 15 minutes."""

    def __init__(
        self,
        client: discord.Client,
        *,
        store: Store,
        files: FileStore,
        pictures: media.Media,
        status_editor: StatusEditor,
        bot_reactions: BotReactions,
    ) -> None:
        self._client = client
        self._store = store
        self._clip_joiner = ClipJoiner(store, files, pictures)
        self._media = pictures
        self._status_editor = status_editor
        self._bot_reactions = bot_reactions

    async def deliver(self, lease: Lease) -> None:
        """Send the result of a job in state `delivering` once, or postpone it in its row.

        Raises JobFailure where Discord will never take it, MediaError, StoreError, LeaseLost.
        """
        job = lease.job
        if job.cancel_requested and not lease.adopted:
            raise JobFailure("cancelled")
        self._status_editor.show(job, translate(job.locale, "delivering"))
        message = await self._send_result(lease)
        if message is None:
            return
        channel_id = message.channel.id
        lease = await self._store.move(
            lease, State.DONE, result_message=message.id, result_channel=channel_id
        )
        log.info("job %s: delivered", job.id)
        self._status_editor.finish(lease.job)
        if message.guild:
            await self._bot_reactions.add(channel_id, message.id, REROLL)

    async def _send_result(self, lease: Lease) -> discord.Message | None:
        """Send it, one step of the policy after the other; None where it is postponed. Raises JobFailure."""
        job, tried, first = lease.job, list[DeliveryStep](), None
        while True:
            try:
                return await self._attempt(lease, tried)
            except DELIVERY_ERRORS as err:
                first = first or err
                step = next_step(err, tried, job.tries)
                log.warning("job %s: not delivered, next: %s: %r", job.id, step, err)
            match step:
                case DeliveryStep.LATER:
                    await self._store.postpone(lease, backoff(job.tries))
                    return None
                case DeliveryStep.GIVE_UP:
                    raise JobFailure(reason_code(first)) from first
                case _:
                    tried.append(step)

    async def _attempt(self, lease: Lease, tried: Collection[DeliveryStep]) -> discord.Message:
        """Send it after these steps, unless it was sent before. Raises one of DELIVERY_ERRORS, JobFailure."""
        job = lease.job
        async with asyncio.timeout(REQUEST_TIMEOUT):
            channel = await open_channel(self._client, job, tried)
            sent = await self._find_sent(channel, lease) if lease.adopted else None
        if sent:
            return sent
        if job.cancel_requested:
            raise JobFailure("cancelled")
        result = await self._build_result(job, tried)
        no_reference = {DeliveryStep.WITHOUT_REFERENCE, DeliveryStep.BY_DM} & set(tried)
        async with asyncio.timeout(REQUEST_TIMEOUT):
            return await channel.send(
                result.text,
                file=result.open(),
                view=result_buttons(job),
                **reply_arguments(job, None if no_reference else job.status_message),
                allowed_mentions=mention_owner(job),
                suppress_embeds=True,
                nonce=build_nonce(job, MessageKind.RESULT),
            )

    async def _find_sent(self, channel: discord.abc.Messageable, lease: Lease) -> discord.Message | None:
        """The result message, where a process died, or lost Discord's answer, before recording it."""
        moves = await self._store.transitions(lease.job.id)
        began = next(each.at for each in moves if each.state == State.DELIVERING)
        after = discord.Object(discord.utils.time_snowflake(_utc(began - CLOCK_SKEW)))
        async for message in channel.history(limit=MAX_HISTORY, after=after):
            if message.author == self._client.user and any(
                each.filename.removeprefix(SPOILER_PREFIX).startswith(file_name(lease.job, ""))
                for each in message.attachments
            ):
                return message
        return None

    async def _build_result(self, job: Job, tried: Collection[DeliveryStep]) -> ResultMessage:
        source = await self._clip_joiner.joined_clip(job)
        if DeliveryStep.POSTER in tried:
            poster = await self._media.poster(source)
            return ResultMessage(
                text=render_poster(job),
                file=poster,
                name=file_name(job, "jpg"),
                alt=render_alt(job),
                spoiler=job.params.spoiler,
            )
        fitted = await self._media.fit_clip(
            source, source.with_suffix(".fitted.mp4"), limit=self._limit(job, tried), comment=COMMENT
        )
        reencoded = fitted.method not in (media.FitMethod.UNTOUCHED, media.FitMethod.REMUXED)
        text = render_result(
            job,
            reencoded=reencoded or job.clip == smaller_name(job),
            joined=source.name == joined_name(job),
        )
        return ResultMessage(
            text=text,
            file=fitted.path,
            name=file_name(job, "mp4"),
            alt=render_alt(job),
            spoiler=job.params.spoiler,
        )

    def _limit(self, job: Job, tried: Collection[DeliveryStep]) -> int:
        """The size in bytes that the clip must not exceed."""
        if DeliveryStep.SMALLER in tried:
            return SMALLER_LIMIT
        return upload_limit(self._client, None if DeliveryStep.BY_DM in tried else job.guild_id)


def file_name(job: Job, extension: str) -> str:
    """The name of the uploaded file; after a crash the result message is recognized by it."""
    return f"animate-{job.short}.{extension}"


def _utc(time: float) -> datetime:
    return datetime.fromtimestamp(time, UTC)
