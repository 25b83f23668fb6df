"""Short replies to reactions: few for each person, and never before anything that others wait for."""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

import discord

from cogs.discord_api.errors import DISCORD_ERRORS
from cogs.discord_api.rate_limiter import Priority
from cogs.discord_api.requests import discord_request
from cogs.discord_api.scheduler import RequestScheduler
from cogs.messages.targets import NO_MENTIONS
from jobs.requester import Requester

log = logging.getLogger(__name__)

SHOWN_SECONDS = 10.0  # a reply deletes itself after this time
WINDOW = 30.0  # seconds in which one person gets at most MAX_REPLIES, and no text twice
MAX_REPLIES = 2
SEND_TIMEOUT = 30.0  # seconds, with the time that others go first; then nobody expects it any more
MAX_PEOPLE = 200  # whose replies wait or are shown at a time


@dataclass(slots=True)
class Replies:
    """The replies to one person: what is to be sent next, and what was sent within the window."""

    task: asyncio.Task[None] | None = None
    next: tuple[Requester, str] | None = None
    sent: deque[tuple[float, str]] = field(default_factory=deque[tuple[float, str]])
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class ReactionReplies:
    """Replies to reactions, which have no answer that only one person sees; see `open_reaction_replies`."""

    def __init__(
        self,
        client: discord.Client,
        scheduler: RequestScheduler,
        tasks: asyncio.TaskGroup,
        *,
        shown: float,
        window: float,
    ) -> None:
        """`shown`: seconds that a reply stands there; `window`: see WINDOW."""
        self._client = client
        self._scheduler = scheduler
        self._tasks = tasks
        self._shown = shown
        self._window = window
        self._people: dict[int, Replies] = {}
        self._deletions = set[asyncio.Task[None]]()

    def show(self, requester: Requester, text: str) -> None:
        """Reply soon, unless the person has just read this; of more than two texts the newest waits."""
        replies = self._people.get(requester.user_id) or Replies()
        if any(text == sent for _, sent in replies.sent):
            return
        if replies.task is None:
            if len(self._people) >= MAX_PEOPLE:
                log.info("a reply to person %s is left out: too many at a time", requester.user_id)
                return
            self._people[requester.user_id] = replies
            serve = self._serve(requester.user_id, replies)
            replies.task = self._tasks.create_task(serve, name=f"replies to person {requester.user_id}")
        replies.next = requester, text
        replies.changed.set()

    def close(self) -> None:
        """Delete what is shown and send nothing more."""
        for task in [*self._deletions, *(each.task for each in self._people.values() if each.task)]:
            task.cancel()

    async def _serve(self, person: int, replies: Replies) -> None:
        """Send what is to be sent as the window allows, until it has passed and nothing is left."""
        try:
            while replies.next or replies.sent:
                if replies.next and len(replies.sent) < MAX_REPLIES:
                    (requester, text), replies.next = replies.next, None
                    replies.sent.append((time.monotonic(), text))
                    await self._reply(requester, text)
                else:
                    await self._wait(replies)
        finally:
            del self._people[person]

    async def _wait(self, replies: Replies) -> None:
        """Wait for the next text, where one may be sent, or until the oldest reply leaves the window."""
        replies.changed.clear()
        may_send = len(replies.sent) < MAX_REPLIES
        try:
            async with asyncio.timeout(replies.sent[0][0] + self._window - time.monotonic()):
                await (replies.changed if may_send else asyncio.Event()).wait()
        except TimeoutError:
            replies.sent.popleft()

    async def _reply(self, requester: Requester, text: str) -> None:
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                message = await self._send(requester, text)
        except DISCORD_ERRORS as err:
            log.info("a reply to person %s cannot be shown: %s", requester.user_id, err)
            return
        task = self._tasks.create_task(self._delete_later(message), name=f"deletion of reply {message.id}")
        self._deletions.add(task)
        task.add_done_callback(self._deletions.discard)

    async def _delete_later(self, message: discord.Message) -> None:
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
    window: float = WINDOW,
) -> AsyncGenerator[ReactionReplies]:
    """A ReactionReplies that is closed at the end."""
    async with asyncio.TaskGroup() as tasks:
        replies = ReactionReplies(client, scheduler, tasks, shown=shown, window=window)
        try:
            yield replies
        finally:
            replies.close()
