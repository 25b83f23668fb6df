"""The editor of status messages: newest wins, finals first, never too fast; with the real discord.py."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cogs.messages.bot_reactions import Marks
from cogs.messages.hourglass import Hourglass
from cogs.messages.lost_status import Lost, OnDelete
from cogs.messages.status_editor import EDITS, OLD, SPACING, WINDOW, Presenter, open_presenter
from cogs.runtime.client import open_client
from jobs.notifier import Bell
from playground.discord.model import Message
from playground.playground import Playground
from storage import Job, Request, Store, open_store
from tests.unit.jobs.sample_jobs import PARAMS


@dataclass
class Desk:
    """A presenter at work in a playground."""

    place: Playground
    store: Store
    presenter: Presenter

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
            guild_id=self.place.guild.id,
            channel_id=self.place.channel.id,
            locale="en-US",
            params=PARAMS,
            picture="00",
        )
        job = (await self.store.admit(request, limit=99)).job
        message = self.place.world.post(
            Message(
                id=self.place.world.ids.next() - (int(age * 1000) << 22),  # a snowflake tells the time
                channel_id=self.place.channel.id,
                author_id=self.place.bot_user.id,
                content="queued",
                sent_at=self.place.world.clock.now(),
            )
        )
        return job, message.id

    def text(self, job: Job) -> str:
        """What the status says now."""
        assert job.status_message
        return self.place.world.messages[job.status_message].content

    async def reads(self, job: Job, text: str, timeout: float = 15) -> None:
        """Wait until the status says this."""
        await self.place.until(lambda: self.text(job) == text or None, timeout, f"a status {text!r}")

    def edits(self) -> list[object]:
        """What was sent, in order."""
        return [each.body for each in self.place.discord.requests if each.method == "PATCH"]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    async with (
        Playground(comfyui=None) as place,
        open_store(tmp_path) as store,
        open_client(place.world.token, place.discord.api_url) as client,
        open_presenter(
            store,
            client.get_partial_messageable,
            Lost(client, store, Bell(), OnDelete.DELIVER),
            Hourglass(Marks(client), store),
        ) as presenter,
    ):
        yield Desk(place, store, presenter)
    assert place.discord.too_many == []


async def test_of_many_texts_the_newest_is_sent_and_those_between_are_not(desk: Desk) -> None:
    job = await desk.job("a")
    for step in range(100):
        desk.presenter.show(job, f"step {step}")
    await desk.reads(job, "step 99")
    assert len(desk.edits()) <= 2


async def test_the_same_text_is_sent_once(desk: Desk) -> None:
    job = await desk.job("a")
    desk.presenter.show(job, "same")
    await desk.reads(job, "same")
    desk.presenter.show(job, "same")
    desk.presenter.finish(job, "end")
    await desk.reads(job, "end")
    assert len(desk.edits()) == 2


async def test_the_last_word_of_a_job_goes_before_the_progress_of_others(desk: Desk) -> None:
    jobs = [await desk.job(str(number)) for number in range(6)]
    for job in jobs:
        desk.presenter.show(job, f"progress of {job.key}")
    desk.presenter.finish(jobs[-1], "the end")
    await desk.reads(jobs[-1], "the end", timeout=2 * SPACING)
    assert len(desk.edits()) <= 2


async def test_progress_never_replaces_a_last_word(desk: Desk) -> None:
    job = await desk.job("a")
    desk.presenter.finish(job, "the end")
    desk.presenter.show(job, "progress that comes late")
    await desk.reads(job, "the end")
    await desk.presenter.flush()
    assert desk.text(job) == "the end"


async def test_many_jobs_in_one_channel_never_meet_a_rate_limit(desk: Desk) -> None:
    jobs = [await desk.job(str(number)) for number in range(EDITS + 2)]
    for job in jobs:
        desk.presenter.finish(job, f"end of {job.key}")
    for job in jobs:
        await desk.reads(job, f"end of {job.key}", timeout=3 * WINDOW)


async def test_a_last_word_survives_a_discord_that_fails(desk: Desk) -> None:
    job = await desk.job("a")
    desk.place.discord.fail(status=503, times=2, route="^PATCH")
    desk.presenter.finish(job, "the end")
    await desk.reads(job, "the end")


async def test_a_status_that_was_deleted_is_let_go(desk: Desk) -> None:
    gone, other = await desk.job("gone"), await desk.job("other")
    assert gone.status_message
    desk.place.world.delete(desk.place.world.messages[gone.status_message])
    desk.presenter.finish(gone, "the end")
    desk.presenter.finish(other, "the other end")
    await desk.reads(other, "the other end")
    assert len(desk.edits()) == 2


async def test_a_flush_sends_what_is_left(desk: Desk) -> None:
    job = await desk.job("a")
    desk.presenter.show(job, "first")
    await desk.reads(job, "first")
    desk.presenter.show(job, "second")
    await desk.presenter.flush()
    assert desk.text(job) == "second"


async def test_a_message_older_than_an_hour_is_edited_once_a_minute_and_its_last_word_at_once(
    desk: Desk,
) -> None:
    old, young = await desk.job("old", age=2 * OLD), await desk.job("young")
    desk.presenter.show(old, "first")
    await desk.reads(old, "first")
    desk.presenter.show(old, "second")
    for word in ("one", "two", "three"):  # progress of others goes on meanwhile
        desk.presenter.show(young, word)
        await desk.reads(young, word)
    assert desk.text(old) == "first"
    desk.presenter.finish(old, "the end")
    await desk.reads(old, "the end")


async def test_a_job_that_was_removed_keeps_nobody_waiting(desk: Desk) -> None:
    job = await desk.job("a")
    await desk.store.remove(job.id)
    desk.presenter.finish(job, "the end")
    await desk.presenter.flush()
    assert desk.text(job) == "queued"


async def test_a_message_that_its_row_could_not_take_is_edited_and_noted_later(desk: Desk) -> None:
    job, message_id = await desk.unrecorded("a")
    desk.presenter.stands_at(job, message_id, "queued")
    desk.presenter.finish(job, "the end")
    await desk.presenter.flush()
    assert desk.text(await desk.store.job(job.id)) == "the end"
