"""Handing over: the clip fitted to what Discord takes, one result message, the 🔁 under it."""

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
from cogs.ui.texts import render_alt, render_final_status, render_poster, render_result
from jobs.clips import ClipJoiner, joined_name, smaller_name
from jobs.errors import JobFailure
from storage import FileStore, Job, Lease, State, Store

log = logging.getLogger(__name__)

SMALLER_LIMIT = 7_500_000  # bytes: less than Discord ever took, where even the limit it told is too much
REQUEST_TIMEOUT = 120.0  # seconds for one request; a repeated one is the same message, by its nonce
COMMENT = "AI-generated"  # in the container; never the prompt
MAX_HISTORY = 1000  # messages read when a crash or a lost answer may have hidden our own
CLOCK_SKEW = 60.0  # seconds that Discord's clock and ours may differ


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultMessage:
    """What goes out: the words, and the file beside them."""

    text: str
    file: Path | bytes
    name: str
    alt: str

    def open(self) -> discord.File:
        """The file as discord.py takes it."""
        source = self.file if isinstance(self.file, Path) else io.BytesIO(self.file)
        return discord.File(source, filename=self.name, description=self.alt)


class Delivery:
    """Delivers finished clips by the bot's own token: no interaction lives long enough."""

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
        """Send the result of a job in state `delivering`, once; or put it off, as its row then says.

        Raises JobFailure where Discord will never take it, MediaError, LeaseLost.
        """
        job = lease.job
        if job.cancel_requested and not lease.adopted:
            raise JobFailure("cancelled")
        self._status_editor.show(job, translate(job.locale, "delivering"))
        message = await self._send_result(lease)
        if message is None:
            return
        place = message.channel.id
        lease = await self._store.move(lease, State.DONE, result_message=message.id, result_channel=place)
        log.info("job %s: delivered", job.id)
        self._status_editor.finish(lease.job, render_final_status(lease.job))
        if message.guild:
            await self._bot_reactions.add(place, message.id, REROLL)

    async def _send_result(self, lease: Lease) -> discord.Message | None:
        """Try one way after the other; None where it has to wait. Raises JobFailure."""
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
        """Send it in this way, unless it is there already. Raises one of OBSTACLES, MediaError."""
        job = lease.job
        async with asyncio.timeout(REQUEST_TIMEOUT):
            channel = await open_channel(self._client, job, tried)
            sent = await self._find_sent(channel, lease) if lease.adopted else None
        if sent:
            return sent
        if job.cancel_requested:
            raise JobFailure("cancelled")
        result = await self._build_result(job, tried)
        alone = {DeliveryStep.WITHOUT_REFERENCE, DeliveryStep.BY_DM} & set(tried)
        async with asyncio.timeout(REQUEST_TIMEOUT):
            return await channel.send(
                result.text,
                file=result.open(),
                view=result_buttons(job),
                **reply_arguments(job, None if alone else job.status_message),
                allowed_mentions=mention_owner(job),
                nonce=build_nonce(job, MessageKind.RESULT),
            )

    async def _find_sent(self, channel: discord.abc.Messageable, lease: Lease) -> discord.Message | None:
        """Our own result, sent by somebody who did not live to write it down, or whose answer was lost."""
        moves = await self._store.transitions(lease.job.id)
        began = next(each.at for each in moves if each.state == State.DELIVERING)
        after = discord.Object(discord.utils.time_snowflake(_utc(began - CLOCK_SKEW)))
        async for message in channel.history(limit=MAX_HISTORY, after=after):
            if message.author == self._client.user and any(
                each.filename.startswith(file_name(lease.job, "")) for each in message.attachments
            ):
                return message
        return None

    async def _build_result(self, job: Job, tried: Collection[DeliveryStep]) -> ResultMessage:
        source = await self._clip_joiner.joined_clip(job)
        if DeliveryStep.POSTER in tried:
            poster = await self._media.poster(source)
            return ResultMessage(
                text=render_poster(job), file=poster, name=file_name(job, "jpg"), alt=render_alt(job)
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
        return ResultMessage(text=text, file=fitted.path, name=file_name(job, "mp4"), alt=render_alt(job))

    def _limit(self, job: Job, tried: Collection[DeliveryStep]) -> int:
        """Bytes."""
        if DeliveryStep.SMALLER in tried:
            return SMALLER_LIMIT
        return upload_limit(self._client, None if DeliveryStep.BY_DM in tried else job.guild_id)


def file_name(job: Job, ending: str) -> str:
    """The file's name for people; it also tells our own message after a crash."""
    return f"animate-{job.short}.{ending}"


def _utc(time: float) -> datetime:
    return datetime.fromtimestamp(time, UTC)
