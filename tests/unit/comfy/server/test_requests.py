"""Requests that fail: repeated where that is safe, an error of ours where not."""

import asyncio
from pathlib import Path
from uuid import uuid4

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from comfy import (
    BadAnswer,
    Done,
    JobLost,
    Running,
    Server,
    ServerTooOld,
    ServerUnreachable,
    TooLarge,
)
from playground.comfyui import ComfyUI, Stage
from tests.sampling import one_in
from tests.unit.comfy.server_jobs import (
    LARGEST_CLIP,
    build,
    clip,
    contents,
    opened,
    run,
    soon,
)


async def test_a_submission_whose_answer_is_lost_is_handed_in_once(
    comfyui: ComfyUI, server: Server, picture: bytes
):
    comfyui.pause(Stage.SAMPLING, 1)
    comfyui.accept_then_close()
    prompt_id = str(uuid4())

    await server.submit(prompt_id, await build(server, picture))

    assert await server.locate(prompt_id) == Running()
    assert comfyui.waiting == []


@pytest.mark.parametrize("path", one_in(2, ["/prompt", "/upload/image", "/history", "/queue", "/view"]))
async def test_a_gateway_that_is_overwhelmed_for_a_moment_is_asked_again(
    comfyui: ComfyUI, server: Server, picture: bytes, tmp_path: Path, path: str
):
    comfyui.answer(503, path=path, times=1)

    await server.cancel(str(uuid4()))
    done = (await soon(run(server, await build(server, picture), str(uuid4()))))[-1]
    assert isinstance(done, Done)
    await server.download(done.files[0], tmp_path / "clip.mp4", limit=LARGEST_CLIP)

    assert (tmp_path / "clip.mp4").exists()


@pytest.mark.parametrize("path", ["/upload/image", "/prompt", "/queue", "/history"])
@pytest.mark.parametrize(
    ("status", "body"), one_in(3, [(200, b"<html>sign in</html>"), (405, b"Method Not Allowed"), (302, b"")])
)
async def test_an_answer_that_is_not_of_the_protocol_is_a_bad_answer(
    comfyui: ComfyUI, server: Server, picture: bytes, path: str, status: int, body: bytes
):
    comfyui.answer(status, path=path, times=9, body=body)

    with pytest.raises(BadAnswer):
        await server.resume(str(uuid4()), await build(server, picture))


async def test_a_download_that_is_cut_is_fetched_again_whole(
    comfyui: ComfyUI, server: Server, picture: bytes, tmp_path: Path
):
    file = await clip(server, picture)
    comfyui.cut_download()

    await server.download(file, tmp_path / "clip.mp4", limit=LARGEST_CLIP)

    whole = next((comfyui.folder / "temp").rglob("*.mp4")).read_bytes()
    assert (tmp_path / "clip.mp4").read_bytes() == whole


async def test_a_download_over_the_limit_leaves_nothing(
    comfyui: ComfyUI, server: Server, picture: bytes, tmp_path: Path
):
    file = await clip(server, picture)
    comfyui.oversize_download(LARGEST_CLIP)

    with pytest.raises(TooLarge):
        await server.download(file, tmp_path / "clip.mp4", limit=LARGEST_CLIP)

    assert not contents(tmp_path)


async def test_a_clip_that_is_gone_is_a_lost_job(
    comfyui: ComfyUI, server: Server, picture: bytes, tmp_path: Path
):
    file = await clip(server, picture)
    await comfyui.restart()
    await soon(server.ready())

    with pytest.raises(JobLost):
        await server.download(file, tmp_path / "clip.mp4", limit=LARGEST_CLIP)

    assert not contents(tmp_path)


async def test_a_history_that_cannot_be_deleted_raises_nothing(
    comfyui: ComfyUI, server: Server, caplog: pytest.LogCaptureFixture
):
    comfyui.answer(500, path="/history", times=9)

    await server.forget(str(uuid4()))

    assert "history entry" in caplog.text


async def test_a_server_too_old_to_take_our_id_is_refused_and_left_idle(
    comfyui: ComfyUI, server: Server, picture: bytes
):
    comfyui.ignore_prompt_id()

    with pytest.raises(ServerTooOld):
        await server.submit(str(uuid4()), await build(server, picture, steps=50))

    async with asyncio.timeout(10):
        while comfyui.running or comfyui.waiting:
            await server.locate(str(uuid4()))
    assert not comfyui.gpu_runs


async def test_a_redirection_is_not_followed(picture: bytes):
    visited: list[str] = []

    async def elsewhere(request: web.Request) -> web.Response:
        visited.append(request.path)
        raise web.HTTPTemporaryRedirect("/elsewhere")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", elsewhere)
    async with TestServer(app) as gateway, opened(str(gateway.make_url("/")), {}, token="secret") as server:
        with pytest.raises(BadAnswer):
            await server.upload(picture, name="x.png")

    assert "/upload/image" in visited
    assert "/elsewhere" not in visited


@pytest.mark.long  # as long as a request may take: 20 s
@pytest.mark.parametrize("path", ["/history", "/queue"])
async def test_a_server_that_takes_requests_and_never_answers_is_given_up(
    comfyui: ComfyUI, server: Server, picture: bytes, path: str
):
    graph = await build(server, picture)
    comfyui.stall(path)

    with pytest.raises(ServerUnreachable, match="timed out"):
        await soon(run(server, graph, str(uuid4())), limit=60)
