"""Delivery of a finished clip: fitted to Discord's upload limit, sent once as a result message, with 🔁."""

import io
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import discord

import comfy
import media
from cogs.discord_api.rate_limiter import Priority
from cogs.discord_api.requests import discord_request
from cogs.discord_api.scheduler import RequestScheduler
from cogs.i18n.catalogue import translate
from cogs.messages.bot_reactions import REROLL, BotReactions
from cogs.messages.delivery_policy import (
    DELIVERY_ERRORS,
    DeliveryError,
    DeliveryStep,
    backoff,
    next_step,
    reason_code,
)
from cogs.messages.guild_lookup import GuildLookup
from cogs.messages.sent_results import SentResults, file_name
from cogs.messages.status_editor import StatusEditor
from cogs.messages.targets import (
    MessageKind,
    build_nonce,
    mention_owner,
    open_channel,
    reply_arguments,
)
from cogs.messages.upload_limits import DIRECT_MESSAGES, UploadLimits
from cogs.ui.job_buttons import result_buttons
from cogs.ui.texts import render_alt, render_link, render_poster, render_result
from jobs.clips import ClipJoiner, LocalClip, joined_name, smaller_name
from jobs.errors import JobFailure
from storage import Blobs, BlobsUnavailable, Job, Lease, State, Store

log = logging.getLogger(__name__)

SMALLER_LIMIT = 7_500_000  # bytes, where Discord refused a file within its own limit
REQUEST_TIMEOUT = 120.0  # seconds for one request; a repeated one is the same message, by its nonce
COMMENT = "AI-generated"  # the comment in the container's metadata; never the prompt


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

    @property
    def size(self) -> int:
        """The file's size in bytes."""
        return self.file.stat().st_size if isinstance(self.file, Path) else len(self.file)


@dataclass(slots=True)
class Attempt:
    """What was tried for a lease: the steps taken, the first error, and the size of the file sent last.

    `fitted`: where the clip stands as it is uploaded, until it is.
    """

    lease: Lease
    fitted: Path
    tried: list[DeliveryStep] = field(default_factory=list[DeliveryStep])
    first: DeliveryError | None = None
    size: int = 0

    @property
    def guild_id(self) -> int:
        """Where the message goes: the guild, or DIRECT_MESSAGES."""
        return DIRECT_MESSAGES if DeliveryStep.BY_DM in self.tried else self.lease.job.guild_id

    @property
    def with_prompt(self) -> bool:
        """Whether the prompt stands in the message."""
        return DeliveryStep.WITHOUT_PROMPT not in self.tried


class Delivery:
    """Delivers finished clips by the bot's token, as interactions expire after 15 minutes."""

    def __init__(
        self,
        client: discord.Client,
        *,
        scheduler: RequestScheduler,
        store: Store,
        files: Blobs,
        pictures: media.Media,
        status_editor: StatusEditor,
        bot_reactions: BotReactions,
        guilds: GuildLookup,
        upload_limits: UploadLimits,
        workflows: Mapping[str, comfy.Workflow],
        link_seconds: float = 0.0,
    ) -> None:
        """`link_seconds`: how long a link to a clip that is too large for Discord works; 0: none is made."""
        self._client = client
        self._workflows = workflows
        self._scheduler = scheduler
        self._store = store
        self._files = files
        self._clip_joiner = ClipJoiner(store, files, pictures)
        self._media = pictures
        self._status_editor = status_editor
        self._bot_reactions = bot_reactions
        self._guilds = guilds
        self._sent_results = SentResults(client, store)
        self._upload_limits = upload_limits
        self._link_seconds = link_seconds if files.has_links else 0.0

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
        if channel_id == job.channel_id and job.guild_id and job.params.seed is not None:
            await self._bot_reactions.add(channel_id, message.id, REROLL)

    async def _send_result(self, lease: Lease) -> discord.Message | None:
        """Send it, one step of the policy after the other; None where it is postponed.

        Raises JobFailure, MediaError, StoreError, LeaseLost.
        """
        attempt = Attempt(lease, self._files.unique_scratch_path(f"{lease.job.id}.fitted.mp4"))
        try:
            while True:
                try:
                    return await self._attempt(attempt)
                except DELIVERY_ERRORS as err:
                    if await self._prepare_next(attempt, err) is DeliveryStep.LATER:
                        job = await self._store.postpone(lease, backoff(lease.job.tries, err))
                        if isinstance(err, BlobsUnavailable):
                            self._status_editor.show(job, translate(job.locale, "delivering_storage_away"))
                        return None
        finally:
            await self._files.discard(attempt.fitted)

    async def _prepare_next(self, attempt: Attempt, err: DeliveryError) -> DeliveryStep:
        """The step after an error, noted in `attempt`. Raises JobFailure where none is left, StoreError."""
        job = attempt.lease.job
        attempt.first = attempt.first or err
        left_out = () if self._link_seconds else (DeliveryStep.LINK,)
        step = next_step(err, (*attempt.tried, *left_out), job.tries)
        log.warning("job %s: not delivered, next: %s: %r", job.id, step, err)
        if step is DeliveryStep.GIVE_UP:
            raise JobFailure(await self._reason_code(job, attempt.first)) from attempt.first
        if step is DeliveryStep.SMALLER and await self._upload_limits.learn(attempt.guild_id, attempt.size):
            return step  # the next file keeps what was learnt; SMALLER stays for a limit below that
        attempt.tried.append(step)
        return step

    async def _reason_code(self, job: Job, err: DeliveryError) -> str:
        """Why the job fails: Discord says "missing access" too of a guild that the bot has left."""
        code = reason_code(err)
        if code == "cannot_send" and job.guild_id and await self._guilds.has_left(job.guild_id):
            return "guild_left"
        return code

    async def _attempt(self, attempt: Attempt) -> discord.Message:
        """Send it after these steps, unless it was sent before. Raises one of DELIVERY_ERRORS, JobFailure."""
        lease, job, tried = attempt.lease, attempt.lease.job, attempt.tried
        async with discord_request(REQUEST_TIMEOUT, Priority.RESULT, term=lease.term):
            channel = await open_channel(self._client, job, tried)
        sent = await self._sent_results.first(channel, job, lease.term) if lease.adopted else None
        if sent:
            return sent
        if job.cancel_requested:
            raise JobFailure("cancelled")
        async with self._clip_joiner.joined_clip(job) as clip:
            result = await self._build_result(attempt, clip)
            attempt.size = result.size
            return await self._send(attempt, channel, result)

    async def _send(
        self, attempt: Attempt, channel: discord.DMChannel | discord.PartialMessageable, result: ResultMessage
    ) -> discord.Message:
        lease, job = attempt.lease, attempt.lease.job
        no_reference = {DeliveryStep.WITHOUT_REFERENCE, DeliveryStep.BY_DM} & set(attempt.tried)
        async with self._scheduler.send(channel.id, REQUEST_TIMEOUT, Priority.RESULT, term=lease.term):
            return await channel.send(
                result.text,
                file=result.open(),
                view=result_buttons(job),
                **reply_arguments(job, None if no_reference else job.status_message),
                allowed_mentions=mention_owner(job),
                suppress_embeds=True,
                nonce=build_nonce(job, MessageKind.RESULT),
            )

    async def _build_result(self, attempt: Attempt, clip: LocalClip) -> ResultMessage:
        job, with_prompt = attempt.lease.job, attempt.with_prompt
        alt = render_alt(job, with_prompt=with_prompt)
        if {DeliveryStep.LINK, DeliveryStep.POSTER} & set(attempt.tried):
            poster, text = await self._media.poster(clip.path), await self._poster_text(attempt, clip)
            name = file_name(job, "jpg")
            return ResultMessage(text=text, file=poster, name=name, alt=alt, spoiler=job.params.spoiler)
        fitted = await self._media.fit_clip(
            clip.path, attempt.fitted, limit=await self._limit(attempt), comment=COMMENT
        )
        reencoded = fitted.method not in (media.FitMethod.UNTOUCHED, media.FitMethod.REMUXED)
        text = render_result(
            job,
            workflow=self._workflows.get(job.params.workflow),
            with_model=len({each.family for each in self._workflows.values()}) > 1,
            reencoded=reencoded or job.clip == smaller_name(job),
            joined=clip.name == joined_name(job),
            with_prompt=with_prompt,
        )
        name = file_name(job, "mp4")
        return ResultMessage(text=text, file=fitted.path, name=name, alt=alt, spoiler=job.params.spoiler)

    async def _poster_text(self, attempt: Attempt, clip: LocalClip) -> str:
        """The words beside the first picture: where the whole clip is, if it may be loaded."""
        job = attempt.lease.job
        if DeliveryStep.POSTER not in attempt.tried:
            until = time.time() + self._link_seconds
            if url := await self._files.link_to_clip(clip.name, self._link_seconds):
                return render_link(job, url, until, with_prompt=attempt.with_prompt)
        return render_poster(job, with_prompt=attempt.with_prompt)

    async def _limit(self, attempt: Attempt) -> int:
        """The size in bytes that the clip must not exceed."""
        if DeliveryStep.SMALLER in attempt.tried:
            return SMALLER_LIMIT
        return await self._upload_limits.limit(attempt.guild_id)
