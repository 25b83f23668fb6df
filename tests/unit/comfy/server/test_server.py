"""A job from picture to clip, over sockets."""

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from comfy import (
    Done,
    Failed,
    Finished,
    Interrupted,
    Pending,
    Preview,
    Queued,
    Running,
    Sampling,
    Saved,
    Started,
    Workflow,
)
from comfy.server.server import Server
from playground.comfyui import ComfyUI, Stage
from tests.unit.comfy.job_values import values
from tests.unit.comfy.server_jobs import LARGEST_CLIP, WRAPPED, Job, build, located, opened, run, soon, until


async def test_a_job_goes_from_picture_to_clip(
    comfyui: ComfyUI, server: Server, picture: bytes, tmp_path: Path
):
    graph = await build(server, picture)

    events = await soon(run(server, graph, str(uuid4())))

    done = events[-1]
    assert isinstance(done, Done)
    assert done.seconds > 0
    assert Saved(files=done.files) in events
    assert [event.step for event in events if isinstance(event, Sampling)] == [1, 2, 3, 4]
    assert sum(isinstance(event, Started) for event in events) == 1
    assert sum(isinstance(event, Done | Failed | Interrupted) for event in events) == 1
    assert any(isinstance(event, Preview) for event in events)

    await server.download(done.files[0], tmp_path / "clip.mp4", limit=LARGEST_CLIP)
    assert (tmp_path / "clip.mp4").read_bytes()[4:8] == b"ftyp"
    assert (tmp_path / "clip.mp4").stat().st_size == await server.size_of(done.files[0])


async def test_all_is_temporary_and_nothing_of_the_prompt_is_left(
    comfyui: ComfyUI, server: Server, picture: bytes
):
    graph = await build(server, picture, prompt="a secret wish")
    prompt_id = str(uuid4())
    await soon(run(server, graph, prompt_id))

    await server.forget(prompt_id)

    assert await server.locate(prompt_id) is None
    files = [file for file in comfyui.folder.rglob("*") if file.is_file()]
    assert {file.suffix for file in files} == {".png", ".mp4"}
    assert {file.relative_to(comfyui.folder).parts[0] for file in files} == {"temp"}
    assert not any(b"a secret wish" in file.read_bytes() for file in files)


async def test_a_name_that_is_taken_by_another_picture_gets_another_reference(server: Server, picture: bytes):
    first = await server.upload(picture, name="same.png")
    again = await server.upload(picture, name="same.png")
    other = await server.upload(picture + b"another", name="same.png")

    assert first == again == "animate/same.png [temp]"
    assert other == "animate/same (1).png [temp]"


async def test_the_end_is_noticed_within_a_few_milliseconds(comfyui: ComfyUI, server: Server, picture: bytes):
    image = await server.upload(picture, name="picture.png")
    waits: list[float] = []
    for seed in range(5):
        async with Job(server, server.build("wan21_i2v", values(seed=seed), image)) as job:
            await comfyui.reached(Stage.DONE, prompt_id=job.id)
            ended = time.monotonic()
            await job.end()
            waits.append(time.monotonic() - ended)

    assert sorted(waits)[2] < 0.05


async def test_an_unchanged_graph_is_answered_from_the_cache_and_has_its_clip(
    comfyui: ComfyUI, server: Server, picture: bytes
):
    graph = await build(server, picture)
    first, second = [(await soon(run(server, graph, str(uuid4()))))[-1] for _ in range(2)]

    assert isinstance(first, Done)
    assert isinstance(second, Done)
    assert second.files == first.files
    assert len(comfyui.gpu_runs) == 1


async def test_the_position_goes_down_as_others_finish(comfyui: ComfyUI, server: Server, picture: bytes):
    graphs = [await build(server, picture, seed=seed) for seed in range(3)]
    comfyui.pause(Stage.SAMPLING, 1)
    others = [str(uuid4()), str(uuid4())]
    for prompt_id, graph in zip(others, graphs, strict=False):
        await server.submit(prompt_id, graph)
    async with Job(server, graphs[2]) as job:
        await located(server, job.id, Pending(ahead=2))
        comfyui.resume()
        events = await soon(job.events)

    positions = [event.ahead for event in events if isinstance(event, Queued)]
    assert positions == [2, 1]
    assert isinstance(events[-1], Done)


async def test_messages_of_other_jobs_are_ignored(comfyui: ComfyUI, server: Server, picture: bytes):
    graphs = [await build(server, picture, seed=seed) for seed in (1, 2)]
    comfyui.pause(Stage.SAMPLING, 1)  # so that both are followed before either ends
    async with Job(server, graphs[0]) as first:
        await soon(first.submitted.wait())
        async with Job(server, graphs[1]) as second:
            await located(server, second.id, Pending(ahead=1))
            comfyui.resume()
            for events in await asyncio.gather(soon(first.events), soon(second.events)):
                # After a silence the websocket is opened again, and what was sent meanwhile is gone.
                steps = [event.step for event in events if isinstance(event, Sampling)]
                assert steps == [1, 2, 3, 4][-len(steps) :]


async def test_a_job_of_an_earlier_process_is_taken_up_with_its_progress(
    comfyui: ComfyUI, workflows: Mapping[str, Workflow], picture: bytes
):
    client_id, prompt_id = str(uuid4()), str(uuid4())
    async with opened(comfyui.url, workflows, client_id=client_id) as earlier:
        await soon(earlier.ready())
        graph = await build(earlier, picture, steps=8)
        comfyui.pause(Stage.SAMPLING, 2)
        await earlier.submit(prompt_id, graph)
        await comfyui.reached(Stage.SAMPLING, 2)
    async with opened(comfyui.url, workflows, client_id=client_id) as later:
        await soon(later.ready())
        assert await later.locate(prompt_id) == Running()
        async with later.follow(prompt_id, graph) as follow:
            events = [await soon(anext(follow))]
            comfyui.resume()
            events += [event async for event in follow]

    assert isinstance(events[0], Started)
    assert any(isinstance(event, Sampling) for event in events)
    assert isinstance(events[-1], Done)


async def test_a_job_that_ended_meanwhile_is_done_at_once(server: Server, picture: bytes):
    graph = await build(server, picture)
    prompt_id = str(uuid4())
    await soon(run(server, graph, prompt_id))

    async with server.follow(prompt_id, graph) as events:
        (only,) = [event async for event in events]

    assert isinstance(only, Done)


async def test_handing_in_again_what_is_there_runs_it_once(comfyui: ComfyUI, server: Server, picture: bytes):
    graph = await build(server, picture)
    prompt_id = str(uuid4())
    await soon(run(server, graph, prompt_id))

    await server.resume(prompt_id, graph)

    assert isinstance(await server.locate(prompt_id), Finished)
    assert len(comfyui.runs) == 1


async def test_memory_is_freed_on_demand(comfyui: ComfyUI, server: Server, picture: bytes):
    graph = await build(server, picture)
    await soon(run(server, graph, str(uuid4())))

    await server.free()

    await soon(run(server, graph, str(uuid4())))
    assert len(comfyui.gpu_runs) == 2  # else the second run would be answered from the cache


async def test_a_running_job_is_interrupted_at_its_node(comfyui: ComfyUI, server: Server, picture: bytes):
    async with Job(server, await build(server, picture, steps=50)) as job:
        await comfyui.reached(Stage.SAMPLING, 1)
        await server.cancel(job.id)

        assert await job.end() == Interrupted(node="52")


async def test_a_server_has_workflows_choices_and_a_count_of_its_connections(
    comfyui: ComfyUI, server: Server
):
    assert server.error is None
    assert server.runnable == WRAPPED
    assert server.choices("wan21_i2v")["pingpong"].default == "off"
    first = server.connection_epoch

    await comfyui.close_sockets()
    await soon(until(server, lambda: not server.reachable))
    await soon(server.ready())

    assert server.connection_epoch == first + 1
