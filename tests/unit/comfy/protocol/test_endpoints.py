"""Each endpoint of a ComfyUI, without retries."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import aiohttp
import pytest

from comfy import (
    BadAnswer,
    Done,
    GraphRejected,
    JobLost,
    OutputFile,
    Pending,
    Running,
    TooLarge,
    Workflow,
    build_graph,
)
from comfy.protocol.endpoints import Endpoints
from comfy.protocol.transport import Transport
from playground.comfyui import ComfyUI, Stage
from tests.unit.comfy.job_values import graph, values
from tests.unit.comfy.server_jobs import LARGEST_CLIP, contents

GONE = OutputFile(filename="gone.mp4", subfolder="animate", type="temp")


@pytest.fixture
async def endpoints(comfyui: ComfyUI) -> AsyncIterator[Endpoints]:
    async with aiohttp.ClientSession() as session:
        yield Endpoints(Transport(session, comfyui.url, name="gpu"), owner="us")


async def submit(endpoints: Endpoints, wan: Workflow, picture: bytes, **changed: object) -> str:
    assert await endpoints.upload(picture, "p1.png") == "animate/p1.png [temp]"
    prompt_id = str(uuid4())
    nodes = graph(wan, **changed).as_json()
    assert await endpoints.submit(prompt_id, nodes, "me") == (prompt_id, None)
    return prompt_id


async def outcome(endpoints: Endpoints, prompt_id: str) -> object:
    async with asyncio.timeout(10):
        while (finished := await endpoints.outcome(prompt_id, "54")) is None:
            pass
    return finished.outcome


async def test_a_prompt_is_submitted_found_downloaded_and_erased(
    endpoints: Endpoints, wan: Workflow, picture: bytes, tmp_path: Path
):
    prompt_id = await submit(endpoints, wan, picture)

    done = await outcome(endpoints, prompt_id)

    assert isinstance(done, Done)
    await endpoints.download(done.files[0], tmp_path / "clip.mp4", limit=LARGEST_CLIP)
    assert (tmp_path / "clip.mp4").stat().st_size == await endpoints.size(done.files[0])
    with pytest.raises(TooLarge):
        await endpoints.download(done.files[0], tmp_path / "small.mp4", limit=10)
    assert contents(tmp_path) == [tmp_path / "clip.mp4"]
    await endpoints.erase(prompt_id)
    assert await endpoints.outcome(prompt_id, None) is None


async def test_a_file_that_is_gone_is_a_lost_job(endpoints: Endpoints, tmp_path: Path):
    with pytest.raises(JobLost):
        await endpoints.size(GONE)
    with pytest.raises(JobLost):
        await endpoints.download(GONE, tmp_path / "clip.mp4", limit=LARGEST_CLIP)
    assert contents(tmp_path) == []


async def test_prompts_are_marked_as_ours_and_can_be_deleted_and_interrupted(
    comfyui: ComfyUI, endpoints: Endpoints, wan: Workflow, picture: bytes
):
    comfyui.pause(Stage.SAMPLING, 1)
    first, second = [await submit(endpoints, wan, picture, seed=seed) for seed in (1, 2)]
    await comfyui.reached(Stage.SAMPLING, 1, prompt_id=first)
    queue = await endpoints.queue()
    assert (queue.find(first), queue.find(second)) == (Running(), Pending(ahead=1))
    assert (queue.others("us"), queue.others("them")) == (0, 2)

    await endpoints.delete_waiting(second)
    assert (await endpoints.queue()).find(second) is None

    await endpoints.interrupt(first)
    comfyui.resume()
    assert not isinstance(await outcome(endpoints, first), Done)


async def test_freed_memory_is_an_empty_cache(
    comfyui: ComfyUI, endpoints: Endpoints, wan: Workflow, picture: bytes
):
    await outcome(endpoints, await submit(endpoints, wan, picture))
    await endpoints.free()
    await outcome(endpoints, await submit(endpoints, wan, picture))

    assert len(comfyui.gpu_runs) == 2


async def test_a_graph_that_cannot_run_is_rejected(endpoints: Endpoints):
    with pytest.raises(GraphRejected):
        await endpoints.submit(str(uuid4()), {}, "me")


async def test_a_server_describes_itself(endpoints: Endpoints):
    assert (await endpoints.system_stats()).version == "0.33.0"
    assert (await endpoints.node_classes(["LoadImage", "NoSuchNode"])).keys() == {"LoadImage"}
    assert (await endpoints.features())["supports_preview_metadata"] is True


async def test_a_command_that_fails_is_a_bad_answer(comfyui: ComfyUI, endpoints: Endpoints):
    comfyui.answer(405, path="/history", times=1)

    with pytest.raises(BadAnswer, match="HTTP 405"):
        await endpoints.erase("x")


async def test_classes_asked_for_one_by_one_are_the_same_as_all_at_once(endpoints: Endpoints):
    names = {"LoadImage", "WanVideoSampler", "VHS_VideoCombine", "no such class", "no/such class"}
    found = await endpoints.node_classes_one_by_one(names)
    assert found == await endpoints.node_classes(names)
    assert found.keys() == {"LoadImage", "WanVideoSampler", "VHS_VideoCombine"}


async def test_a_graph_that_cannot_run_is_asked_for_all_its_faults(
    comfyui: ComfyUI, endpoints: Endpoints, wan: Workflow, picture: bytes
):
    image = await endpoints.upload(picture, "p1.png")
    nodes = json.loads(json.dumps(build_graph(wan, values(), image).as_json()))
    nodes["52"]["inputs"]["scheduler"] = "of my own"
    del nodes["54"]["inputs"]["filename_prefix"]

    faults = await endpoints.find_faults(str(uuid4()), nodes)

    assert {(fault.node, fault.field) for fault in faults or ()} == {
        ("52", "scheduler"),
        ("54", "filename_prefix"),
    }
    assert comfyui.waiting == []
    assert comfyui.gpu_runs == []


async def test_a_graph_that_can_run_is_queued_and_has_no_faults(
    endpoints: Endpoints, wan: Workflow, picture: bytes
):
    image, prompt_id = await endpoints.upload(picture, "p1.png"), str(uuid4())

    assert await endpoints.find_faults(prompt_id, build_graph(wan, values(), image).as_json()) is None
    assert isinstance(await outcome(endpoints, prompt_id), Done)


async def test_the_servers_clock_is_read_from_its_answers(endpoints: Endpoints):
    clock = await endpoints.clock()

    assert clock is not None
    assert abs(clock - time.time()) < 30
