"""Every way in which a job can end badly is told as what it is."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from uuid import uuid4

import pytest

from comfy import (
    BadAnswer,
    Done,
    Failed,
    GraphRejected,
    Interrupted,
    JobLost,
    MissingModel,
    Pending,
    Server,
    ServerUnreachable,
    Workflow,
)
from comfy.graphs.nodes import TemplateNode
from playground.comfyui import ComfyUI, Failure, Stage
from tests.unit.comfy.job_values import values
from tests.unit.comfy.server_jobs import Job, build, located, opened, run, soon


@pytest.mark.parametrize(("failure", "memory"), [(Failure.ERROR, False), (Failure.MEMORY, True)])
async def test_a_broken_node_is_named(
    comfyui: ComfyUI, server: Server, picture: bytes, failure: Failure, memory: bool
):
    comfyui.fail_next(failure)

    end = (await soon(run(server, await build(server, picture), str(uuid4()))))[-1]

    assert isinstance(end, Failed)
    assert (end.error.node, end.error.class_type) == ("52", "WanVideoSampler")
    assert end.error.out_of_memory is memory
    assert "/" not in str(end.error)


async def test_a_waiting_job_is_stopped_without_touching_the_one_that_runs(
    comfyui: ComfyUI, server: Server, picture: bytes
):
    comfyui.ignore_interrupt_id()
    first, second = [await build(server, picture, seed=seed, steps=10) for seed in (1, 2)]
    comfyui.pause(Stage.SAMPLING, 1)
    async with Job(server, first) as running:
        await soon(running.submitted.wait())
        async with Job(server, second) as waiting:
            await located(server, waiting.id, Pending(ahead=1))
            await server.cancel(waiting.id)

            assert await waiting.end() == Interrupted(node="")
            comfyui.resume()
            assert isinstance(await running.end(), Done)


async def test_stopping_a_job_that_is_not_there_stops_nobody(
    comfyui: ComfyUI, server: Server, picture: bytes
):
    comfyui.ignore_interrupt_id()
    async with Job(server, await build(server, picture)) as job:
        await comfyui.reached(Stage.SAMPLING, 1)
        await server.cancel(str(uuid4()))

        assert isinstance(await job.end(), Done)


async def test_a_rejected_graph_raises_at_submission(comfyui: ComfyUI, server: Server, picture: bytes):
    comfyui.reject_next()

    with pytest.raises(MissingModel) as caught:
        await server.submit(str(uuid4()), await build(server, picture))

    assert caught.value.file.endswith(".safetensors")
    await soon(server.changed())  # what it can run is asked again: we were wrong about it


async def test_a_graph_that_would_run_in_part_is_rejected_and_does_not_run(
    comfyui: ComfyUI, server: Server, picture: bytes
):
    whole = await build(server, picture, steps=50)
    faulty = TemplateNode(class_type="SaveImage", inputs={"filename_prefix": "x"})

    with pytest.raises(GraphRejected) as caught:
        await server.submit(str(uuid4()), replace(whole, nodes={**whole.nodes, "99": faulty}))

    assert (caught.value.node, caught.value.field) == ("99", "images")
    async with asyncio.timeout(10):
        while comfyui.running or comfyui.waiting:
            await server.locate(str(uuid4()))
    assert not comfyui.gpu_runs


async def test_a_picture_that_is_gone_is_a_rejected_graph(server: Server):
    graph = server.build("wan21_i2v", values(), "animate/gone.png [temp]")

    with pytest.raises(GraphRejected) as caught:
        await server.submit(str(uuid4()), graph)

    assert (caught.value.class_type, caught.value.field) == ("LoadImage", "image")


async def test_a_server_restarted_in_mid_run_has_lost_the_job_and_that_is_seen_at_once(
    comfyui: ComfyUI, workflows: Mapping[str, Workflow], picture: bytes
):
    async with opened(comfyui.url, workflows, silence_timeout=60) as server:
        await soon(server.ready())
        async with Job(server, await build(server, picture, steps=50)) as job:
            await comfyui.reached(Stage.SAMPLING, 1)
            await comfyui.restart()

            with pytest.raises(JobLost):
                await job.end(limit=5)


async def test_a_job_that_was_never_handed_in_is_lost_at_once(server: Server, picture: bytes):
    async with server.follow(str(uuid4()), await build(server, picture)) as events:
        with pytest.raises(JobLost):
            await soon(anext(events), limit=2)


async def test_a_job_lost_without_a_word_is_lost(comfyui: ComfyUI, server: Server, picture: bytes):
    async with Job(server, await build(server, picture, steps=50)) as job:
        await comfyui.reached(Stage.SAMPLING, 1)
        comfyui.pause()
        comfyui.forget(job.id)

        with pytest.raises(JobLost):
            await job.end()


async def test_a_server_that_stays_away_is_given_up_after_the_answer_timeout(
    comfyui: ComfyUI, server: Server, picture: bytes
):
    async with Job(server, await build(server, picture, steps=50)) as job:
        await comfyui.reached(Stage.SAMPLING, 1)
        await comfyui.stop()
        left = time.monotonic()

        with pytest.raises(ServerUnreachable):
            await job.end()

    assert 1 < time.monotonic() - left < 5
    assert not server.reachable


async def test_a_success_without_a_file_is_a_bad_answer(comfyui: ComfyUI, server: Server, picture: bytes):
    comfyui.empty_output()

    with pytest.raises(BadAnswer, match="without a file"):
        await soon(run(server, await build(server, picture), str(uuid4())))


async def test_files_that_the_events_named_count_where_the_history_names_none(
    comfyui: ComfyUI, server: Server, picture: bytes
):
    comfyui.silent_history()

    done = (await soon(run(server, await build(server, picture), str(uuid4()))))[-1]

    assert isinstance(done, Done)
    assert [file.filename.endswith(".mp4") for file in done.files] == [True]


async def test_and_where_it_has_no_entry_of_a_job_that_succeeded(
    comfyui: ComfyUI, server: Server, picture: bytes
):
    comfyui.silent_history(entries=True)

    done = (await soon(run(server, await build(server, picture), str(uuid4()))))[-1]

    assert isinstance(done, Done)
    assert len(done.files) == 1
    assert len(comfyui.runs) == 1
