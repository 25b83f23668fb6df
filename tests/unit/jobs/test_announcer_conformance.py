"""What jobs/ counts on in an announcer, held by the scripted one and by the one on Discord alike.

A fact is not a message: what counts is what a person reads in the end, and where the clip stands.
"""

import contextlib
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Protocol

import pytest

import comfy
from cogs.i18n.catalogue import translate
from cogs.messages.announcer import DiscordAnnouncer
from cogs.messages.bot_reactions import BotReactions, PendingReaction
from cogs.messages.delivery import Delivery
from cogs.messages.guild_lookup import GuildLookup
from cogs.messages.lost_status import LostStatusHandler, OnDelete
from cogs.messages.status_editor import EditorContext, StatusEditor, open_status_editor
from cogs.messages.upload_limits import UploadLimits
from cogs.runtime.client import open_client
from cogs.ui.texts import render_event, render_final_status, render_waiting
from jobs.announcer import Announcer, JobStage, QueuePosition, RequeueReason
from jobs.errors import JobFailure
from jobs.notifier import QueueNotifier
from playground.discord.model import Message
from playground.playground import Playground
from storage import Job, Lease, LeaseLost, Reason, State
from tests.unit.jobs.job_setup import LEASE_ENDS, JobSetup
from tests.unit.jobs.scripted_announcer import (
    Cancelling,
    Ended,
    Fact,
    Postpone,
    Progress,
    Requeued,
    StageReached,
    Waiting,
)

NEXT = QueuePosition(ahead=0)
STEPS = [comfy.Sampling(step=step, steps=4) for step in (1, 2, 3, 4)]
CANCEL = Reason(code="cancelled")
POST = "^POST /channels"


@dataclass(frozen=True)
class FactCase:
    """A fact: how it is told, what the scripted announcer records, what Discord shows."""

    tell: Callable[[Announcer, Job], None]
    fact: Callable[[Job], Fact]
    text: Callable[[Job], str | None]


WAITS = FactCase(
    lambda announcer, job: announcer.waiting(job, NEXT),
    lambda job: Waiting(job=job.id, position=NEXT),
    lambda job: render_waiting(job, NEXT),
)
PREPARES = FactCase(
    lambda announcer, job: announcer.stage(job, JobStage.PREPARING),
    lambda job: StageReached(job=job.id, stage=JobStage.PREPARING),
    lambda job: translate(job.locale, "preparing"),
)
SAMPLES, *_, SAMPLED = [
    FactCase(
        lambda announcer, job, event=event: announcer.progress(job, event, None),
        lambda job, event=event: Progress(job=job.id, event=event, finish=None),
        lambda job, event=event: render_event(job, event),
    )
    for event in STEPS
]
WAITS_AGAIN = FactCase(
    lambda announcer, job: announcer.requeued(job, RequeueReason.JOB_LOST),
    lambda job: Requeued(job=job.id, reason=RequeueReason.JOB_LOST),
    lambda job: translate(job.locale, "sent_again"),
)
IS_STOPPING = FactCase(
    lambda announcer, job: announcer.cancelling(job),
    lambda job: Cancelling(job=job.id),
    lambda job: translate(job.locale, "stopping"),
)
IS_OVER = FactCase(
    lambda announcer, job: announcer.ended(job),
    lambda job: Ended(job=job.id, state=job.state, reason=job.reason),
    render_final_status,
)


class AnnouncerSubject(Protocol):
    """An announcer, what people see of it, and what can be in its way."""

    announcer: Announcer
    whose: dict[str, int]
    """The person, the guild and the channel of jobs."""

    async def follow(self, job: Job) -> Job:
        """Let people see the job's status from now on."""
        ...

    async def reads(self, job: Job, case: FactCase) -> None:
        """Check that this is what people read of the job in the end."""
        ...

    def results(self) -> list[int]:
        """The messages that carry a clip."""
        ...

    def put_off_next(self) -> None:
        """Let the next delivery find nobody who answers."""
        ...

    def refuse_next(self) -> None:
        """Let the next delivery find that the clip will never be taken."""
        ...


class ScriptedSubject:
    """Who reads what the scripted announcer records."""

    def __init__(self, setup: JobSetup) -> None:
        self.announcer = setup.announcer
        self.whose: dict[str, int] = {}

    async def follow(self, job: Job) -> Job:
        return job

    async def reads(self, job: Job, case: FactCase) -> None:
        assert self.announcer.about(job)[-1] == case.fact(job)

    def results(self) -> list[int]:
        return list(self.announcer.results.values())

    def put_off_next(self) -> None:
        self.announcer.deliveries.append(Postpone(1))

    def refuse_next(self) -> None:
        self.announcer.deliveries.append(JobFailure("no_dms"))


class DiscordSubject:
    """Who reads the playground's channel."""

    def __init__(
        self, setup: JobSetup, playground: Playground, announcer: Announcer, editor: StatusEditor
    ) -> None:
        self.announcer = announcer
        self.whose = {
            "user_id": playground.member("ada").id,
            "guild_id": playground.guild.id,
            "channel_id": playground.channel.id,
        }
        self._store = setup.store
        self._playground = playground
        self._editor = editor

    async def follow(self, job: Job) -> Job:
        state = self._playground.state
        message = state.post(
            Message(
                id=state.ids.next(),
                channel_id=self._playground.channel.id,
                author_id=self._playground.bot_user.id,
                content="queued",
                sent_at=state.clock.now(),
            )
        )
        await self._store.set_status_message(job.id, message.id)
        return await self._store.job(job.id)

    async def reads(self, job: Job, case: FactCase) -> None:
        message = (await self._store.job(job.id)).status_message
        assert message
        await self._editor.flush()
        await self._playground.until(
            lambda: self._playground.state.messages[message].content == case.text(job) or None,
            5,
            f"a status {case.text(job)!r}",
        )

    def results(self) -> list[int]:
        return [message.id for message in self._playground.messages if message.attachments]

    def put_off_next(self) -> None:
        self._playground.discord.fail(503, route=POST)

    def refuse_next(self) -> None:
        self._playground.discord.fail(403, route=POST, code=50007)


@contextlib.asynccontextmanager
async def scripted(setup: JobSetup) -> AsyncGenerator[AnnouncerSubject]:
    yield ScriptedSubject(setup)


@contextlib.asynccontextmanager
async def on_discord(setup: JobSetup) -> AsyncGenerator[AnnouncerSubject]:
    store = setup.store
    async with (
        Playground(comfyui=None) as playground,
        open_client(playground.state.token, playground.discord.api_url) as client,
        open_status_editor(
            EditorContext(
                channel_of=client.get_partial_messageable,
                store=store,
                scheduler=client.scheduler,
                lost_status=LostStatusHandler(
                    client, client.scheduler, store, QueueNotifier(), OnDelete.DELIVER
                ),
                pending_reaction=PendingReaction(BotReactions(client), store),
            )
        ) as editor,
    ):
        delivery = Delivery(
            client,
            scheduler=client.scheduler,
            store=store,
            files=setup.files,
            pictures=setup.media,
            status_editor=editor,
            bot_reactions=BotReactions(client),
            guilds=GuildLookup(client),
            upload_limits=UploadLimits(GuildLookup(client), store, ()),
            workflows={},
        )
        yield DiscordSubject(setup, playground, DiscordAnnouncer(editor, delivery), editor)


@pytest.fixture(params=[scripted, on_discord])
async def subject(request: pytest.FixtureRequest, setup: JobSetup) -> AsyncGenerator[AnnouncerSubject]:
    async with request.param(setup) as subject:
        yield subject


async def queued(setup: JobSetup, subject: AnnouncerSubject) -> Job:
    """A job that waits, with a status that people see."""
    return await subject.follow(await setup.admit(**subject.whose))


async def to_deliver(setup: JobSetup, subject: AnnouncerSubject) -> Lease:
    """A job whose clip is here, with a status that people see."""
    lease = await setup.delivery(**subject.whose)
    await subject.follow(lease.job)
    return await setup.store.current(lease)


async def adopted(setup: JobSetup) -> Lease:
    """The delivery, taken over when its lease has run out."""
    setup.clock.pass_seconds(LEASE_ENDS)
    lease = await setup.store.adopt_delivery()
    assert lease
    return lease


async def check_delivered(setup: JobSetup, subject: AnnouncerSubject, lease: Lease) -> None:
    """The job is done, its clip stands in one message, and its status says so."""
    row = await setup.store.job(lease.job.id)
    assert row.state == State.DONE
    assert [row.result_message] == subject.results()
    await subject.reads(row, IS_OVER)


async def test_of_many_facts_people_read_the_newest_in_the_end(
    setup: JobSetup, subject: AnnouncerSubject
) -> None:
    job = await queued(setup, subject)
    for case in (WAITS, PREPARES, SAMPLES, SAMPLED):
        case.tell(subject.announcer, job)
    await subject.reads(job, SAMPLED)
    WAITS_AGAIN.tell(subject.announcer, job)
    await subject.reads(job, WAITS_AGAIN)


async def test_nothing_is_shown_after_the_end(setup: JobSetup, subject: AnnouncerSubject) -> None:
    waiting = await queued(setup, subject)
    over = await setup.store.cancel(waiting.id, mover="person 42", reason=CANCEL)
    assert over
    PREPARES.tell(subject.announcer, waiting)
    IS_OVER.tell(subject.announcer, over)
    await subject.reads(over, IS_OVER)
    for late in (WAITS, SAMPLED, WAITS_AGAIN):
        late.tell(subject.announcer, waiting)
        await subject.reads(over, IS_OVER)
    subject.announcer.preview(waiting, comfy.Preview(image=b"jpeg", kind="jpeg"))
    await subject.reads(over, IS_OVER)


async def test_while_a_job_is_being_stopped_nothing_is_shown_but_that_and_its_end(
    setup: JobSetup, subject: AnnouncerSubject
) -> None:
    lease = await to_deliver(setup, subject)
    stopped = await setup.store.cancel(lease.job.id, mover="person 42", reason=CANCEL)
    assert stopped
    IS_STOPPING.tell(subject.announcer, stopped)
    for late in (SAMPLED, PREPARES):
        late.tell(subject.announcer, lease.job)
    subject.announcer.preview(lease.job, comfy.Preview(image=b"jpeg", kind="jpeg"))
    await subject.reads(stopped, IS_STOPPING)
    over = (await setup.store.move(lease, State.CANCELLED)).job
    IS_OVER.tell(subject.announcer, over)
    await subject.reads(over, IS_OVER)


async def test_a_delivered_job_is_done_and_its_message_is_there(
    setup: JobSetup, subject: AnnouncerSubject
) -> None:
    lease = await to_deliver(setup, subject)
    await subject.announcer.deliver(lease)
    await check_delivered(setup, subject, lease)


async def test_a_delivery_that_nobody_answers_is_put_off_and_tried_again(
    setup: JobSetup, subject: AnnouncerSubject
) -> None:
    lease = await to_deliver(setup, subject)
    subject.put_off_next()
    await subject.announcer.deliver(lease)
    row = await setup.store.job(lease.job.id)
    assert (row.state, row.tries, subject.results()) == (State.DELIVERING, 1, [])
    assert await setup.store.next_delivery()
    await subject.announcer.deliver(await adopted(setup))
    await check_delivered(setup, subject, lease)


async def test_a_clip_that_will_never_be_taken_is_a_failure_of_the_job(
    setup: JobSetup, subject: AnnouncerSubject
) -> None:
    lease = await to_deliver(setup, subject)
    subject.refuse_next()
    with pytest.raises(JobFailure) as failure:
        await subject.announcer.deliver(lease)
    assert failure.value.reason.code == "no_dms"
    assert (await setup.store.job(lease.job.id)).state == State.DELIVERING
    assert subject.results() == []


async def test_a_job_to_be_cancelled_is_not_delivered(setup: JobSetup, subject: AnnouncerSubject) -> None:
    lease = await to_deliver(setup, subject)
    await setup.store.cancel(lease.job.id, mover="person 42", reason=CANCEL)
    for each in (await setup.store.current(lease), await adopted(setup)):
        with pytest.raises(JobFailure, match="cancelled"):
            await subject.announcer.deliver(each)
    assert subject.results() == []


@pytest.mark.parametrize("cancelled", [False, True], ids=["", "and is to be cancelled"])
async def test_a_clip_sent_by_somebody_who_could_not_write_it_down_is_sent_once(
    setup: JobSetup, subject: AnnouncerSubject, cancelled: bool
) -> None:
    lease = await to_deliver(setup, subject)
    newer = await adopted(setup)
    with pytest.raises(LeaseLost):
        await subject.announcer.deliver(lease)
    if cancelled:
        await setup.store.cancel(lease.job.id, mover="person 42", reason=CANCEL)
    await subject.announcer.deliver(await setup.store.current(newer))
    await check_delivered(setup, subject, lease)
