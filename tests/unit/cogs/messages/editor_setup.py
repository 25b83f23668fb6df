"""Editors of status messages at work in a playground, as of one process or of several."""

import contextlib
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import discord

from cogs.messages.bot_reactions import BotReactions, PendingReaction
from cogs.messages.lost_status import LostStatusHandler, OnDelete
from cogs.messages.status_editor import EditorContext, StatusEditor, open_status_editor
from cogs.messages.status_writer import StatusWriter
from cogs.runtime.client import AnimateBot, open_client
from jobs.notifier import QueueNotifier
from playground.discord.model import Message
from playground.playground import Playground
from storage import Job, Lease, Reason, Request, State, Store, open_store
from tests.unit.jobs.observable import Hold
from tests.unit.jobs.sample_jobs import PARAMS

CANCEL = Reason(code="by_person")


@dataclass
class EditorSetup:
    """A status editor at work in a playground."""

    playground: Playground
    store: Store
    status_editor: StatusEditor
    holds: deque[Hold]
    """What the next edits wait for."""

    async def job(self, key: str, *, age: float = 0, spoiler: bool = False) -> Job:
        """A job with a status message, so many seconds old."""
        job, message_id = await self.unrecorded(key, age=age, spoiler=spoiler)
        await self.store.set_status_message(job.id, message_id)
        return await self.store.job(job.id)

    async def unrecorded(self, key: str, *, age: float = 0, spoiler: bool = False) -> tuple[Job, int]:
        """A job whose row does not know its status message, and the message's id."""
        request = Request(
            key=key,
            user_id=1,
            guild_id=self.playground.guild.id,
            channel_id=self.playground.channel.id,
            locale="en-US",
            params=replace(PARAMS, spoiler=spoiler),
            picture="00",
        )
        job = (await self.store.admit(request, limit=99)).job
        message = self.playground.state.post(
            Message(
                id=self.playground.state.ids.next() - (int(age * 1000) << 22),  # a snowflake tells the time
                channel_id=self.playground.channel.id,
                author_id=self.playground.bot_user.id,
                content="queued",
                sent_at=self.playground.state.clock.now(),
            )
        )
        return job, message.id

    async def running(self, key: str, *, spoiler: bool = False) -> Lease:
        """A job with a status message that runs on a server."""
        job = await self.job(key, spoiler=spoiler)
        lease = await self.store.claim("gpu", {job.params.workflow})
        assert lease
        assert lease.job.id == job.id
        lease = await self.store.move(lease, State.SUBMITTING, attempts=1)
        return await self.store.move(lease, State.RUNNING)

    async def end(self, job: Job) -> None:
        """Cancel a queued job, and have its end shown."""
        ended = await self.store.cancel(job.id, mover="person 1", reason=CANCEL)
        assert ended
        self.status_editor.finish(ended)

    def text(self, job: Job) -> str:
        """What the status says now."""
        assert job.status_message
        return self.playground.state.messages[job.status_message].content

    async def reads(self, job: Job, text: str, timeout: float = 15) -> None:
        """Wait until the status says this."""
        await self.playground.until(lambda: self.text(job) == text or None, timeout, f"a status {text!r}")

    def edits(self) -> list[object]:
        """What was sent, in order."""
        return [each.body for each in self.playground.discord.requests if each.method == "PATCH"]


class HeldMessage:
    """A status message whose edit waits, once it was begun, until it is let go."""

    def __init__(self, message: discord.PartialMessage, hold: Hold) -> None:
        self._message = message
        self._hold = hold

    async def edit(self, **changes: Any) -> None:
        await self._hold.wait()
        await self._message.edit(**changes)

    async def fetch(self) -> discord.Message:
        await self._hold.wait()
        return await self._message.fetch()


class HeldChannel:
    """A channel whose next edit is held."""

    def __init__(self, channel: discord.PartialMessageable, holds: deque[Hold]) -> None:
        self._channel = channel
        self._holds = holds

    def get_partial_message(self, message_id: int) -> discord.PartialMessage | HeldMessage:
        message = self._channel.get_partial_message(message_id)
        return HeldMessage(message, self._holds.popleft()) if self._holds else message


@contextlib.asynccontextmanager
async def open_editors(folder: Path, *writers: StatusWriter) -> AsyncGenerator[list[EditorSetup]]:
    """An editor for each of these parts, each with a client of its own, on one playground and one store."""
    async with (
        Playground(comfyui=None) as playground,
        open_store(folder) as store,
        contextlib.AsyncExitStack() as stack,
    ):
        editors: list[EditorSetup] = []
        for writer in writers:
            holds = deque[Hold]()
            client = await stack.enter_async_context(
                open_client(playground.state.token, playground.discord.api_url)
            )
            context = _context(client, store, holds, writer)
            editor = await stack.enter_async_context(open_status_editor(context))
            editors.append(EditorSetup(playground, store, editor, holds))
        yield editors
    assert playground.discord.too_many == []


def _context(client: AnimateBot, store: Store, holds: deque[Hold], writer: StatusWriter) -> EditorContext:
    def channel_of(channel_id: int) -> discord.PartialMessageable:
        held = HeldChannel(client.get_partial_messageable(channel_id), holds)
        return cast("discord.PartialMessageable", held)

    scheduler = client.scheduler
    return EditorContext(
        channel_of=channel_of,
        store=store,
        scheduler=scheduler,
        lost_status=LostStatusHandler(client, scheduler, store, QueueNotifier(), OnDelete.DELIVER),
        pending_reaction=PendingReaction(BotReactions(client), store),
        writer=writer,
    )
