"""Opening a server: whatever state it is in, with a token, behind a path."""

from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

import pytest

from comfy import Done, Sampling, ServerUnreachable, TokenRefused, Workflow
from comfy.server.connect import open_transport, read_node_classes
from playground.comfyui import ComfyUI
from tests.unit.comfy.job_values import values
from tests.unit.comfy.server_jobs import LARGEST_CLIP, WRAPPED, build, opened, run, soon, until


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


async def test_a_wrong_token_is_an_error_and_never_shown(
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


async def test_what_its_user_raises_is_no_group(workflows: Mapping[str, Workflow]):
    with pytest.raises(LookupError):
        async with opened("http://127.0.0.1:9", workflows):
            raise LookupError


async def test_a_transport_sends_its_token_with_every_request():
    async with ComfyUI(token="secret") as comfyui:
        async with open_transport(comfyui.url, name="gpu", token="secret") as transport:
            assert isinstance(await transport.get("system_stats"), dict)
        async with open_transport(comfyui.url, name="gpu", token=None) as transport:
            with pytest.raises(TokenRefused):
                await transport.get("system_stats")


async def test_every_class_of_a_server_is_read_once(comfyui: ComfyUI):
    classes = await soon(read_node_classes(comfyui.url, name="gpu", token=None))
    assert {"LoadImage", "WanVideoSampler"} <= classes.keys()
    with pytest.raises(ServerUnreachable):
        await soon(read_node_classes("http://127.0.0.1:9", name="gpu", token=None))
