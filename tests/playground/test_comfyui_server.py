"""The simulated ComfyUI as a library: address, token, previews, cache, pauses."""

import io
import json
import struct
from collections.abc import AsyncIterator

import aiohttp
import pytest
from PIL import Image

from playground.comfyui import ComfyUI, Outcome, Stage
from playground.comfyui.object_info import LIGHTX2V
from tests.playground.comfyui_client import ComfyUIClient, open_client
from tests.playground.comfyui_recordings import WAN, kinds, recording, wan_graph
from tests.playground.json_shape import shape


@pytest.fixture
async def comfyui() -> AsyncIterator[ComfyUI]:
    async with ComfyUI(speed=100) as comfyui:
        yield comfyui


@pytest.fixture
async def client(comfyui: ComfyUI) -> AsyncIterator[ComfyUIClient]:
    async with open_client(comfyui) as client:
        await client.upload("girl.png")
        yield client


async def test_a_token_is_wanted_on_every_request_and_on_the_websocket() -> None:
    async with ComfyUI(token="secret") as comfyui, aiohttp.ClientSession() as session:
        for path in ("/queue", "/api/object_info", "/ws"):
            async with session.get(comfyui.url + path) as answer:
                assert answer.status == 401
        bearer = {"Authorization": "Bearer secret"}
        async with session.get(comfyui.url + "/queue", headers=bearer) as answer:
            assert answer.status == 200
        async with session.ws_connect(comfyui.url + "/ws", headers=bearer) as socket:
            assert (await socket.receive_json())["type"] == "status"


async def test_a_token_can_be_wanted_and_given_up_while_it_runs(comfyui: ComfyUI) -> None:
    bearer = {"Authorization": "Bearer secret"}
    async with aiohttp.ClientSession() as session:
        seen = []
        for token, headers in ((None, {}), ("secret", {}), ("secret", bearer), ("other", bearer), (None, {})):
            comfyui.require_token(token)
            for path in ("/queue", "/ws"):
                async with session.get(comfyui.url + path, headers=headers) as answer:
                    seen.append(answer.status)
    assert seen == [200, 400, 401, 401, 200, 400, 401, 401, 200, 400]  # 400: /ws asked without upgrade


async def dropdown(client: ComfyUIClient, kind: str, name: str) -> list[str]:
    _, info = await client.get(f"/object_info/{kind}")
    return info[kind]["input"]["required"][name][0]


async def test_files_and_node_classes_come_and_go_while_it_runs(
    comfyui: ComfyUI, client: ComfyUIClient
) -> None:
    comfyui.remove("Wan2_1-I2V-14B-480P_fp8_e4m3fn.safetensors", "WanVideoClipVisionEncode")
    assert await dropdown(client, "WanVideoModelLoader", "model") == []
    assert await client.get("/object_info/WanVideoClipVisionEncode") == (200, {})
    assert (await client.post("/prompt", {"prompt": wan_graph()}))[0] == 400
    comfyui.install("Wan2_1-I2V-14B-480P_fp8_e4m3fn.safetensors", "WanVideoClipVisionEncode")
    await client.run(wan_graph())
    assert len(comfyui.gpu_runs) == 1


async def test_new_files_show_in_every_dropdown_of_their_folder(
    comfyui: ComfyUI, client: ComfyUIClient
) -> None:
    comfyui.add_file("loras", "mine.safetensors")
    assert "mine.safetensors" in await dropdown(client, "WanVideoLoraSelect", "lora")
    assert "mine.safetensors" in await dropdown(client, "LoraLoaderModelOnly", "lora_name")
    assert "mine.safetensors" in (await client.get("/models/loras"))[1]
    comfyui.remove("mine.safetensors")
    assert "mine.safetensors" not in await dropdown(client, "WanVideoLoraSelect", "lora")


async def test_the_lora_can_be_installed_later() -> None:
    async with ComfyUI(lora=False) as comfyui, open_client(comfyui) as client:
        before = await dropdown(client, "WanVideoLoraSelect", "lora")
        comfyui.install(LIGHTX2V)
        assert (before, await dropdown(client, "WanVideoLoraSelect", "lora")) == ([], [LIGHTX2V])


async def test_node_classes_can_be_added(comfyui: ComfyUI, client: ComfyUIClient) -> None:
    comfyui.add_nodes({"Mine": {"input": {"required": {}}, "output": [], "output_node": True}})
    assert "Mine" in (await client.get("/object_info"))[1]


async def test_a_prefix_stands_before_every_path() -> None:
    async with ComfyUI(prefix="/gpu/one") as comfyui, aiohttp.ClientSession() as session:
        assert comfyui.url.endswith("/gpu/one")
        root = comfyui.url.removesuffix("/gpu/one")
        seen = []
        for path in ("/gpu/one/queue", "/gpu/one/api/queue", "/queue"):
            async with session.get(root + path) as answer:
                seen.append(answer.status)
        assert seen == [200, 200, 404]


async def test_runs_list_what_was_executed_and_what_was_cached(
    comfyui: ComfyUI, client: ComfyUIClient
) -> None:
    await client.run(wan_graph())
    await client.run(wan_graph())
    await client.run(wan_graph(filename_prefix="other"))
    assert [run.executed for run in comfyui.runs][1:] == [(), ("54",)]
    assert [run.outcome for run in comfyui.runs] == [Outcome.SUCCESS] * 3
    assert len(comfyui.gpu_runs) == 1


async def test_inputs_that_no_class_knows_do_not_matter(comfyui: ComfyUI, client: ComfyUIClient) -> None:
    graph = wan_graph()
    graph["52"]["inputs"]["from_the_future"] = ["99", 0]
    await client.run(graph)
    assert [run.outcome for run in comfyui.runs] == [Outcome.SUCCESS]


async def test_only_the_last_prompt_is_cached(comfyui: ComfyUI, client: ComfyUIClient) -> None:
    for seed in (1, 2, 1):
        await client.run(wan_graph(seed=seed))
    assert len(comfyui.gpu_runs) == 3


async def test_a_cached_clip_that_is_gone_is_made_again(comfyui: ComfyUI, client: ComfyUIClient) -> None:
    await client.run(wan_graph())
    for path in comfyui.folder.glob("**/*.mp4"):
        path.unlink()
    messages = await client.run(wan_graph())
    output = next(message for message in messages if message["type"] == "executed")["data"]["output"]
    assert await client.download(output["gifs"][0])


async def test_free_empties_the_cache(comfyui: ComfyUI, client: ComfyUIClient) -> None:
    await client.run(wan_graph())
    assert await client.post("/free", {"unload_models": True, "free_memory": True}) == (200, "")
    await client.run(wan_graph())
    assert len(comfyui.gpu_runs) == 2


async def test_previews_are_not_sent_unasked(client: ComfyUIClient) -> None:
    async with client.listening(modern=True) as reader:
        await reader.until_end(await client.submit(wan_graph(), client_id=reader.client_id))
    assert reader.frames == []


async def test_a_plain_preview_is_a_jpeg_after_eight_bytes_and_follows_its_step(
    client: ComfyUIClient,
) -> None:
    body = {"extra_data": {"preview_method": "auto"}}
    async with client.listening() as reader:
        await reader.until_end(await client.submit(wan_graph(steps=3), client_id=reader.client_id, **body))
    assert [struct.unpack(">II", frame[:8]) for frame in reader.frames] == [(1, 1)] * 3
    assert Image.open(io.BytesIO(reader.frames[0][8:])).format == "JPEG"
    before = reader.order[reader.order.index(reader.frames[0]) - 1]
    assert isinstance(before, dict)
    assert (before["type"], before["data"]["value"]) == ("progress", 1)


async def test_a_preview_with_metadata_has_the_recorded_fields(client: ComfyUIClient) -> None:
    body = {"extra_data": {"preview_method": "latent2rgb"}}
    async with client.listening(modern=True) as reader:
        await reader.until_end(await client.submit(wan_graph(), client_id=reader.client_id, **body))
    kind, length = struct.unpack(">II", reader.frames[0][:8])
    metadata = json.loads(reader.frames[0][8 : 8 + length])
    recorded = next(e for e in recording("40_native_wan_tiny_real_run") if e["kind"] == "ws_binary")
    assert (kind, shape(metadata)) == (4, shape(recorded["metadata"]))
    assert reader.frames[0][8 + length :].startswith(b"\xff\xd8\xff")


async def test_a_preview_of_videohelpersuite_has_a_header_of_its_own(client: ComfyUIClient) -> None:
    body = {"extra_data": {"preview_method": "taesd"}}
    async with client.listening() as reader:
        await reader.until_end(await client.submit(wan_graph(), client_id=reader.client_id, **body))
    recorded = next(e["msg"] for e in recording(WAN) if e.get("msg", {}).get("type") == "VHS_latentpreview")
    assert shape(next(m for m in reader.messages if m["type"] == "VHS_latentpreview")) == shape(recorded)
    assert reader.frames[0].index(b"\xff\xd8\xff") == 32
    assert reader.frames[0][16:19] == b"\x0252"


async def test_the_engine_stands_still_while_it_is_paused(comfyui: ComfyUI, client: ComfyUIClient) -> None:
    comfyui.pause(Stage.SAMPLING, 2)
    await client.submit(wan_graph())
    await comfyui.reached(Stage.SAMPLING, 2)
    with pytest.raises(TimeoutError):
        await comfyui.reached(Stage.SAMPLING, 3, limit=0.05)
    comfyui.resume()
    assert (await comfyui.reached(Stage.SAMPLING, 3)).step == 3


async def test_stages_come_in_order(comfyui: ComfyUI, client: ComfyUIClient) -> None:
    prompt_id = await client.submit(wan_graph())
    for stage in Stage:
        assert (await comfyui.reached(stage)).prompt_id == prompt_id


async def test_two_clients_get_their_own_messages_only(client: ComfyUIClient) -> None:
    async with client.listening() as mine, client.listening() as theirs:
        prompt_id = await client.submit(wan_graph(), client_id=mine.client_id)
        await mine.until_end(prompt_id)
        await theirs.until("status", status={"exec_info": {"queue_remaining": 0}})
    assert set(kinds(theirs.messages)) == {"status"}
