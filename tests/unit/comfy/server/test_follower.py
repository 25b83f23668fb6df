"""What following a job does between a signal and an answer."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from comfy import Done, OutputFile, Queued, Started, Workflow
from comfy.protocol.messages import (
    JobEnded,
    JobEnding,
    JobStarted,
    MessagesMissed,
    NodeStarted,
    QueueChanged,
    SocketMessage,
)
from comfy.protocol.responses import Finished, JobPosition, Pending, Running
from comfy.protocol.transport import Transport
from comfy.server.follower import Follower
from comfy.server.progress import ProgressTracker
from comfy.server.websocket import Listener, Mailbox
from tests.unit.comfy.jobs import soon
from tests.unit.comfy.values import graph

DONE = Done(files=(OutputFile(filename="x.mp4", subfolder="", type="temp"),), seconds=1.0)


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    async with aiohttp.ClientSession() as session:
        yield Listener(Transport(session, "http://127.0.0.1:9", name="gpu"), "id", lambda: None, lambda: None)


async def follow(
    wan: Workflow, listener: Listener, signals: list[SocketMessage], places: list[JobPosition]
) -> list[object]:
    """The events of a job about which the socket says `signals` and the server, each time asked, `places`."""
    answers = iter(places)

    async def locate() -> JobPosition:
        return next(answers)

    mailbox = Mailbox()
    for signal in signals:
        mailbox.put(signal)
    follower = Follower(
        ProgressTracker(graph(wan)), locate=locate, mailbox=mailbox, listener=listener, patience=1, quiet=60
    )
    return [event async for event in follower.events()]


async def test_an_end_that_the_history_does_not_know_yet_is_asked_for_again_at_once(
    wan: Workflow, listener: Listener
):
    signals: list[SocketMessage] = [
        JobStarted(prompt_id="job", at=1),
        JobEnded(prompt_id="job"),
        QueueChanged(),
    ]
    places = [Running(), Running(), Running(), Finished(outcome=DONE)]

    assert await soon(follow(wan, listener, signals, places), limit=2) == [Started(at=1), DONE]


async def test_once_it_runs_the_comings_and_goings_of_others_are_not_asked_about(
    wan: Workflow, listener: Listener
):
    signals: list[SocketMessage] = [
        QueueChanged(),
        JobStarted(prompt_id="job", at=1),
        *[QueueChanged()] * 50,
        NodeStarted(prompt_id="job", node="54"),
        JobEnded(prompt_id="job"),
    ]

    events = await soon(follow(wan, listener, signals, [Finished(outcome=DONE)]))

    assert events[0] == Started(at=1)
    assert events[-1] == DONE


async def test_while_it_waits_they_are_asked_about(wan: Workflow, listener: Listener):
    places = [Pending(ahead=1), Finished(outcome=DONE)]

    events = await soon(follow(wan, listener, [MessagesMissed(), QueueChanged()], places))

    assert events == [Queued(ahead=1), DONE]


async def test_an_end_that_is_announced_and_never_told_is_looked_for(wan: Workflow, listener: Listener):
    signals: list[SocketMessage] = [JobStarted(prompt_id="job", at=1), JobEnding(prompt_id="job")]

    events = await soon(follow(wan, listener, signals, [Finished(outcome=DONE)]), limit=2)

    assert events == [Started(at=1), DONE]


async def test_a_mailbox_keeps_the_newest():
    mailbox = Mailbox()
    for number in range(1000):
        mailbox.put(JobStarted(prompt_id="job", at=number))
    mailbox.put(JobEnded(prompt_id="job"))

    kept = [signal async for signal in drain(mailbox)]

    assert len(kept) < 1000
    assert kept[-1] == JobEnded(prompt_id="job")


async def drain(mailbox: Mailbox) -> AsyncIterator[SocketMessage]:
    while signal := await mailbox.take(0):
        yield signal


async def test_a_mailbox_waits_for_the_next_signal():
    mailbox = Mailbox()
    async with asyncio.TaskGroup() as tasks:
        taking = tasks.create_task(mailbox.take(10))
        tasks.create_task(asyncio.to_thread(str)).add_done_callback(lambda _: mailbox.put(QueueChanged()))

    assert taking.result() == QueueChanged()
