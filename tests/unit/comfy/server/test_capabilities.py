"""What a server lacks decides which workflows it can run, and what may be chosen."""

import asyncio
import contextlib
import copy
import math
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from comfy import (
    BadAnswer,
    ComfyError,
    Done,
    ModelFiles,
    NodeMissing,
    Server,
    ServerUnreachable,
    TokenRefused,
    Workflow,
    WorkflowInvalid,
)
from comfy.protocol.endpoints import Endpoints
from comfy.protocol.object_info import NodeClasses, parse_object_info
from comfy.protocol.transport import Transport
from comfy.server import capabilities as capabilities_module
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
    assert server.choices("wan21_i2v")["pingpong"].options.keys() == {"off", "back"}
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
            capabilities.adapted("wan21_i2v")

        capabilities.refresh()
        await soon(read.wait())
        running.cancel()
        await asyncio.wait([running])

    assert capabilities.runnable == WRAPPED
    assert capabilities.adapted("wan21_i2v").name == "wan21_i2v"


class ScriptedEndpoints:
    """`/object_info` alone: what `classes` holds at the time, or `error`. `asked`: each class or "all"."""

    def __init__(self) -> None:
        self.classes: dict[str, Any] = copy.deepcopy(recorded.load("object_info"))
        self.error: ComfyError | None = None
        self.asked: list[str] = []

    async def node_classes(self, names: Collection[str]) -> NodeClasses:
        return self._answer("all", names)

    async def node_classes_one_by_one(self, names: Collection[str]) -> NodeClasses:
        return self._answer("each", names)

    def _answer(self, how: str, names: Collection[str]) -> NodeClasses:
        self.asked.append(how)
        if self.error:
            raise self.error
        return parse_object_info(self.classes, names)


@contextlib.asynccontextmanager
async def reading(
    endpoints: ScriptedEndpoints, workflows: Mapping[str, Workflow], seconds: float
) -> AsyncGenerator[tuple[Capabilities, Callable[[Callable[[], bool]], Awaitable[None]]]]:
    """Capabilities that are read every `seconds`, and a function that waits for a condition."""
    changed = asyncio.Event()
    capabilities = Capabilities(
        endpoints,  # type: ignore[arg-type]
        workflows,
        ModelFiles(),
        changed.set,
        name="gpu",
        refresh_seconds=seconds,
    )

    async def reached(condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not condition():
                changed.clear()
                await changed.wait()

    running = asyncio.create_task(capabilities.run(), name="capabilities")
    try:
        capabilities.refresh(whole=True)
        await reached(lambda: capabilities.answered_at is not None or capabilities.error is not None)
        yield capabilities, reached
    finally:
        running.cancel()
        await asyncio.wait([running])


async def test_a_file_that_comes_and_goes_is_noticed_by_itself_and_only_changes_are_logged(
    workflows: Mapping[str, Workflow], caplog: pytest.LogCaptureFixture
):
    caplog.set_level("INFO")
    endpoints = ScriptedEndpoints()
    async with reading(endpoints, workflows, 0.01) as (capabilities, reached):
        assert "wan21_i2v" in capabilities.runnable
        sampler = endpoints.classes.pop("WanVideoSampler")
        await reached(lambda: "wan21_i2v" not in capabilities.runnable)
        endpoints.classes["WanVideoSampler"] = sampler
        await reached(lambda: "wan21_i2v" in capabilities.runnable)
        asked = len(endpoints.asked)
        await reached(lambda: len(endpoints.asked) >= asked + 5)

    said = [each.getMessage() for each in caplog.records if "workflow wan21_i2v:" in each.getMessage()]
    assert [each.rpartition(": ")[2] for each in said] == [
        "runs",
        "the node WanVideoSampler is not installed on this ComfyUI",
        "runs",
    ]
    assert endpoints.asked[0] == "all"
    assert set(endpoints.asked[1:]) == {"each"}


async def test_whoever_wants_what_is_missing_has_it_read_at_once_but_not_again_and_again(
    workflows: Mapping[str, Workflow],
):
    endpoints = ScriptedEndpoints()
    del endpoints.classes["WanVideoSampler"]
    async with reading(endpoints, workflows, 600) as (capabilities, _):
        await capabilities.ask()
        assert endpoints.asked == ["all"]  # that was a moment ago
        endpoints.classes = copy.deepcopy(recorded.load("object_info"))
        capabilities._asked = -math.inf
        await soon(capabilities.ask(), limit=0.5)
        assert "wan21_i2v" in capabilities.runnable
        assert endpoints.asked == ["all", "each"]


async def test_whoever_waits_for_an_answer_does_not_wait_for_a_server_that_went_away(
    workflows: Mapping[str, Workflow],
):
    async with reading(ScriptedEndpoints(), workflows, 60) as (capabilities, _):
        capabilities.pause()
        capabilities._asked = -math.inf
        asking = asyncio.create_task(capabilities.ask())
        await asyncio.sleep(0)
        capabilities.pause()
        await soon(asking, limit=1)


async def test_a_failure_keeps_what_was_known_and_is_logged_once(
    workflows: Mapping[str, Workflow], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(capabilities_module, "RETRY_SECONDS", 0.01)
    endpoints = ScriptedEndpoints()
    async with reading(endpoints, workflows, 0.01) as (capabilities, reached):
        endpoints.error = BadAnswer(reason="HTTP 500")
        asked = len(endpoints.asked)
        await reached(lambda: len(endpoints.asked) >= asked + 3 and capabilities.error is not None)
        assert "wan21_i2v" in capabilities.runnable
        endpoints.error = None
        await reached(lambda: capabilities.error is None)
    assert caplog.text.count("what it can run is not known") == 1


async def test_a_request_that_was_refused_is_an_error_until_the_token_works(
    workflows: Mapping[str, Workflow], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(capabilities_module, "RETRY_SECONDS", 0.01)
    async with reading(ScriptedEndpoints(), workflows, 60) as (capabilities, reached):
        capabilities.fail(TokenRefused())
        assert isinstance(capabilities.error, TokenRefused)
        await reached(lambda: capabilities.error is None)
