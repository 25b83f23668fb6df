"""Each fault of the playground's ComfyUI does what its name says, also in mid-run."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from playground.comfyui import ComfyUI, Outcome, SocketFault, Stage
from tests.playground.comfyui_client import ComfyUIClient, Json, open_client
from tests.playground.comfyui_recordings import kinds, wan_graph


@pytest.fixture
async def comfyui() -> AsyncIterator[ComfyUI]:
    async with ComfyUI(speed=100) as comfyui:
        yield comfyui


@pytest.fixture
async def client(comfyui: ComfyUI) -> AsyncIterator[ComfyUIClient]:
    async with open_client(comfyui) as client:
        await client.upload("girl.png")
        yield client


async def hold(comfyui: ComfyUI, client: ComfyUIClient, **body: Any) -> str:
    """Submit a graph that stands still at its second step."""
    comfyui.pause(Stage.SAMPLING, 2)
    prompt_id = await client.submit(wan_graph(), **body)
    await comfyui.reached(Stage.SAMPLING, 2)
    return prompt_id


async def clip(client: ComfyUIClient) -> Json:
    """The output entry of a finished run."""
    output = next(m for m in await client.run(wan_graph()) if m["type"] == "executed")["data"]["output"]
    return output["gifs"][0]


def query(entry: Json) -> dict[str, str]:
    return {key: entry[key] for key in ("filename", "subfolder", "type")}


@pytest.mark.parametrize("code", [1001, 1006])
async def test_sockets_close_with_the_code_and_the_run_goes_on(
    comfyui: ComfyUI, client: ComfyUIClient, code: int
) -> None:
    async with client.listening() as reader:
        prompt_id = await hold(comfyui, client, client_id=reader.client_id)
        await comfyui.close_sockets(code)
        assert await reader.closed() == code
    comfyui.resume()
    await comfyui.reached(Stage.DONE)
    assert (await client.outcome(prompt_id))["status"]["completed"]


async def test_silence_keeps_sockets_open_and_says_nothing(comfyui: ComfyUI, client: ComfyUIClient) -> None:
    async with client.listening() as reader:
        await hold(comfyui, client, client_id=reader.client_id)
        await reader.until("progress", max=4, value=2)
        reader.messages.clear()
        comfyui.silence()
        comfyui.resume()
        await comfyui.reached(Stage.DONE)
        with pytest.raises(TimeoutError):
            await reader.until("anything", 0.05)
        assert reader.messages == []


async def test_a_restart_cuts_everything_off_and_keeps_the_port(
    comfyui: ComfyUI, client: ComfyUIClient
) -> None:
    url = comfyui.url
    await client.upload("old.png", type="temp")
    async with client.listening() as reader:
        prompt_id = await hold(comfyui, client, client_id=reader.client_id)
        await comfyui.restart()
        assert await reader.closed() == 1006
    assert comfyui.url == url
    assert await client.get("/queue") == (200, {"queue_running": [], "queue_pending": []})
    assert await client.get(f"/history/{prompt_id}") == (200, {})
    assert (await client.get("/view", filename="old.png", type="temp"))[0] == 404
    assert (await client.get("/view", filename="girl.png", type="input"))[0] == 200
    assert [run.outcome for run in comfyui.runs] == [Outcome.LOST]


async def test_a_stopped_server_refuses_connections_until_it_starts(
    comfyui: ComfyUI, client: ComfyUIClient
) -> None:
    await comfyui.stop()
    with pytest.raises(aiohttp.ClientConnectorError):
        await client.get("/queue")
    await comfyui.start()
    assert (await client.get("/queue"))[0] == 200


async def test_a_hang_lasts_until_an_interrupt(comfyui: ComfyUI, client: ComfyUIClient) -> None:
    comfyui.hang_next()
    prompt_id = await client.submit(wan_graph())
    await comfyui.reached(Stage.SAMPLING, 1)
    with pytest.raises(TimeoutError):
        await comfyui.reached(Stage.SAMPLING, 2, limit=0.05)
    await client.post("/interrupt", {"prompt_id": prompt_id})
    await comfyui.reached(Stage.DONE)
    assert [run.outcome for run in comfyui.runs] == [Outcome.INTERRUPTED]


async def test_a_deaf_hang_ends_only_with_the_process(comfyui: ComfyUI, client: ComfyUIClient) -> None:
    comfyui.deaf()
    comfyui.hang_next()
    prompt_id = await client.submit(wan_graph())
    await comfyui.reached(Stage.SAMPLING, 1)
    await client.post("/interrupt", {"prompt_id": prompt_id})
    with pytest.raises(TimeoutError):
        await comfyui.reached(Stage.DONE, limit=0.05)
    await comfyui.restart()
    assert comfyui.running is None


async def test_slow_takes_longer(comfyui: ComfyUI, client: ComfyUIClient) -> None:
    comfyui.slow(50)
    await client.run(wan_graph())
    assert comfyui.runs[0].seconds > 0.9  # its waits add up to 1.85 s at speed 1, so to 0.92 here


async def test_the_next_submission_is_refused_and_the_one_after_is_not(
    comfyui: ComfyUI, client: ComfyUIClient
) -> None:
    comfyui.reject_next()
    status, body = await client.post("/prompt", {"prompt": wan_graph()})
    assert (status, body["error"]["type"]) == (400, "prompt_outputs_failed_validation")
    await client.submit(wan_graph())


async def test_an_answer_is_given_as_often_as_said_and_only_on_its_path(
    comfyui: ComfyUI, client: ComfyUIClient
) -> None:
    comfyui.answer(502, path="/history", times=2)
    answers = [(await client.get(path))[0] for path in ("/queue", "/history", "/history/x", "/history")]
    assert answers == [200, 502, 502, 200]


async def test_an_answer_can_be_broken_json(comfyui: ComfyUI, client: ComfyUIClient) -> None:
    comfyui.answer(200, path="/queue", body=b'{"queue_run', content_type="application/json")
    async with client.session.get("/queue") as answer:
        assert (answer.status, await answer.read()) == (200, b'{"queue_run')


async def test_a_stalled_request_gets_no_answer(comfyui: ComfyUI, client: ComfyUIClient) -> None:
    comfyui.stall("/history")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await client.get("/history")
    assert (await client.get("/queue"))[0] == 200


async def test_a_submission_can_be_accepted_without_an_answer(
    comfyui: ComfyUI, client: ComfyUIClient
) -> None:
    comfyui.accept_then_close()
    prompt_id = "d1f7cd57-9818-4029-8ca7-96be1730d063"
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.submit(wan_graph(), prompt_id=prompt_id)
    await comfyui.reached(Stage.DONE, prompt_id=prompt_id)
    assert [run.prompt_id for run in comfyui.runs] == [prompt_id]


async def test_a_download_is_cut_in_the_middle_once(comfyui: ComfyUI, client: ComfyUIClient) -> None:
    entry = await clip(client)
    comfyui.cut_download()
    with pytest.raises(aiohttp.ClientPayloadError):
        await client.download(entry)
    assert await client.download(entry)


async def test_a_download_is_larger_than_the_file(comfyui: ComfyUI, client: ComfyUIClient) -> None:
    entry = await clip(client)
    whole = await client.download(entry)
    comfyui.oversize_download(100_000)
    async with client.session.get("/view", params=query(entry)) as answer:
        assert "Content-Length" not in answer.headers
        assert len(await answer.read()) == len(whole) + 100_000


async def test_an_output_can_be_empty(comfyui: ComfyUI, client: ComfyUIClient) -> None:
    comfyui.empty_output()
    messages = await client.run(wan_graph())
    assert "executed" not in kinds(messages)
    outcome = await client.outcome(messages[-1]["data"]["prompt_id"])
    assert (outcome["outputs"], outcome["status"]["completed"]) == ({}, True)


@pytest.mark.parametrize("moment", ["waiting", "running", "done"])
async def test_a_forgotten_prompt_is_in_neither_queue_nor_history(
    comfyui: ComfyUI, client: ComfyUIClient, moment: str
) -> None:
    running = await hold(comfyui, client)
    waiting = await client.submit(wan_graph(seed=2))
    if moment == "done":
        comfyui.resume()
        await comfyui.reached(Stage.DONE, prompt_id=running)
    forgotten = waiting if moment == "waiting" else running
    comfyui.forget(forgotten)
    if moment == "running":
        await comfyui.reached(Stage.DONE, prompt_id=running)
    _, queue = await client.get("/queue")
    assert forgotten not in [entry[1] for part in queue.values() for entry in part]
    assert await client.get(f"/history/{forgotten}") == (200, {})


async def test_an_old_version_chooses_its_own_prompt_id(comfyui: ComfyUI, client: ComfyUIClient) -> None:
    comfyui.ignore_prompt_id()
    mine = "d1f7cd57-9818-4029-8ca7-96be1730d063"
    assert await client.submit(wan_graph(), prompt_id=mine) != mine


async def test_an_old_version_interrupts_whatever_runs(comfyui: ComfyUI, client: ComfyUIClient) -> None:
    comfyui.ignore_interrupt_id()
    running = await hold(comfyui, client)
    await client.post("/interrupt", {"prompt_id": "somebody-elses"})
    await comfyui.reached(Stage.DONE, prompt_id=running)
    assert [run.outcome for run in comfyui.runs] == [Outcome.INTERRUPTED]


async def test_heal_ends_lasting_faults(comfyui: ComfyUI, client: ComfyUIClient) -> None:
    comfyui.silence()
    comfyui.stall()
    comfyui.pause()
    comfyui.ignore_prompt_id()
    comfyui.heal()
    messages = await client.run(wan_graph(), prompt_id="d1f7cd57-9818-4029-8ca7-96be1730d063")
    assert messages[-1]["data"]["prompt_id"] == "d1f7cd57-9818-4029-8ca7-96be1730d063"


@pytest.mark.parametrize("status", [400, 403, 404, 501])
async def test_a_gateway_that_passes_http_only_refuses_websockets(
    comfyui: ComfyUI, client: ComfyUIClient, status: int
) -> None:
    async with client.listening() as reader:
        await comfyui.http_only(status)
        assert await reader.closed() == 1006
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        async with client.listening():
            pass
    assert refusal.value.status == status
    await client.submit(wan_graph())
    await comfyui.reached(Stage.DONE)
    comfyui.pass_sockets()
    async with client.listening():  # which waits for the status
        pass


@pytest.mark.parametrize("fault", SocketFault)
async def test_or_treats_them_worse(comfyui: ComfyUI, client: ComfyUIClient, fault: SocketFault) -> None:
    await comfyui.http_only(fault)
    async with aiohttp.ClientSession() as session:
        connecting = session.ws_connect(f"{comfyui.url}/ws", timeout=aiohttp.ClientWSTimeout(ws_close=1))
        try:
            async with asyncio.timeout(0.2), connecting as socket:
                met = (await socket.receive()).type.name
        except TimeoutError:
            met = "nothing"
        except aiohttp.ClientError:
            met = "cut"
    assert met == {"hang": "nothing", "cut": "cut", "close": "CLOSE", "mute": "nothing"}[fault]
    assert comfyui.waiting == []


async def test_an_answer_can_be_for_one_method_alone(comfyui: ComfyUI, client: ComfyUIClient) -> None:
    comfyui.answer(502, path="/queue", method="POST")
    async with aiohttp.ClientSession() as session:
        statuses = [
            (await session.get(f"{comfyui.url}/queue")).status,
            (await session.post(f"{comfyui.url}/queue", json={})).status,
            (await session.post(f"{comfyui.url}/queue", json={})).status,
        ]
    assert statuses == [200, 502, 200]


async def test_a_prompt_can_be_queued_and_answered_with_a_fault(
    comfyui: ComfyUI, client: ComfyUIClient
) -> None:
    comfyui.accept_then_answer(524)
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{comfyui.url}/prompt", json={"prompt": wan_graph()}) as answer,
    ):
        assert answer.status == 524
    await comfyui.reached(Stage.DONE)
    assert len(comfyui.runs) == 1


async def test_a_silent_history_lists_no_outputs_or_no_entry(comfyui: ComfyUI, client: ComfyUIClient) -> None:
    prompt_id = await client.submit(wan_graph())
    await comfyui.reached(Stage.DONE)
    assert comfyui.history == [prompt_id]
    assert (await client.outcome(prompt_id))["outputs"]
    comfyui.silent_history()
    silent = await client.outcome(prompt_id)
    assert (silent["outputs"], silent["status"]["completed"]) == ({}, True)
    comfyui.silent_history(entries=True)
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{comfyui.url}/history/{prompt_id}") as answer,
    ):
        assert await answer.json() == {}
