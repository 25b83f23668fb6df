"""What following a job does between a message and an answer."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import aiohttp
import pytest

from comfy import Done, Interrupted, JobLost, OutputFile, Queued, Started, Workflow
from comfy.protocol.messages import (
    JobEnded,
    JobEnding,
    JobStarted,
    MessagesMissed,
    NodeProgress,
    NodeStarted,
    PreviewSent,
    QueueChanged,
    SocketMessage,
)
from comfy.protocol.responses import Finished, JobPosition, Pending, Running
from comfy.protocol.transport import Transport
from comfy.server.follower import Follower
from comfy.server.progress import ProgressTracker
from comfy.server.websocket import Subscription, WebSocketReader
from tests.unit.comfy.job_values import graph
from tests.unit.comfy.server_jobs import soon

DONE = Done(files=(OutputFile(filename="x.mp4", subfolder="", type="temp"),), seconds=1.0)


@pytest.fixture
async def reader() -> AsyncIterator[WebSocketReader]:
    async with aiohttp.ClientSession() as session:
        yield WebSocketReader(
            Transport(session, "http://127.0.0.1:9", name="gpu"), "id", lambda: None, lambda: None
        )


async def follow(
    wan: Workflow,
    reader: WebSocketReader,
    messages: list[SocketMessage],
    positions: Sequence[JobPosition | None],
    *,
    cancelled: bool = False,
) -> list[object]:
    """The events of a job with these websocket messages, and these positions in the server's answers."""
    answers = iter(positions)

    async def locate() -> JobPosition | None:
        return next(answers)

    subscription = Subscription()
    for message in messages:
        subscription.put(message)
    follower = Follower(
        ProgressTracker(graph(wan)),
        locate=locate,
        subscription=subscription,
        reader=reader,
        answer_timeout=1,
        silence_timeout=60,
    )
    if cancelled:
        follower.expect_cancellation()
    return [event async for event in follower.events()]


async def test_an_end_that_the_history_does_not_know_yet_is_asked_for_again_at_once(
    wan: Workflow, reader: WebSocketReader
):
    messages: list[SocketMessage] = [
        JobStarted(prompt_id="job", at=1),
        JobEnded(prompt_id="job"),
        QueueChanged(),
    ]
    positions = [Running(), Running(), Running(), Finished(outcome=DONE)]

    assert await soon(follow(wan, reader, messages, positions), limit=2) == [Started(at=1), DONE]


async def test_a_success_tells_how_many_steps_were_seen(wan: Workflow, reader: WebSocketReader):
    messages: list[SocketMessage] = [
        NodeProgress(prompt_id="job", node="52", value=1, maximum=4),
        NodeProgress(prompt_id="job", node="52", value=4, maximum=4),
        NodeStarted(prompt_id="job", node="53"),
        JobEnded(prompt_id="job"),
    ]

    done = (await soon(follow(wan, reader, messages, [Finished(outcome=DONE)])))[-1]

    assert isinstance(done, Done)
    assert done.steps == 4


async def test_once_it_runs_the_comings_and_goings_of_others_are_not_asked_about(
    wan: Workflow, reader: WebSocketReader
):
    messages: list[SocketMessage] = [
        QueueChanged(),
        JobStarted(prompt_id="job", at=1),
        *[QueueChanged()] * 50,
        NodeStarted(prompt_id="job", node="54"),
        JobEnded(prompt_id="job"),
    ]

    events = await soon(follow(wan, reader, messages, [Finished(outcome=DONE)]))

    assert events[0] == Started(at=1)
    assert events[-1] == DONE


async def test_while_it_waits_they_are_asked_about(wan: Workflow, reader: WebSocketReader):
    positions = [Pending(ahead=1), Finished(outcome=DONE)]

    events = await soon(follow(wan, reader, [MessagesMissed(), QueueChanged()], positions))

    assert events == [Queued(ahead=1), DONE]


async def test_an_end_that_is_announced_and_never_confirmed_is_asked_for(
    wan: Workflow, reader: WebSocketReader
):
    messages: list[SocketMessage] = [JobStarted(prompt_id="job", at=1), JobEnding(prompt_id="job")]

    events = await soon(follow(wan, reader, messages, [Finished(outcome=DONE)]), limit=2)

    assert events == [Started(at=1), DONE]


async def test_a_subscription_keeps_the_newest():
    subscription = Subscription()
    for number in range(1000):
        subscription.put(JobStarted(prompt_id="job", at=number))
    subscription.put(JobEnded(prompt_id="job"))

    kept = [message async for message in drain(subscription)]

    assert len(kept) < 1000
    assert kept[-1] == JobEnded(prompt_id="job")


async def drain(subscription: Subscription) -> AsyncIterator[SocketMessage]:
    while message := await subscription.get(0):
        yield message


async def test_a_subscription_waits_for_the_next_message():
    subscription = Subscription()
    async with asyncio.TaskGroup() as tasks:
        taking = tasks.create_task(subscription.get(10))
        tasks.create_task(asyncio.to_thread(str)).add_done_callback(
            lambda _: subscription.put(QueueChanged())
        )

    assert taking.result() == QueueChanged()


async def test_a_job_that_is_gone_is_lost_unless_we_cancelled_it(wan: Workflow, reader: WebSocketReader):
    with pytest.raises(JobLost):
        await soon(follow(wan, reader, [], [None]))

    assert await soon(follow(wan, reader, [], [None], cancelled=True)) == [Interrupted(node="")]


async def test_an_end_that_is_told_without_end_is_asked_about_a_few_times(
    wan: Workflow, reader: WebSocketReader
):
    messages: list[SocketMessage] = [JobEnded(prompt_id="job")] * 200
    positions = [Running(), Finished(outcome=DONE), *[Running()] * 200]

    assert (await soon(follow(wan, reader, messages, positions)))[-1] == DONE


async def test_a_subscription_keeps_the_newest_preview_only():
    subscription = Subscription()
    for number in range(61):
        subscription.put(PreviewSent(prompt_id="job", image=bytes([number]), kind="jpeg"))
    subscription.put(JobEnding(prompt_id="job"))

    kept = [message async for message in drain(subscription)]

    assert kept == [
        JobEnding(prompt_id="job"),
        PreviewSent(prompt_id="job", image=bytes([60]), kind="jpeg"),
    ]
