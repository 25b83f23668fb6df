"""POST /prompt of the playground's ComfyUI accepts and refuses what the real one did, in the same words."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from playground.comfyui import ComfyUI, Stage
from tests.playground.comfyui_client import ComfyUIClient, Json, open_client
from tests.playground.comfyui_recordings import recording, wan_graph

# The node that the recordings were made with, as object_info describes it.
_SLOW_STEPS = {
    "input": {
        "required": {
            "images": ["IMAGE", {}],
            "steps": ["INT", {"default": 10, "min": 1, "max": 1000}],
            "step_seconds": ["FLOAT", {"default": 0.3}],
        }
    },
    "output": ["IMAGE"],
    "output_node": False,
}


@pytest.fixture
async def comfyui() -> AsyncIterator[ComfyUI]:
    async with ComfyUI(speed=1000, nodes={"BotTestSlowSteps": _SLOW_STEPS}) as comfyui:
        comfyui.pause()
        yield comfyui


@pytest.fixture
async def client(comfyui: ComfyUI) -> AsyncIterator[ComfyUIClient]:
    async with open_client(comfyui) as client:
        for name in ("t.png", "girl.png"):
            await client.upload(name)
        await client.upload("bad.png", b"no picture")
        yield client


def posts(name: str) -> list[Any]:
    """Every recorded submission with its answer."""
    events = [
        event for event in recording(name) if event.get("path") == "/prompt" and "request_json" in event
    ]
    return [
        pytest.param(event, id=event["note"]) for event in events if "no model files" not in event["note"]
    ]


@pytest.mark.parametrize("event", posts("03_prompt_validation") + posts("20_seed_workflow_real_wvw_nodes"))
async def test_a_submission_gets_the_recorded_answer(client: ComfyUIClient, event: Json) -> None:
    status, body = await client.post("/prompt", event["request_json"])
    assert status == event["status"]
    assert _comparable(body) == _comparable(event["body"])


def _comparable(body: Json) -> Json:
    return {key: value for key, value in body.items() if key not in ("prompt_id", "number")}


async def test_json_that_is_none_crashes_as_recorded(comfyui: ComfyUI, client: ComfyUIClient) -> None:
    async with client.session.post("/prompt", data=b"{not json") as answer:
        recorded = next(e for e in recording("03_prompt_validation") if e.get("note") == "malformed JSON")
        assert (answer.status, await answer.text()) == (recorded["status"], recorded["body"])


async def test_a_missing_model_file_is_named(client: ComfyUIClient) -> None:
    status, body = await client.post("/prompt", {"prompt": wan_graph(precision="bf17")})
    assert status == 400
    [error] = body["node_errors"]["43"]["errors"]
    assert error["details"] == "precision: 'bf17' not in ['fp16', 'fp32', 'bf16']"
    assert body["node_errors"]["43"]["dependent_outputs"] == ["54"]


async def test_an_output_whose_link_leads_nowhere_is_refused(client: ComfyUIClient) -> None:
    graph = wan_graph()
    graph["54"]["inputs"]["images"] = ["99", 0]
    status, body = await client.post("/prompt", {"prompt": graph})
    assert (status, body["node_errors"]["54"]["errors"][0]["type"]) == (400, "exception_during_validation")


async def test_front_goes_before_what_waits(comfyui: ComfyUI, client: ComfyUIClient) -> None:
    comfyui.resume()
    comfyui.hang_next()
    first = await client.submit(wan_graph(seed=1))
    await comfyui.reached(Stage.SAMPLING, 1)
    second = await client.submit(wan_graph(seed=2))
    third = await client.submit(wan_graph(seed=3), front=True)
    assert comfyui.waiting == [third, second]
    await client.post("/interrupt")
    await comfyui.reached(Stage.DONE, prompt_id=second)
    assert [run.prompt_id for run in comfyui.runs] == [first, third, second]


async def test_the_same_prompt_id_twice_runs_twice(comfyui: ComfyUI, client: ComfyUIClient) -> None:
    comfyui.resume()
    prompt_id = "d1f7cd57-9818-4029-8ca7-96be1730d063"
    for seed in (1, 2):
        assert await client.submit(wan_graph(seed=seed), prompt_id=prompt_id) == prompt_id
    async with client.listening() as reader:
        if reader.messages[0]["data"]["status"]["exec_info"]["queue_remaining"]:
            await reader.until("status", status={"exec_info": {"queue_remaining": 0}})
    assert [run.prompt_id for run in comfyui.gpu_runs] == [prompt_id, prompt_id]
    _, history = await client.get("/history")
    assert list(history) == [prompt_id]


async def test_model_files_can_be_missing_and_have_backslashes() -> None:
    vae = "wan2.1/Wan2_1_VAE_bf16.safetensors"
    windows = ComfyUI(backslashes=True, without={"WanVideoClipVisionEncode"})
    async with windows as comfyui, open_client(comfyui) as client:
        _, classes = await client.get("/object_info")
    assert "WanVideoClipVisionEncode" not in classes
    assert classes["WanVideoVAELoader"]["input"]["required"]["model_name"][0] == [vae.replace("/", "\\")]
    async with ComfyUI(without={vae}, lora=False) as comfyui, open_client(comfyui) as client:
        _, classes = await client.get("/object_info")
    assert classes["WanVideoVAELoader"]["input"]["required"]["model_name"][0] == []
    assert classes["WanVideoLoraSelect"]["input"]["required"]["lora"][0] == []


async def test_object_info_lists_uploads_and_the_lora(client: ComfyUIClient) -> None:
    _, image = await client.get("/object_info/LoadImage")
    assert image["LoadImage"]["input"]["required"]["image"][0] == ["bad.png", "girl.png", "t.png"]
    _, lora = await client.get("/api/object_info/WanVideoLoraSelect")
    assert "lightx2v" in lora["WanVideoLoraSelect"]["input"]["required"]["lora"][0][0]
    assert await client.get("/object_info/NoSuchNode") == (200, {})
