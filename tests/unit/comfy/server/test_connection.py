"""A server works over HTTP alone; the websocket is a hint that is tried again."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping
from uuid import uuid4

import pytest

from comfy import (
    BadAnswer,
    ComfyError,
    Done,
    Interrupted,
    JobLost,
    Pending,
    Queued,
    Sampling,
    Server,
    ServerFault,
    ServerUnreachable,
    Started,
    TokenRefused,
    UnavailableReason,
    Workflow,
)
from comfy.server import websocket
from comfy.server.connection import Connection
from playground.comfyui import ComfyUI, SocketFault, Stage
from tests.sampling import one_in
from tests.unit.comfy.server_jobs import Job, build, located, opened, run, soon, until

FAULTS = [404, 403, 400, 501, 502, *SocketFault]


@pytest.fixture
async def gateway(comfyui: ComfyUI, workflows: Mapping[str, Workflow]) -> AsyncIterator[Server]:
    """A server behind a gateway that refuses websockets."""
    await comfyui.http_only()
    async with opened(comfyui.url, workflows, silence_timeout=5) as server:
        await soon(server.ready())
        yield server


@pytest.mark.parametrize("fault", one_in(4, FAULTS, names=[str(each) for each in FAULTS]))
async def test_a_job_runs_over_http_alone(
    comfyui: ComfyUI, workflows: Mapping[str, Workflow], picture: bytes, fault: int | SocketFault
):
    await comfyui.http_only(fault)
    async with opened(comfyui.url, workflows, silence_timeout=5) as server:
        await soon(server.ready())
        events = await soon(run(server, await build(server, picture), str(uuid4())))

        assert not server.live
        assert server.error is None
        assert isinstance(events[-1], Done)
        assert all(isinstance(event, Queued | Started | Done) for event in events)  # no invented steps


async def test_its_position_is_read_from_the_queue(comfyui: ComfyUI, gateway: Server, picture: bytes):
    first, second = [await build(gateway, picture, seed=seed) for seed in (1, 2)]
    comfyui.pause(Stage.SAMPLING, 1)
    async with Job(gateway, first) as running, Job(gateway, second) as waiting:
        await located(gateway, waiting.id, Pending(ahead=1))
        comfyui.resume()
        await running.end()
        events = await soon(waiting.events)

    assert isinstance(events[-1], Done)
    assert [event.ahead for event in events if isinstance(event, Queued)] == [1]


async def test_its_end_is_seen_within_two_seconds_and_for_few_requests(
    comfyui: ComfyUI, gateway: Server, picture: bytes
):
    async with Job(gateway, await build(gateway, picture)) as job:
        await comfyui.reached(Stage.DONE, prompt_id=job.id)
        ended = time.monotonic()
        assert isinstance(await job.end(), Done)

    assert time.monotonic() - ended < 2


async def test_a_job_is_cancelled_lost_and_found_over_http_alone(
    comfyui: ComfyUI, gateway: Server, picture: bytes
):
    epoch = gateway.connection_epoch
    async with Job(gateway, await build(gateway, picture, steps=50)) as job:
        await comfyui.reached(Stage.SAMPLING, 1, prompt_id=job.id)
        await gateway.cancel(job.id)
        assert await job.end() == Interrupted(node="52")
    async with Job(gateway, await build(gateway, picture, steps=50)) as job:
        await comfyui.reached(Stage.SAMPLING, 1, prompt_id=job.id)
        await comfyui.restart()
        with pytest.raises(JobLost):
            await job.end()
    await soon(until(gateway, lambda: gateway.connection_epoch > epoch))  # uploads are sent again


async def test_the_websocket_is_taken_up_in_mid_run_when_it_comes(
    comfyui: ComfyUI, gateway: Server, picture: bytes
):
    comfyui.pause(Stage.SAMPLING, 2)
    async with Job(gateway, await build(gateway, picture, steps=8)) as job:
        await comfyui.reached(Stage.SAMPLING, 2)
        comfyui.pass_sockets()
        await soon(until(gateway, lambda: gateway.live))
        comfyui.resume()
        events = await soon(job.events)

    assert [event.step for event in events if isinstance(event, Sampling)][-1] == 8
    assert isinstance(events[-1], Done)


async def test_a_websocket_that_goes_in_mid_run_costs_no_job(
    comfyui: ComfyUI, server: Server, picture: bytes
):
    comfyui.pause(Stage.SAMPLING, 2)
    async with Job(server, await build(server, picture, steps=8)) as job:
        await comfyui.reached(Stage.SAMPLING, 2)
        await comfyui.http_only(SocketFault.CLOSE)
        await soon(until(server, lambda: not server.live))
        await soon(server.ready())
        comfyui.resume()
        assert isinstance(await job.end(), Done)


async def test_that_there_are_no_live_steps_is_logged_once(
    comfyui: ComfyUI,
    workflows: Mapping[str, Workflow],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(websocket, "MAX_RECONNECT_SECONDS", 0.1)
    with caplog.at_level(logging.WARNING, "comfy"):
        await comfyui.http_only(403)
        async with opened(comfyui.url, workflows) as server:
            await soon(server.ready())
            for _ in range(4):
                await soon(server.changed())  # a handshake failed again

    assert caplog.text.count("no live steps here") == 1
    assert "refused the token" not in str(server.unavailable_reason)
    assert server.error is None


async def test_websockets_that_are_closed_again_and_again_do_not_make_a_server_unreachable(
    comfyui: ComfyUI, workflows: Mapping[str, Workflow], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(websocket, "MAX_RECONNECT_SECONDS", 0.2)
    async with opened(comfyui.url, workflows) as server:
        await soon(server.ready())
        await soon(until(server, lambda: server.live))
        await comfyui.close_sockets()
        await soon(until(server, lambda: not server.live))
        await soon(until(server, lambda: server.live))
        await soon(server.ready())
        epoch = server.connection_epoch
        for _ in range(3):
            await comfyui.close_sockets()
            await soon(until(server, lambda: not server.live))
            assert server.reachable
            await soon(until(server, lambda: server.live))
        assert server.connection_epoch == epoch


async def test_without_a_websocket_an_outage_and_its_end_are_noticed(
    comfyui: ComfyUI, workflows: Mapping[str, Workflow]
):
    await comfyui.http_only()
    async with opened(comfyui.url, workflows) as server:
        await soon(server.ready())
        epoch = server.connection_epoch
        await comfyui.stop()
        await soon(until(server, lambda: server.unavailable_reason is UnavailableReason.UNREACHABLE))
        await comfyui.start()
        await soon(server.ready())

        assert server.connection_epoch == epoch + 1


async def test_a_history_without_files_is_a_bad_answer_where_no_event_was_heard(
    comfyui: ComfyUI, gateway: Server, picture: bytes
):
    comfyui.silent_history()

    with pytest.raises(BadAnswer, match="without a file"):
        await soon(run(gateway, await build(gateway, picture), str(uuid4())))


class Answers:
    """Answers of a server in turn, then silence."""

    def __init__(self, *answers: ComfyError | None) -> None:
        self._answers = list(answers)
        self.asked = 0
        self.exhausted = asyncio.Event()

    async def __call__(self) -> None:
        if not self._answers:
            self.exhausted.set()
            await asyncio.Event().wait()
        self.asked += 1
        if error := self._answers.pop(0):
            raise error


@pytest.mark.parametrize(
    ("answers", "up", "epoch"),
    [
        ([None], True, 1),
        ([BadAnswer(reason="?")], True, 1),  # it answers, though in no sensible way
        ([ServerUnreachable(reason="refused")], False, 0),
        ([TokenRefused()], False, 0),
        ([None, ServerFault(reason="HTTP 503"), None], True, 1),  # one 503 is no outage
        ([None, *[ServerUnreachable(reason="refused")] * 3], False, 1),
        ([None, *[ServerUnreachable(reason="refused")] * 3, None], True, 2),
    ],
)
async def test_answers_decide_whether_it_is_up(answers: list[ComfyError | None], up: bool, epoch: int):
    server = Answers(*answers)
    connection = Connection(server, lambda: None, name="gpu", is_live=lambda: False, poll_seconds=0.001)
    task = asyncio.create_task(connection.run())
    await soon(server.exhausted.wait())
    task.cancel()

    assert (connection.up, connection.epoch) == (up, epoch)
    assert isinstance(connection.error, type(answers[-1])) or connection.error is None


async def test_a_doubt_is_asked_about_at_once():
    changes: asyncio.Queue[bool] = asyncio.Queue()
    server = Answers(None, None)
    connection = Connection(
        server,
        lambda: changes.put_nowait(connection.up),
        name="gpu",
        is_live=lambda: True,
        poll_seconds=60,
    )
    task = asyncio.create_task(connection.run())
    assert await soon(changes.get()) is True
    connection.doubt()
    assert [await soon(changes.get()) for _ in range(2)] == [False, True]
    task.cancel()

    assert (connection.epoch, server.asked) == (2, 2)
