"""The editor of status messages: newest wins, finals first, never too fast; with the real discord.py."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import pytest

import comfy
from cogs.messages.bot_reactions import BotReactions, PendingReaction
from cogs.messages.lost_status import LostStatusHandler, OnDelete
from cogs.messages.status_editor import (
    EDITS_PER_WINDOW,
    OLD_MESSAGE_AGE,
    PROGRESS_INTERVAL,
    RATE_WINDOW,
    StatusEditor,
    open_status_editor,
)
from cogs.runtime.client import open_client
from jobs.notifier import QueueNotifier
from playground.discord.model import Message
from playground.playground import Playground
from storage import Job, Request, Store, open_store
from tests.unit.jobs.sample_jobs import PARAMS


@dataclass
class EditorSetup:
    """A presenter at work in a playground."""

    playground: Playground
    store: Store
    status_editor: StatusEditor

    async def job(self, key: str, *, age: float = 0) -> Job:
        """A job with a status message, so many seconds old."""
        job, message_id = await self.unrecorded(key, age=age)
        await self.store.set_status_message(job.id, message_id)
        return await self.store.job(job.id)

    async def unrecorded(self, key: str, *, age: float = 0) -> tuple[Job, int]:
        """A job whose row does not know its status message, and the message's id."""
        request = Request(
            key=key,
            user_id=1,
            guild_id=self.playground.guild.id,
            channel_id=self.playground.channel.id,
            locale="en-US",
            params=PARAMS,
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


@pytest.fixture
async def context(tmp_path: Path) -> AsyncGenerator[EditorSetup]:
    async with (
        Playground(comfyui=None) as playground,
        open_store(tmp_path) as store,
        open_client(playground.state.token, playground.discord.api_url) as client,
        open_status_editor(
            store,
            client.get_partial_messageable,
            LostStatusHandler(client, store, QueueNotifier(), OnDelete.DELIVER),
            PendingReaction(BotReactions(client), store),
        ) as status_editor,
    ):
        yield EditorSetup(playground, store, status_editor)
    assert playground.discord.too_many == []


async def test_of_many_texts_the_newest_is_sent_and_those_between_are_not(context: EditorSetup) -> None:
    job = await context.job("a")
    for step in range(100):
        context.status_editor.show(job, f"step {step}")
    await context.reads(job, "step 99")
    assert len(context.edits()) <= 2


async def test_the_same_text_is_sent_once(context: EditorSetup) -> None:
    job = await context.job("a")
    context.status_editor.show(job, "same")
    await context.reads(job, "same")
    context.status_editor.show(job, "same")
    context.status_editor.finish(job, "end")
    await context.reads(job, "end")
    assert len(context.edits()) == 2


async def test_the_last_word_of_a_job_goes_before_the_progress_of_others(context: EditorSetup) -> None:
    jobs = [await context.job(str(number)) for number in range(6)]
    for job in jobs:
        context.status_editor.show(job, f"progress of {job.key}")
    context.status_editor.finish(jobs[-1], "the end")
    await context.reads(jobs[-1], "the end", timeout=2 * PROGRESS_INTERVAL)
    assert len(context.edits()) <= 2


async def test_progress_never_replaces_a_last_word(context: EditorSetup) -> None:
    job = await context.job("a")
    context.status_editor.finish(job, "the end")
    context.status_editor.show(job, "progress that comes late")
    await context.reads(job, "the end")
    await context.status_editor.flush()
    assert context.text(job) == "the end"


async def test_many_jobs_in_one_channel_never_meet_a_rate_limit(context: EditorSetup) -> None:
    jobs = [await context.job(str(number)) for number in range(EDITS_PER_WINDOW + 2)]
    for job in jobs:
        context.status_editor.finish(job, f"end of {job.key}")
    for job in jobs:
        await context.reads(job, f"end of {job.key}", timeout=3 * RATE_WINDOW)


async def test_a_last_word_survives_a_discord_that_fails(context: EditorSetup) -> None:
    job = await context.job("a")
    context.playground.discord.fail(status=503, times=2, route="^PATCH")
    context.status_editor.finish(job, "the end")
    await context.reads(job, "the end")


async def test_a_status_that_was_deleted_is_let_go(context: EditorSetup) -> None:
    gone, other = await context.job("gone"), await context.job("other")
    assert gone.status_message
    context.playground.state.delete(context.playground.state.messages[gone.status_message])
    context.status_editor.finish(gone, "the end")
    context.status_editor.finish(other, "the other end")
    await context.reads(other, "the other end")
    assert len(context.edits()) == 2


async def test_a_flush_sends_what_is_left(context: EditorSetup) -> None:
    job = await context.job("a")
    context.status_editor.show(job, "first")
    await context.reads(job, "first")
    context.status_editor.show(job, "second")
    await context.status_editor.flush()
    assert context.text(job) == "second"


async def test_a_message_older_than_an_hour_is_edited_once_a_minute_and_its_last_word_at_once(
    context: EditorSetup,
) -> None:
    old, young = await context.job("old", age=2 * OLD_MESSAGE_AGE), await context.job("young")
    context.status_editor.show(old, "first")
    await context.reads(old, "first")
    context.status_editor.show(old, "second")
    for word in ("one", "two", "three"):  # progress of others goes on meanwhile
        context.status_editor.show(young, word)
        await context.reads(young, word)
    assert context.text(old) == "first"
    context.status_editor.finish(old, "the end")
    await context.reads(old, "the end")


async def test_a_job_that_was_removed_keeps_nobody_waiting(context: EditorSetup) -> None:
    job = await context.job("a")
    await context.store.delete_job(job.id)
    context.status_editor.finish(job, "the end")
    await context.status_editor.flush()
    assert context.text(job) == "queued"


async def test_a_message_that_its_row_could_not_take_is_edited_and_noted_later(context: EditorSetup) -> None:
    job, message_id = await context.unrecorded("a")
    context.status_editor.posted(job, message_id, "queued")
    context.status_editor.finish(job, "the end")
    await context.status_editor.flush()
    assert context.text(await context.store.job(job.id)) == "the end"


async def test_a_preview_is_attached_below_the_text_until_the_end(context: EditorSetup) -> None:
    job = await context.job("a")
    preview = comfy.Preview(image=b"JPEG", kind="jpeg")
    context.status_editor.show_preview(job, preview)  # nothing is shown yet that it could stand below
    context.status_editor.show(job, "sampling")
    context.status_editor.show_preview(job, preview)
    await context.reads(job, "sampling")
    assert job.status_message
    message = context.playground.state.messages
    assert [file.filename for file in message[job.status_message].attachments] == ["preview.jpeg"]
    context.status_editor.finish(job, "the end")
    await context.reads(job, "the end")
    assert message[job.status_message].attachments == ()
