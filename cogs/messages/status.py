"""Status messages sent by the bot's token: for rerolls, and where an interaction's answer failed."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime

import discord

from cogs.discord_api.errors import DISCORD_ERRORS, UNKNOWN_MESSAGE
from cogs.discord_api.rate_limiter import Priority
from cogs.discord_api.requests import discord_request
from cogs.discord_api.scheduler import RequestScheduler
from cogs.messages.delivery_policy import DeliveryStep, backoff, next_step
from cogs.messages.lost_status import LostStatusHandler
from cogs.messages.status_editor import StatusEditor
from cogs.messages.targets import NO_MENTIONS, MessageKind, build_nonce, reply_arguments
from cogs.ui.job_buttons import waiting_buttons
from storage import FINISHED, Job, Store, StoreError

log = logging.getLogger(__name__)

MAX_HISTORY = 1000  # messages read to find an answer that was sent but not recorded
CLOCK_SKEW = 60.0  # seconds that Discord's clock and ours may differ
SEND_TIMEOUT = 60.0  # seconds for one message
MAX_TRIES = 3  # to post a status; then the result stands alone


class StatusMessages:
    """Posts status messages by the bot's token, and records which message is a job's status."""

    def __init__(
        self,
        client: discord.Client,
        *,
        scheduler: RequestScheduler,
        store: Store,
        status_editor: StatusEditor,
        lost_status: LostStatusHandler,
        tasks: asyncio.TaskGroup,
    ) -> None:
        """`tasks`: owns what `post_soon` and `post_missing` start."""
        self._client = client
        self._scheduler = scheduler
        self._tasks = tasks
        self._posting: dict[asyncio.Task[None], str] = {}
        self._store = store
        self._status_editor = status_editor
        self._lost_status = lost_status

    def post_soon(self, job: Job, text: str, *, reply_to: int | None = None) -> None:
        """Post the status of a job without waiting for it: in a busy channel others go first.

        What fails is logged: the job is admitted, and the next start posts what is missing.
        """
        self._start(self._post_or_log(job, text, reply_to), job, "status")

    def close(self) -> None:
        """Post nothing more."""
        for task in self._posting:
            task.cancel()

    def _start(self, work: Coroutine[object, object, None], job: Job, what: str) -> None:
        task = self._tasks.create_task(work, name=f"{what} of {job.id}")
        self._posting[task] = job.id
        task.add_done_callback(lambda done: self._posting.pop(done, None))

    async def _post_or_log(self, job: Job, text: str, reply_to: int | None) -> None:
        try:
            await self.post(job, text, reply_to=reply_to)
        except StoreError as err:
            log.error("job %s: its status message is not recorded: %s", job.id, err)

    async def post(self, job: Job, text: str, *, reply_to: int | None = None) -> None:
        """Post the status of a job and record it. Where Discord does not take it, the job stays without.

        Where only Discord's answer was lost, the next try returns the same message, by its nonce. Raises
        StoreError.
        """
        for tries in range(MAX_TRIES):
            try:
                message_id = await self._send(job, text, reply_to)
            except DISCORD_ERRORS as err:
                tried = [] if reply_to else [DeliveryStep.WITHOUT_REFERENCE]
                step = next_step(err, tried, tries)
                log.warning("job %s: its status message is not posted, next: %s: %r", job.id, step, err)
                match step:
                    case DeliveryStep.WITHOUT_REFERENCE:
                        reply_to = None
                    case DeliveryStep.LATER:
                        await asyncio.sleep(backoff(tries))
                    case _:
                        if _code_of(err) == UNKNOWN_MESSAGE:  # it was posted before, and somebody deleted it
                            await self._lost_status.deleted(job)
                        return
            else:
                if message_id is not None:
                    await self.record(job, message_id, text)
                return

    async def _send(self, job: Job, text: str, reply_to: int | None) -> int | None:
        """The id of the message; None where the job has ended while others went first. Raises StoreError."""
        channel = self._client.get_partial_messageable(job.channel_id, guild_id=job.guild_id)
        async with self._scheduler.send(job.channel_id, SEND_TIMEOUT, Priority.STATUS):
            now = await self._store.find(job.id)
            if now is None or now.state in FINISHED:
                return None
            message = await channel.send(
                text,
                view=waiting_buttons(job),
                **reply_arguments(job, reply_to),
                allowed_mentions=NO_MENTIONS,
                suppress_embeds=True,
                nonce=build_nonce(job, MessageKind.STATUS),
            )
        return message.id

    async def post_missing(self, job: Job, text_of: Callable[[Job], Awaitable[str]]) -> None:
        """Begin to find or post the status of a job without one, unless it is being posted.

        Raises StoreError.
        """
        if job.id not in self._posting.values():
            self._start(self._find_or_post(job, await text_of(job)), job, "missing status")

    async def _find_or_post(self, job: Job, text: str) -> None:
        answer = await self._find_answer(job)
        if answer is None:
            await self._post_or_log(job, text, None)
            return
        try:
            await self.record(job, answer.id, answer.content)
        except StoreError as err:
            log.error("job %s: its status message is not recorded: %s", job.id, err)
        self._status_editor.show(job, text)

    async def _find_answer(self, job: Job) -> discord.Message | None:
        """The answer to the command, where a process died between sending and recording it."""
        channel = self._client.get_partial_messageable(job.channel_id, guild_id=job.guild_id)
        since = datetime.fromtimestamp(job.created_at - CLOCK_SKEW, UTC)
        try:
            async with discord_request(SEND_TIMEOUT, Priority.STATUS):
                async for message in channel.history(limit=MAX_HISTORY, after=since):
                    call = message.interaction_metadata
                    if call and job.key == f"interaction {call.id}":
                        return message
        except DISCORD_ERRORS as err:
            log.info("job %s: cannot look for its answer: %s", job.id, err)
        return None

    async def record(self, job: Job, message_id: int, text: str) -> None:
        """Record which message is the job's status, and which text it has. Raises StoreError."""
        self._status_editor.posted(job, message_id, text)
        await self._store.set_status_message(job.id, message_id)


def _code_of(err: Exception) -> int:
    """Discord's code, 0 where the error has none."""
    return err.code if isinstance(err, discord.HTTPException) else 0
