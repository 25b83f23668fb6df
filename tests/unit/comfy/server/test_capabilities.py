"""What a server lacks decides which workflows it can run, and what may be chosen."""

import asyncio
import copy
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

import aiohttp
import pytest

from comfy import (
    BadAnswer,
    Done,
    ModelFiles,
    NodeMissing,
    Server,
    ServerUnreachable,
    Workflow,
    WorkflowInvalid,
)
from comfy.protocol.endpoints import Endpoints
from comfy.protocol.transport import Transport
from comfy.server.capabilities import Capabilities
from playground.comfyui import ComfyUI
from tests.unit.comfy import recorded_responses as recorded
from tests.unit.comfy.job_values import values
from tests.unit.comfy.server_jobs import LARGEST_CLIP, WRAPPED, opened, run, soon, until


async def test_what_a_server_lacks_decides_what_it_can_run(workflows: Mapping[str, Workflow]):
    async with (
        ComfyUI(lora=False, without=["WanVideoClipVisionEncode"]) as comfyui,
        opened(comfyui.url, workflows) as server,
    ):
        await soon(server.ready())

        assert server.runnable == {"wan21_i2v_seed"}
        with pytest.raises(NodeMissing):
            server.build("wan21_i2v", values(), "x.png")
        with pytest.raises(WorkflowInvalid):
            server.build("nothing", values(), "x.png")


async def test_the_old_nodes_make_a_clip_too_and_windows_names_are_spelled_its_way(
    workflows: Mapping[str, Workflow], picture: bytes
):
    async with ComfyUI(speed=100, backslashes=True) as comfyui, opened(comfyui.url, workflows) as server:
        await soon(server.ready())
        for name in sorted(WRAPPED):
            image = await server.upload(picture, name="x.png")
            end = (await soon(run(server, server.build(name, values(), image), str(uuid4()))))[-1]
            assert isinstance(end, Done)
    assert any("\\" in str(run.graph) for run in comfyui.runs)


@pytest.mark.parametrize(
    ("without", "runnable"),
    [
        (["WanVideoSampler"], {"wan21_i2v_native", "wan21_i2v_native_savevideo"}),
        (["WanVideoSampler", "VHS_VideoCombine"], {"wan21_i2v_native_savevideo"}),
    ],
)
async def test_comfyuis_own_nodes_do_where_the_packs_are_missing(
    workflows: Mapping[str, Workflow], picture: bytes, tmp_path: Path, without: list[str], runnable: set[str]
):
    async with (
        ComfyUI(speed=100, without=without, nodes=core_encoders()) as comfyui,
        opened(comfyui.url, workflows) as server,
    ):
        await soon(server.ready())
        assert server.runnable == runnable
        image = await server.upload(picture, name="x.png")
        for name in sorted(runnable):
            end = (await soon(run(server, server.build(name, values(), image), str(uuid4()))))[-1]
            assert isinstance(end, Done)
            await server.download(end.files[0], tmp_path / f"{name}.mp4", limit=LARGEST_CLIP)


def core_encoders() -> Mapping[str, object]:
    """The core's loaders, with the encoders that they can use."""
    classes = {
        name: copy.deepcopy(recorded.load("object_info")[name]) for name in ("CLIPLoader", "CLIPVisionLoader")
    }
    classes["CLIPLoader"]["input"]["required"]["clip_name"][0].append("umt5_xxl_fp16.safetensors")
    classes["CLIPVisionLoader"]["input"]["required"]["clip_name"][0].append("clip_vision_h.safetensors")
    return classes


async def test_what_may_be_chosen_is_what_the_server_has(server: Server):
    assert server.choices("wan21_i2v")["loop"].options.keys() == {"off", "back"}
    assert server.choices("wan21_i2v_native") == {}


async def test_nodes_that_cannot_be_read_are_an_error_until_they_can(
    workflows: Mapping[str, Workflow], caplog: pytest.LogCaptureFixture
):
    async with ComfyUI() as comfyui:
        comfyui.answer(200, path="/object_info", times=1, body=b"[]")
        async with opened(comfyui.url, workflows) as server:
            await soon(until(server, lambda: isinstance(server.error, BadAnswer)))
            assert not server.reachable

            await comfyui.close_sockets()
            await soon(server.ready())
            assert server.error is None
    assert "what it can run is not known" in caplog.text


async def test_a_server_that_is_ready_is_left_alone(server: Server):
    with pytest.raises(TimeoutError):
        await soon(server.changed(), limit=0.3)


async def test_they_are_read_after_a_refresh_and_nothing_is_built_before(
    comfyui: ComfyUI, workflows: Mapping[str, Workflow]
):
    read = asyncio.Event()
    async with aiohttp.ClientSession() as session:
        endpoints = Endpoints(Transport(session, comfyui.url, name="gpu"), owner="us")
        capabilities = Capabilities(endpoints, workflows, ModelFiles(), read.set, name="gpu")
        running = asyncio.create_task(capabilities.run(), name="capabilities")
        assert capabilities.runnable == frozenset()
        assert capabilities.choices("wan21_i2v") == {}
        with pytest.raises(ServerUnreachable):
            capabilities.build("wan21_i2v", values(), "x.png")

        capabilities.refresh()
        await soon(read.wait())
        running.cancel()
        await asyncio.wait([running])

    assert capabilities.runnable == WRAPPED
    assert capabilities.build("wan21_i2v", values(), "x.png").workflow == "wan21_i2v"
