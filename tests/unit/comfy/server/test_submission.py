"""A 5xx of a server, a gateway or a tunnel passes; a job that is never taken is given up, in its words."""

from uuid import uuid4

import pytest

from comfy import Done, Server, ServerFault, SubmissionFailed
from playground.comfyui import ComfyUI
from tests.unit.comfy.server_jobs import build, run, soon

ANSWERS = [500, 524]  # tests/unit/comfy/protocol/test_transport.py has all of them
PAGE = b"<!DOCTYPE html><html><title>gpu.example.org | 524: A timeout occurred</title></html>"


@pytest.mark.parametrize("status", ANSWERS)
async def test_a_fault_that_passes_costs_no_job_on_whatever_route(
    comfyui: ComfyUI, server: Server, picture: bytes, status: int
):
    for path in ("/upload/image", "/prompt", "/history", "/queue"):
        comfyui.answer(status, path=path, body=PAGE, content_type="text/html")

    done = (await soon(run(server, await build(server, picture), str(uuid4()))))[-1]

    assert isinstance(done, Done)
    assert len(comfyui.runs) == 1


async def test_a_job_that_is_answered_5xx_but_was_taken_is_not_sent_again(
    comfyui: ComfyUI, server: Server, picture: bytes
):
    comfyui.accept_then_answer(524)

    done = (await soon(run(server, await build(server, picture), str(uuid4()))))[-1]

    assert isinstance(done, Done)
    assert len(comfyui.runs) == 1


async def test_a_job_that_the_server_fails_to_take_is_sent_three_times_and_no_more(
    comfyui: ComfyUI, server: Server, picture: bytes
):
    body = b'{"error": "the disk is full\\n: /srv/x\\u001b[2J"}'
    comfyui.answer(500, path="/prompt", method="POST", times=3, body=body)
    graph = await build(server, picture)

    with pytest.raises(SubmissionFailed) as caught:
        await soon(server.submit(str(uuid4()), graph))

    assert caught.value.reason == "HTTP 500: the disk is full : …"
    await server.submit(str(uuid4()), graph)  # the fourth is answered


async def test_one_try_is_one_post(comfyui: ComfyUI, server: Server, picture: bytes):
    comfyui.answer(500, path="/prompt", method="POST")
    graph, prompt_id = await build(server, picture), str(uuid4())

    with pytest.raises(SubmissionFailed):
        await soon(server.submit(prompt_id, graph, tries=1))

    await soon(server.resume(prompt_id, graph, tries=1))
    assert await server.locate(prompt_id) is not None


async def test_a_server_that_answers_nothing_but_5xx_is_unreachable_and_fails_no_job(
    comfyui: ComfyUI, server: Server, picture: bytes
):
    graph = await build(server, picture)
    comfyui.answer(502, times=999)

    with pytest.raises(ServerFault):
        await soon(server.submit(str(uuid4()), graph))
