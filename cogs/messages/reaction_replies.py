"""Short replies to reactions: few for each person, and never before anything that others wait for."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator

import discord

from cogs.discord_api.errors import DISCORD_ERRORS
from cogs.discord_api.rate_limiter import Priority
from cogs.discord_api.requests import discord_request
from cogs.discord_api.scheduler import RequestScheduler
from cogs.messages.targets import NO_MENTIONS
from jobs.requester import Requester

log = logging.getLogger(__name__)

SHOWN_SECONDS = 10.0  # a reply deletes itself after this time
INTERVAL = 20.0  # seconds from one reply to a person to the next
SEND_TIMEOUT = 30.0  # seconds, with the time that others go first; then nobody expects it any more
MAX_PEOPLE = 50  # whose replies wait or are shown at a time


class ReactionReplies:
    """Replies to reactions, which have no answer that only one person sees; see `open_reaction_replies`."""

    def __init__(
        self,
        client: discord.Client,
        scheduler: RequestScheduler,
        tasks: asyncio.TaskGroup,
        *,
        shown: float,
        interval: float,
    ) -> None:
        """`shown`, `interval`: seconds that a reply stands there, and from one to the next of a person."""
        self._shown = shown
        self._interval = interval
        self._client = client
        self._scheduler = scheduler
        self._tasks = tasks
        self._newest: dict[int, tuple[Requester, str]] = {}
        self._serving: dict[int, asyncio.Task[None]] = {}

    def show(self, requester: Requester, text: str) -> None:
        """Reply soon; of several texts for a person within `interval` the first and the newest are sent."""
        person = requester.user_id
        if person not in self._serving:
            if len(self._serving) >= MAX_PEOPLE:
                log.info("a reply to person %s is left out: too many at a time", person)
                return
            task = self._tasks.create_task(self._serve(person), name=f"replies to person {person}")
            self._serving[person] = task
        self._newest[person] = requester, text

    def close(self) -> None:
        """Delete what is shown and send nothing more."""
        for task in self._serving.values():
            task.cancel()

    async def _serve(self, person: int) -> None:
        try:
            while reply := self._newest.pop(person, None):
                await self._show(*reply)
                await asyncio.sleep(self._interval - self._shown)
        finally:
            self._newest.pop(person, None)
            del self._serving[person]

    async def _show(self, requester: Requester, text: str) -> None:
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                message = await self._send(requester, text)
        except DISCORD_ERRORS as err:
            log.info("a reply to person %s cannot be shown: %s", requester.user_id, err)
            return
        try:
            await asyncio.sleep(self._shown)
        finally:
            with contextlib.suppress(*DISCORD_ERRORS):
                async with discord_request(SEND_TIMEOUT, Priority.COURTESY):
                    await message.delete()

    async def _send(self, requester: Requester, text: str) -> discord.Message:
        channel = self._client.get_partial_messageable(
            requester.channel_id, guild_id=requester.location.guild_id
        )
        reference = channel.get_partial_message(requester.message_id).to_reference(fail_if_not_exists=False)
        async with self._scheduler.send(requester.channel_id, SEND_TIMEOUT, Priority.COURTESY):
            return await channel.send(
                text, reference=reference, allowed_mentions=NO_MENTIONS, suppress_embeds=True
            )


@contextlib.asynccontextmanager
async def open_reaction_replies(
    client: discord.Client,
    scheduler: RequestScheduler,
    *,
    shown: float = SHOWN_SECONDS,
    interval: float = INTERVAL,
) -> AsyncGenerator[ReactionReplies]:
    """A ReactionReplies that is closed at the end."""
    async with asyncio.TaskGroup() as tasks:
        replies = ReactionReplies(client, scheduler, tasks, shown=shown, interval=interval)
        try:
            yield replies
        finally:
            replies.close()
