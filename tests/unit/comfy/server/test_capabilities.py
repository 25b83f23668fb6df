"""Servers that are away, locked, of another kind, or that lack something."""

import copy
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

import pytest

from comfy import (
    BadAnswer,
    Done,
    NodeMissing,
    Sampling,
    Server,
    ServerUnreachable,
    TokenRefused,
    Workflow,
    WorkflowInvalid,
)
from playground.comfyui import ComfyUI
from tests.unit.comfy import recorded
from tests.unit.comfy.jobs import LARGEST_CLIP, WRAPPED, build, opened, run, soon, until
from tests.unit.comfy.values import values


async def test_it_opens_though_the_server_is_down_and_is_ready_when_it_comes(
    workflows: Mapping[str, Workflow],
):
    comfyui = ComfyUI()
    async with comfyui:
        url = comfyui.url
        await comfyui.stop()
        async with opened(url, workflows) as server:
            assert not server.reachable
            assert server.runnable == frozenset()
            with pytest.raises(ServerUnreachable):
                server.build("wan21_i2v", values(), "x.png")
            await soon(until(server, lambda: isinstance(server.error, ServerUnreachable)))
            await comfyui.start()
            await soon(server.ready())

            assert server.runnable == WRAPPED
            assert server.error is None


async def test_a_token_and_a_path_before_comfyui_are_used_everywhere(
    workflows: Mapping[str, Workflow], picture: bytes, tmp_path: Path
):
    async with (
        ComfyUI(speed=100, token="secret", prefix="/gpu/1") as comfyui,
        opened(comfyui.url + "/", workflows, token="secret") as server,
    ):
        await soon(server.ready())
        events = await soon(run(server, await build(server, picture), str(uuid4())))
        assert any(isinstance(event, Sampling) for event in events)
        done = events[-1]
        assert isinstance(done, Done)
        await server.download(done.files[0], tmp_path / "clip.mp4", limit=LARGEST_CLIP)


async def test_a_wrong_token_is_said_and_never_shown(
    workflows: Mapping[str, Workflow], picture: bytes, caplog: pytest.LogCaptureFixture
):
    async with (
        ComfyUI(token="secret") as comfyui,
        opened(comfyui.url, workflows, token="wrong-one") as server,
    ):
        await soon(until(server, lambda: server.error is not None))

        assert isinstance(server.error, TokenRefused)
        with pytest.raises(TokenRefused) as caught:
            await server.upload(picture, name="x.png")
        assert "wrong-one" not in str(caught.value) + caplog.text
        assert comfyui.url not in str(caught.value) + caplog.text


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


async def test_what_its_user_raises_is_no_group(workflows: Mapping[str, Workflow]):
    with pytest.raises(LookupError):
        async with opened("http://127.0.0.1:9", workflows):
            raise LookupError


async def test_nodes_that_cannot_be_read_are_a_trouble_until_they_can(
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
