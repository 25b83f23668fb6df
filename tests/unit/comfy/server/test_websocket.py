"""The websocket is a hint: deaf, silent or closed, it hides no end."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from uuid import uuid4

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from comfy import (
    Done,
    Queued,
    Sampling,
    Server,
    Started,
    Workflow,
)
from comfy.protocol.messages import PreviewSent
from comfy.protocol.transport import Transport
from comfy.server.websocket import WebSocketReader
from playground.comfyui import ComfyUI, Stage
from tests.unit.comfy import recorded_responses as recorded
from tests.unit.comfy.server_jobs import Job, build, opened, run, soon, until


async def test_a_silent_socket_hides_no_end(comfyui: ComfyUI, server: Server, picture: bytes):
    comfyui.silence()

    events = await soon(run(server, await build(server, picture), str(uuid4())))

    assert isinstance(events[0], Started | Queued)
    assert isinstance(events[-1], Done)


@asynccontextmanager
async def deafened(comfyui: ComfyUI, workflows: Mapping[str, Workflow]) -> AsyncGenerator[Server]:
    """A server whose websocket is open and deaf: an older one took their id along as it closed."""
    client_id = str(uuid4())
    async with aiohttp.ClientSession() as session:
        older = await session.ws_connect(f"{comfyui.url}/ws?clientId={client_id}")
        async with opened(comfyui.url, workflows, client_id=client_id) as server:
            await soon(server.ready())
            await soon(until(server, lambda: server.live))
            await older.close()
            yield server


async def test_a_socket_without_messages_is_opened_again_in_mid_run(
    comfyui: ComfyUI, workflows: Mapping[str, Workflow], picture: bytes
):
    comfyui.pause(Stage.SAMPLING, 2)
    async with (
        deafened(comfyui, workflows) as server,
        Job(server, await build(server, picture, steps=8)) as job,
    ):
        await soon(until(server, lambda: not server.live))
        await soon(until(server, lambda: server.live))
        comfyui.resume()
        events = await soon(job.events)

    assert [event.step for event in events if isinstance(event, Sampling)][-1] == 8
    assert isinstance(events[-1], Done)


async def test_after_a_job_without_messages_the_next_one_has_them(
    comfyui: ComfyUI, workflows: Mapping[str, Workflow], picture: bytes
):
    async with deafened(comfyui, workflows) as server:
        graphs = [await build(server, picture, seed=seed) for seed in (1, 2)]
        unheard = await soon(run(server, graphs[0], str(uuid4())))
        await soon(until(server, lambda: not server.live))
        await soon(until(server, lambda: server.live))
        heard = await soon(run(server, graphs[1], str(uuid4())))

    assert not any(isinstance(event, Sampling) for event in unheard)
    assert isinstance(unheard[-1], Done)
    assert [event.step for event in heard if isinstance(event, Sampling)] == [1, 2, 3, 4]


@pytest.mark.parametrize("code", [1000, 1006])
async def test_a_closed_socket_is_opened_again_and_progress_goes_on(
    comfyui: ComfyUI, server: Server, picture: bytes, code: int
):
    comfyui.pause(Stage.SAMPLING, 2)
    async with Job(server, await build(server, picture, steps=8)) as job:
        await comfyui.reached(Stage.SAMPLING, 2)
        await comfyui.close_sockets(code)
        await soon(until(server, lambda: not server.live))
        await soon(until(server, lambda: server.live))
        comfyui.resume()

        events = await soon(job.events)

    assert max(event.step for event in events if isinstance(event, Sampling)) == 8
    assert sum(isinstance(event, Started) for event in events) == 1
    assert isinstance(events[-1], Done)


async def test_who_does_not_take_events_stalls_nobody(comfyui: ComfyUI, server: Server, picture: bytes):
    slow, quick = [await build(server, picture, seed=seed, steps=50) for seed in (1, 2)]
    prompt_id = str(uuid4())
    async with server.follow(prompt_id, slow) as untaken:
        await server.submit(prompt_id, slow)
        assert isinstance((await soon(run(server, quick, str(uuid4()))))[-1], Done)
        assert isinstance([event async for event in untaken][-1], Done)


async def test_previews_are_asked_for_with_the_id_of_their_job(
    comfyui: ComfyUI, server: Server, picture: bytes
):
    prompt_id, client_id = str(uuid4()), str(uuid4())
    connected = asyncio.Event()
    async with aiohttp.ClientSession() as session:
        transport = Transport(session, comfyui.url, name="gpu")
        reader = WebSocketReader(transport, client_id, connected.set, lambda: None)
        reading = asyncio.create_task(reader.run(), name="reading")
        await soon(connected.wait())
        with reader.subscribe(prompt_id) as subscription:
            graph = await build(server, picture)
            body = {"prompt": graph.as_json(), "prompt_id": prompt_id, "client_id": client_id}
            await transport.post("prompt", json={**body, "extra_data": {"preview_method": "auto"}})
            message = await subscription.get(10)
            while not isinstance(message, PreviewSent):
                message = await soon(subscription.get(10))
        reading.cancel()
        await asyncio.wait([reading])

    assert message.prompt_id == prompt_id


@pytest.mark.long  # a heartbeat and a half: 30 s
async def test_a_connection_that_died_without_a_close_is_noticed(
    workflows: Mapping[str, Workflow],
):
    async def accept_and_answer_no_ping(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        async for _ in socket:
            pass
        return socket

    async def object_info(request: web.Request) -> web.Response:
        return web.json_response(recorded.load("object_info"))

    app = web.Application()
    app.router.add_get("/ws", accept_and_answer_no_ping)
    app.router.add_get("/object_info", object_info)
    async with TestServer(app) as half_dead, opened(str(half_dead.make_url("/")), workflows) as server:
        await soon(server.ready())
        await soon(until(server, lambda: not server.reachable), limit=40)
