"""A clip that is too large: its save node alone runs again, as long as the cache is warm."""

import io
import random
from dataclasses import replace
from uuid import uuid4

import pytest
from PIL import Image

from comfy import Graph, OutputFile, Server, Workflow, cancel_resave, resave_smaller
from comfy.server.resave import MAX_CRF, coarsen
from playground.comfyui import ComfyUI, Stage
from tests.unit.comfy.job_values import graph
from tests.unit.comfy.server_jobs import build, run, soon

SPOTS = 64


@pytest.fixture(scope="session")
def spots() -> bytes:
    """A picture of soft spots, of which a coarser encoder keeps much less, as of a photo."""
    pixels = random.Random(1).randbytes(SPOTS * SPOTS * 3)  # noqa: S311 - the same each time
    file = io.BytesIO()
    Image.frombytes("RGB", (SPOTS, SPOTS), pixels).resize((256, 256)).save(file, "PNG")
    return file.getvalue()


async def made(server: Server, picture: bytes) -> tuple[Graph, OutputFile, int]:
    """A clip, its graph and its size."""
    wanted = await build(server, picture)
    done = (await soon(run(server, wanted, str(uuid4()))))[-1]
    file = done.files[0]  # type: ignore[union-attr]
    return wanted, file, await server.size_of(file)


async def test_the_save_node_alone_runs_again_and_nothing_of_it_stays(
    comfyui: ComfyUI, server: Server, spots: bytes
):
    wanted, file, size = await made(server, spots)
    prompt_id = str(uuid4())

    smaller = await soon(resave_smaller(server, prompt_id, wanted, file, limit=size * 2 // 3))

    assert smaller
    assert await server.size_of(smaller) <= size * 2 // 3
    assert comfyui.runs[-1].executed == ("54",)
    assert len(comfyui.gpu_runs) == 1
    assert await server.locate(prompt_id) is None


async def test_a_clip_that_fits_is_left_as_it_is(comfyui: ComfyUI, server: Server, spots: bytes):
    wanted, file, size = await made(server, spots)

    assert await soon(resave_smaller(server, str(uuid4()), wanted, file, limit=size)) is None
    assert len(comfyui.runs) == 1


async def test_a_cold_cache_samples_nothing_again(comfyui: ComfyUI, server: Server, spots: bytes):
    wanted, file, size = await made(server, spots)
    await soon(run(server, await build(server, spots, seed=8), str(uuid4())))

    assert await soon(resave_smaller(server, str(uuid4()), wanted, file, limit=size // 2)) is None
    assert len(comfyui.gpu_runs) == 2
    assert comfyui.running is None
    await soon(server.ready())


async def test_nobody_is_waited_for(comfyui: ComfyUI, server: Server, spots: bytes):
    wanted, file, size = await made(server, spots)
    comfyui.pause(Stage.SAMPLING, 1)
    await server.submit(str(uuid4()), await build(server, spots, seed=8))
    await comfyui.reached(Stage.SAMPLING, 1)

    assert await soon(resave_smaller(server, str(uuid4()), wanted, file, limit=size // 2)) is None
    assert comfyui.waiting == []


async def test_whatever_breaks_the_first_file_is_still_there(comfyui: ComfyUI, server: Server, spots: bytes):
    wanted, file, size = await made(server, spots)
    for spoil in (comfyui.reject_next, comfyui.empty_output):
        spoil()
        assert await soon(resave_smaller(server, str(uuid4()), wanted, file, limit=size // 2)) is None
    gone = replace(file, filename="gone.mp4")
    assert await soon(resave_smaller(server, str(uuid4()), wanted, gone, limit=size // 2)) is None
    assert await server.size_of(file) == size
    assert len(comfyui.gpu_runs) == 1


async def test_what_a_dead_process_left_running_is_stopped_and_forgotten(
    comfyui: ComfyUI, server: Server, spots: bytes
):
    prompt_id = str(uuid4())
    comfyui.pause(Stage.SAMPLING, 1)
    await server.submit(prompt_id, await build(server, spots))
    await comfyui.reached(Stage.SAMPLING, 1)

    await soon(cancel_resave(server, prompt_id))

    assert comfyui.gpu_runs == []


@pytest.mark.parametrize(("size", "crf"), [(100, 21), (200, 27), (400, 33)])
def test_every_six_of_crf_halve_the_file(wan: Workflow, size: int, crf: int):
    coarser = coarsen(graph(wan), size, 100)

    assert coarser
    assert coarser.nodes["54"].inputs["crf"] == crf
    assert coarser.nodes["53"] == graph(wan).nodes["53"]


def test_no_clip_is_made_ugly_and_without_a_crf_none_is_made_smaller(wan: Workflow):
    assert MAX_CRF == 34
    assert coarsen(graph(wan), 500, 100) is None
    assert coarsen(graph(replace(wan, crf=None)), 200, 100) is None
