"""The first words about a job: the answer to an interaction, or a message of the bot's own."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypedDict

import discord

from cogs.discord_api.errors import DISCORD_ERRORS
from cogs.messages.delivery_policy import DeliveryStep, backoff, next_step
from cogs.messages.status_editor import StatusEditor
from cogs.messages.targets import MessageKind, build_nonce
from cogs.ui.job_buttons import waiting_buttons
from storage import Job, Store

log = logging.getLogger(__name__)

LOOK_BACK = 1000  # messages
SKEW = 60.0  # seconds that Discord's clock and ours may differ
PATIENCE = 60.0  # seconds for one message
TRIES = 3  # to post a status; then the result stands alone
NO_MENTIONS = discord.AllowedMentions.none()


class InteractionReply:
    """What one interaction is answered with: at once where possible, else a first word that becomes it."""

    def __init__(self, interaction: discord.Interaction) -> None:
        self._interaction = interaction
        self._held = False

    async def defer_with(self, text: str) -> None:
        """Acknowledge in time; the text is replaced by what follows, if Discord has it."""
        self._held = True
        try:
            await self._interaction.response.send_message(text, allowed_mentions=NO_MENTIONS)
        except DISCORD_ERRORS as err:
            log.warning("interaction %s: cannot be held: %s", self._interaction.id, err)

    async def send(self, text: str, job: Job) -> int:
        """Answer for all to see; returns the message's id. Raises one of UNANSWERABLE."""
        view = waiting_buttons(job)
        async with asyncio.timeout(PATIENCE):
            if self._held:
                message = await self._interaction.edit_original_response(
                    content=text, view=view, allowed_mentions=NO_MENTIONS
                )
                return message.id
            try:
                response = await self._interaction.response.send_message(
                    text, view=view, allowed_mentions=NO_MENTIONS
                )
            except DISCORD_ERRORS:
                return (await self._interaction.original_response()).id  # perhaps only its answer was lost
            return response.message_id or (await self._interaction.original_response()).id

    async def refuse(self, text: str) -> None:
        """Answer so that only the person sees it."""
        if self._held:
            with contextlib.suppress(*DISCORD_ERRORS):
                await self._interaction.delete_original_response()
        await reply_privately(self._interaction, text)


async def reply_privately(interaction: discord.Interaction, text: str) -> None:
    """Say something that only this person sees; where Discord does not take it the log says so."""
    try:
        async with asyncio.timeout(PATIENCE):
            if interaction.response.is_done():
                await interaction.followup.send(text, ephemeral=True, allowed_mentions=NO_MENTIONS)
            else:
                await interaction.response.send_message(text, ephemeral=True, allowed_mentions=NO_MENTIONS)
    except DISCORD_ERRORS as err:
        log.warning("interaction %s: cannot be answered: %s", interaction.id, err)


class StatusMessages:
    """Posts status messages by the bot's own token, where no interaction can."""

    def __init__(self, client: discord.Client, store: Store, status_editor: StatusEditor) -> None:
        self._client = client
        self._store = store
        self._status_editor = status_editor

    async def post(self, job: Job, text: str, *, reply_to: int | None = None) -> None:
        """Post the status of a job that has none yet, and remember it. Failing leaves the job as it is.

        Should only the answer have been lost, the next try gives the same message back, by its nonce.
        """
        for tries in range(TRIES):
            try:
                message_id = await self._send(job, text, reply_to)
            except DISCORD_ERRORS as err:
                log.warning("job %s: its status message cannot be posted: %s", job.id, err)
                if next_step(err) is not DeliveryStep.LATER:
                    return
                await asyncio.sleep(backoff(tries))
            else:
                await self.record(job, message_id, text)
                return

    async def _send(self, job: Job, text: str, reply_to: int | None) -> int:
        channel = self._client.get_partial_messageable(job.channel_id, guild_id=job.guild_id)
        async with asyncio.timeout(PATIENCE):
            message = await channel.send(
                text,
                view=waiting_buttons(job),
                **reply_arguments(job, reply_to),
                allowed_mentions=NO_MENTIONS,
                nonce=build_nonce(job, MessageKind.STATUS),
            )
        return message.id

    async def post_missing(self, text_of: Callable[[Job, int], Awaitable[str]]) -> None:
        """Post the status of jobs whose first answer was never recorded: at start. Raises StoreError."""
        for job in await self._store.without_status():
            text = await text_of(job, await self._store.ahead(job.id))
            answer = await self._find_answer(job)
            if answer is None:
                await self.post(job, text)
            else:
                await self.record(job, answer.id, answer.content)
                self._status_editor.show(job, text)

    async def _find_answer(self, job: Job) -> discord.Message | None:
        """The answer to the command, where a process died between sending it and writing it down."""
        channel = self._client.get_partial_messageable(job.channel_id, guild_id=job.guild_id)
        since = datetime.fromtimestamp(job.created_at - SKEW, UTC)
        try:
            async with asyncio.timeout(PATIENCE):
                async for message in channel.history(limit=LOOK_BACK, after=since):
                    call = message.interaction_metadata
                    if call and job.key == f"interaction {call.id}":
                        return message
        except DISCORD_ERRORS as err:
            log.info("job %s: cannot look for its answer: %s", job.id, err)
        return None

    async def record(self, job: Job, message_id: int, text: str) -> None:
        """Note which message tells of the job, and what stands there. Raises StoreError."""
        self._status_editor.posted(job, message_id, text)
        await self._store.set_status_message(job.id, message_id)


class ReplyArguments(TypedDict, total=False):
    """The argument of `send` that makes a message a reply."""

    reference: discord.MessageReference


def reply_arguments(job: Job, message_id: int | None) -> ReplyArguments:
    """Reply to a message in the job's channel; sent all the same where that message is gone."""
    if message_id is None:
        return {}
    return {
        "reference": discord.MessageReference(
            message_id=message_id, channel_id=job.channel_id, guild_id=job.guild_id, fail_if_not_exists=False
        )
    }
