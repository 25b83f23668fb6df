"""Failed and interrupted runs in the simulated ComfyUI, and what its websockets send: as recorded."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from playground.comfyui import ComfyUI, Failure, Stage
from tests.playground.comfyui_client import ComfyUIClient, Json, open_client
from tests.playground.comfyui_recordings import (
    CACHE,
    FAULTS,
    STOPS,
    bodies,
    first_message,
    kinds,
    messages_of_a_run,
    wan_graph,
)
from tests.playground.json_shape import shape

_IDLE = {"exec_info": {"queue_remaining": 0}}


@pytest.fixture
async def comfyui() -> AsyncIterator[ComfyUI]:
    async with ComfyUI(speed=50) as comfyui:
        yield comfyui


@pytest.fixture
async def client(comfyui: ComfyUI) -> AsyncIterator[ComfyUIClient]:
    async with open_client(comfyui) as client:
        await client.upload("girl.png")
        yield client


@pytest.mark.parametrize("failure", list(Failure))
async def test_a_failure_is_sent_and_kept_in_the_recorded_shape(
    comfyui: ComfyUI, client: ComfyUIClient, failure: Failure
) -> None:
    comfyui.fail_next(failure)
    messages = await client.run(wan_graph())
    assert kinds(messages)[-3:] == ["execution_error", "status", "executing"]
    assert shape(messages[-3]) == shape(first_message(FAULTS, "execution_error"))
    _, body = await client.get(f"/history/{messages[-1]['data']['prompt_id']}")
    assert shape(body) == shape(bodies(FAULTS, "/history/")[0])


async def test_a_lack_of_memory_has_the_recorded_words(comfyui: ComfyUI, client: ComfyUIClient) -> None:
    comfyui.fail_next(Failure.MEMORY)
    error = (await client.run(wan_graph()))[-3]["data"]
    kept = bodies(FAULTS, "/history/")[1]
    recorded = next(iter(kept.values()))["status"]["messages"][-1][1]
    assert error["exception_message"][:600] == recorded["exception_message"]
    assert error["exception_type"] == recorded["exception_type"]


async def test_an_interrupt_is_sent_and_kept_in_the_recorded_shape(
    comfyui: ComfyUI, client: ComfyUIClient
) -> None:
    comfyui.pause(Stage.SAMPLING, 2)
    async with client.listening() as reader:
        prompt_id = await client.submit(wan_graph(), client_id=reader.client_id)
        await comfyui.reached(Stage.SAMPLING, 2)
        assert await client.post("/interrupt", {"prompt_id": prompt_id}) == (200, "")
        messages = await reader.until_end(prompt_id)
    assert kinds(messages)[-3:] == ["execution_interrupted", "status", "executing"]
    assert shape(messages[-3]) == shape(first_message(STOPS, "execution_interrupted"))
    _, body = await client.get(f"/history/{prompt_id}")
    assert shape(body) == shape(bodies(STOPS, "/history/3aa7e0ea")[0])


async def test_an_interrupt_reaches_only_the_prompt_it_names(comfyui: ComfyUI, client: ComfyUIClient) -> None:
    comfyui.pause(Stage.SAMPLING, 1)
    running = await client.submit(wan_graph(seed=1))
    waiting = await client.submit(wan_graph(seed=2))
    await comfyui.reached(Stage.SAMPLING, 1, prompt_id=running)
    await client.post("/interrupt", {"prompt_id": waiting})
    comfyui.resume()
    await comfyui.reached(Stage.DONE)
    assert [run.outcome for run in comfyui.runs] == ["success", "success"]


async def test_an_interrupt_without_an_id_stops_whatever_runs(
    comfyui: ComfyUI, client: ComfyUIClient
) -> None:
    comfyui.pause(Stage.SAMPLING, 1)
    prompt_id = await client.submit(wan_graph())
    await comfyui.reached(Stage.SAMPLING, 1)
    assert await client.post("/interrupt") == (200, "")
    await comfyui.reached(Stage.DONE)
    assert [(run.prompt_id, run.outcome) for run in comfyui.runs] == [(prompt_id, "interrupted")]


async def test_an_interrupt_of_an_idle_server_does_not_hit_the_next_prompt(
    comfyui: ComfyUI, client: ComfyUIClient
) -> None:
    await client.post("/interrupt", {})
    await client.run(wan_graph())
    assert [run.outcome for run in comfyui.runs] == ["success"]


async def test_a_deaf_node_is_stopped_when_the_next_begins(comfyui: ComfyUI, client: ComfyUIClient) -> None:
    comfyui.deaf()
    comfyui.pause(Stage.SAMPLING, 2)
    async with client.listening() as reader:
        prompt_id = await client.submit(wan_graph(), client_id=reader.client_id)
        await comfyui.reached(Stage.SAMPLING, 2)
        await client.post("/interrupt", {"prompt_id": prompt_id})
        comfyui.resume()
        sent = await reader.until("execution_interrupted")
    assert sent["data"]["node_id"] == "53"
    assert "52" in sent["data"]["executed"]


async def test_what_waits_is_deleted_without_a_trace(comfyui: ComfyUI, client: ComfyUIClient) -> None:
    comfyui.pause(Stage.SAMPLING, 1)
    await client.submit(wan_graph(seed=1))
    waiting = await client.submit(wan_graph(seed=2))
    assert comfyui.waiting == [waiting]
    assert await client.post("/queue", {"delete": [waiting]}) == (200, "")
    assert await client.get(f"/history/{waiting}") == (200, {})
    assert await client.get(f"/api/jobs/{waiting}") == (404, {"error": "Job not found"})
    assert comfyui.waiting == []


async def test_the_queue_lists_prompts_in_the_recorded_shape(comfyui: ComfyUI, client: ComfyUIClient) -> None:
    comfyui.pause(Stage.SAMPLING, 1)
    for seed in (1, 2, 3):
        await client.submit(wan_graph(seed=seed), client_id="mine")
    await comfyui.reached(Stage.SAMPLING, 1, prompt_id=comfyui.running)
    _, body = await client.get("/queue")
    assert _entry_shapes(body) == _entry_shapes(bodies(STOPS, "/queue")[0])
    assert await client.get("/prompt") == (200, {"exec_info": {"queue_remaining": 3}})


def _entry_shapes(body: Json) -> Any:
    return {key: [[shape(part) for part in (*entry[:2], *entry[3:])] for entry in body[key]] for key in body}


@pytest.mark.parametrize("end", ["completed", "failed", "cancelled"])
async def test_jobs_have_the_recorded_fields(comfyui: ComfyUI, client: ComfyUIClient, end: str) -> None:
    answers = [body for name in (CACHE, "11_execution_error", STOPS) for body in bodies(name, "/api/jobs/")]
    recorded = next(body for body in answers if body.get("status") == end)
    prompt_id = await _end_in(comfyui, client, end)
    status, body = await client.get(f"/api/jobs/{prompt_id}")
    assert (status, body["status"], set(body)) == (200, end, set(recorded))


async def _end_in(comfyui: ComfyUI, client: ComfyUIClient, end: str) -> str:
    if end == "failed":
        comfyui.fail_next(Failure.ERROR)
    if end == "cancelled":
        comfyui.hang_next()
    prompt_id = await client.submit(wan_graph())
    if end == "cancelled":
        await comfyui.reached(Stage.SAMPLING, 1)
        assert await client.post(f"/api/jobs/{prompt_id}/cancel") == (200, {"cancelled": True})
    await comfyui.reached(Stage.DONE)
    return prompt_id


async def test_a_second_socket_of_a_client_is_deaf_once_the_first_closed(
    comfyui: ComfyUI, client: ComfyUIClient
) -> None:
    async with (
        client.listening("same") as older,
        client.listening("same") as newer,
        client.listening() as other,
    ):
        await older.socket.close()
        await client.submit(wan_graph(), client_id="same")
        await comfyui.reached(Stage.DONE)
        await other.until("status", status=_IDLE)
        with pytest.raises(TimeoutError):
            await newer.until("status", 0.05)


async def test_a_client_that_comes_back_in_mid_run_is_sent_the_node_without_a_replay(
    comfyui: ComfyUI, client: ComfyUIClient
) -> None:
    comfyui.pause(Stage.SAMPLING, 2)
    prompt_id = await client.submit(wan_graph(), client_id="mine")
    await comfyui.reached(Stage.SAMPLING, 2)
    async with client.listening("mine") as reader:
        await reader.until("executing")
        comfyui.resume()
        messages = await reader.until_end(prompt_id)
    assert kinds(messages)[:2] == ["status", "executing"]
    assert messages[1]["data"] == {"node": "52"}
    assert "execution_start" not in kinds(messages)


async def test_without_client_id_everybody_sees_the_progress_and_nothing_more(client: ComfyUIClient) -> None:
    recorded = messages_of_a_run(STOPS, after="submitter without client_id, success")
    async with client.listening() as reader:
        reader.messages.clear()
        await client.submit(wan_graph())
        await reader.until("status", status=_IDLE)
    assert set(kinds(reader.messages)) == set(kinds(recorded)) == {"status", "progress", "progress_state"}


async def test_history_is_there_at_the_last_message(client: ComfyUIClient) -> None:
    async with client.listening() as reader:
        prompt_id = await client.submit(wan_graph(), client_id=reader.client_id)
        await reader.until_end(prompt_id)
    assert (await client.outcome(prompt_id))["status"]["completed"]
