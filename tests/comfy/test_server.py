"""The client against a ComfyUI on loopback: the whole way of a job, and every way it can end."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Self, TypeVar
from uuid import uuid4

import aiohttp
import pytest

from comfy import (
    BadAnswer,
    Done,
    Event,
    Failed,
    Finished,
    Graph,
    GraphRejected,
    Interrupted,
    JobLost,
    MissingModel,
    ModelFiles,
    NodeMissing,
    OutputFile,
    Pending,
    Preview,
    Queued,
    Running,
    Sampling,
    Saved,
    Server,
    ServerTooOld,
    ServerUnreachable,
    Started,
    TokenRefused,
    TooLarge,
    Workflow,
    WorkflowInvalid,
    open_server,
)
from playground.comfyui import ComfyUI, Failure, Stage
from tests.comfy.values import values

T = TypeVar("T")

LARGEST_CLIP = 10_000_000
WRAPPED = {"wan21_i2v", "wan21_i2v_lightx2v", "wan21_i2v_seed"}


@pytest.fixture
async def comfyui() -> AsyncIterator[ComfyUI]:
    async with ComfyUI(speed=100) as playground:
        yield playground


@pytest.fixture
async def server(comfyui: ComfyUI, workflows: Mapping[str, Workflow]) -> AsyncIterator[Server]:
    async with opened(comfyui.url, workflows) as server:
        await soon(server.ready())
        yield server


def opened(
    url: str, workflows: Mapping[str, Workflow], *, token: str | None = None, client_id: str = ""
) -> AbstractAsyncContextManager[Server]:
    return open_server(
        url,
        name="gpu",
        client_id=client_id or str(uuid4()),
        workflows=workflows,
        files=ModelFiles(),
        token=token,
        patience=2,
        quiet=0.2,
    )


async def soon(wanted: Awaitable[T], limit: float = 10) -> T:
    async with asyncio.timeout(limit):
        return await wanted


async def build(server: Server, picture: bytes, **changed: object) -> Graph:
    image = await server.upload(picture, name="picture.png")
    return server.build("wan21_i2v", values(**changed), image)


async def run(server: Server, graph: Graph, prompt_id: str) -> list[Event]:
    """A job from submission to its end."""
    async with server.follow(prompt_id, graph) as events:
        await server.submit(prompt_id, graph)
        return [event async for event in events]


class Job:
    """A job under way in a task of its own: `async with Job(server, graph) as job: … await job.events`."""

    def __init__(self, server: Server, graph: Graph) -> None:
        self.id = str(uuid4())
        self._work = run(server, graph, self.id)

    async def __aenter__(self) -> Self:
        self.events = asyncio.create_task(self._work, name=f"job {self.id}")
        return self

    async def __aexit__(self, *_: object) -> None:
        self.events.cancel()
        await asyncio.wait([self.events])

    async def end(self, limit: float = 10) -> Event:
        """Its last event; raises what following it raised."""
        return (await soon(self.events, limit))[-1]


# The way of a job


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
    graph = await build(server, picture)
    waits: list[float] = []
    for seed in range(5):
        async with Job(server, server.build("wan21_i2v", values(seed=seed), image_of(graph))) as job:
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


async def test_the_place_in_line_goes_down_as_others_finish(comfyui: ComfyUI, server: Server, picture: bytes):
    graphs = [await build(server, picture, seed=seed) for seed in range(3)]
    comfyui.pause(Stage.SAMPLING, 1)
    others = [str(uuid4()), str(uuid4())]
    for prompt_id, graph in zip(others, graphs, strict=False):
        await server.submit(prompt_id, graph)
    async with Job(server, graphs[2]) as job:
        await located(server, job.id, Pending(ahead=2))
        comfyui.resume()
        events = await soon(job.events)

    places = [event.ahead for event in events if isinstance(event, Queued)]
    assert places == [2, 1]
    assert isinstance(events[-1], Done)


async def test_jobs_of_others_are_not_heard(server: Server, picture: bytes):
    graphs = [await build(server, picture, seed=seed) for seed in (1, 2)]
    async with Job(server, graphs[0]) as first, Job(server, graphs[1]) as second:
        for job in (first, second):
            events = await soon(job.events)
            assert [event.step for event in events if isinstance(event, Sampling)] == [1, 2, 3, 4]


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


# The ways it ends badly


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


async def test_a_running_job_is_stopped_and_says_where(comfyui: ComfyUI, server: Server, picture: bytes):
    async with Job(server, await build(server, picture, steps=50)) as job:
        await comfyui.reached(Stage.SAMPLING, 1)
        await server.cancel(job.id)

        assert await job.end() == Interrupted(node="52")


async def test_a_waiting_job_is_stopped_without_touching_the_one_that_runs(
    comfyui: ComfyUI, server: Server, picture: bytes
):
    comfyui.ignore_interrupt_id()
    first, second = [await build(server, picture, seed=seed, steps=10) for seed in (1, 2)]
    comfyui.pause(Stage.SAMPLING, 1)
    async with Job(server, first) as running, Job(server, second) as waiting:
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


async def test_a_rejected_graph_is_told_at_submission(comfyui: ComfyUI, server: Server, picture: bytes):
    comfyui.reject_next()

    with pytest.raises(MissingModel) as caught:
        await server.submit(str(uuid4()), await build(server, picture))

    assert caught.value.file.endswith(".safetensors")


async def test_a_picture_that_is_gone_is_a_rejected_graph(server: Server):
    graph = server.build("wan21_i2v", values(), "animate/gone.png [temp]")

    with pytest.raises(GraphRejected) as caught:
        await server.submit(str(uuid4()), graph)

    assert (caught.value.class_type, caught.value.field) == ("LoadImage", "image")


async def test_a_server_restarted_in_mid_run_has_lost_the_job(
    comfyui: ComfyUI, server: Server, picture: bytes
):
    async with Job(server, await build(server, picture, steps=50)) as job:
        await comfyui.reached(Stage.SAMPLING, 1)
        await comfyui.restart()

        with pytest.raises(JobLost):
            await job.end()


async def test_a_job_lost_without_a_word_is_lost(comfyui: ComfyUI, server: Server, picture: bytes):
    async with Job(server, await build(server, picture, steps=50)) as job:
        await comfyui.reached(Stage.SAMPLING, 1)
        comfyui.pause()
        comfyui.forget(job.id)

        with pytest.raises(JobLost):
            await job.end()


async def test_a_server_that_stays_away_is_given_up_when_patience_ends(
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


# The socket is a hint


async def test_a_silent_socket_hides_no_end(comfyui: ComfyUI, server: Server, picture: bytes):
    comfyui.silence()

    events = await soon(run(server, await build(server, picture), str(uuid4())))

    assert isinstance(events[0], Started | Queued)
    assert isinstance(events[-1], Done)


async def test_after_a_socket_that_stayed_deaf_the_next_job_is_heard(
    comfyui: ComfyUI, server: Server, picture: bytes
):
    comfyui.silence()
    await soon(run(server, await build(server, picture, seed=1), str(uuid4())))
    comfyui.heal()
    await soon(server.ready())

    events = await soon(run(server, await build(server, picture, seed=2), str(uuid4())))

    assert any(isinstance(event, Sampling) for event in events)


async def test_a_socket_deafened_by_an_older_one_of_its_id_is_opened_again(
    comfyui: ComfyUI, workflows: Mapping[str, Workflow], picture: bytes
):
    client_id = str(uuid4())
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        older = await session.ws_connect(f"{comfyui.url}/ws?clientId={client_id}")
        server = await stack.enter_async_context(opened(comfyui.url, workflows, client_id=client_id))
        await soon(server.ready())
        await older.close()

        comfyui.pause(Stage.SAMPLING, 2)
        async with Job(server, await build(server, picture, steps=8)) as job:
            await soon(until(server, lambda: not server.reachable))
            await soon(server.ready())
            comfyui.resume()
            events = await soon(job.events)

    assert [event.step for event in events if isinstance(event, Sampling)][-1] == 8
    assert isinstance(events[-1], Done)


@pytest.mark.parametrize("code", [1000, 1006])
async def test_a_closed_socket_is_opened_again_and_progress_goes_on(
    comfyui: ComfyUI, server: Server, picture: bytes, code: int
):
    comfyui.pause(Stage.SAMPLING, 2)
    async with Job(server, await build(server, picture, steps=8)) as job:
        await comfyui.reached(Stage.SAMPLING, 2)
        await comfyui.close_sockets(code)
        await soon(until(server, lambda: not server.reachable))
        await soon(server.ready())
        comfyui.resume()

        events = await soon(job.events)

    assert max(event.step for event in events if isinstance(event, Sampling)) == 8
    assert sum(isinstance(event, Started) for event in events) == 1
    assert isinstance(events[-1], Done)


async def test_who_does_not_take_events_stalls_nobody(comfyui: ComfyUI, server: Server, picture: bytes):
    slow, quick = [await build(server, picture, seed=seed, steps=50) for seed in (1, 2)]
    prompt_id = str(uuid4())
    async with server.follow(prompt_id, slow) as untaken:
        await server.submit(prompt_id, slow)
        assert isinstance((await soon(run(server, quick, str(uuid4()))))[-1], Done)
        assert isinstance([event async for event in untaken][-1], Done)


async def test_what_its_user_raises_is_no_group(workflows: Mapping[str, Workflow]):
    with pytest.raises(LookupError):
        async with opened("http://127.0.0.1:9", workflows):
            raise LookupError


# Requests that fail


async def test_a_submission_whose_answer_is_lost_runs_once(comfyui: ComfyUI, server: Server, picture: bytes):
    comfyui.accept_then_close()

    events = await soon(run(server, await build(server, picture), str(uuid4())))

    assert isinstance(events[-1], Done)
    assert len(comfyui.runs) == 1


async def test_handing_in_again_what_is_there_runs_it_once(comfyui: ComfyUI, server: Server, picture: bytes):
    graph = await build(server, picture)
    prompt_id = str(uuid4())
    await soon(run(server, graph, prompt_id))

    await server.resume(prompt_id, graph)

    assert isinstance(await server.locate(prompt_id), Finished)
    assert len(comfyui.runs) == 1


@pytest.mark.parametrize("path", ["/upload/image", "/prompt", "/history", "/queue", "/view"])
async def test_a_gateway_that_is_overwhelmed_for_a_moment_is_asked_again(
    comfyui: ComfyUI, server: Server, picture: bytes, tmp_path: Path, path: str
):
    comfyui.answer(503, path=path, times=1)

    done = (await soon(run(server, await build(server, picture), str(uuid4()))))[-1]
    assert isinstance(done, Done)
    await server.download(done.files[0], tmp_path / "clip.mp4", limit=LARGEST_CLIP)

    assert (tmp_path / "clip.mp4").exists()


@pytest.mark.parametrize("path", ["/upload/image", "/prompt", "/queue", "/history"])
@pytest.mark.parametrize(
    ("status", "body"), [(200, b"<html>sign in</html>"), (500, b"Server got itself in trouble"), (302, b"")]
)
async def test_an_answer_that_is_not_of_the_protocol_is_a_bad_answer(
    comfyui: ComfyUI, server: Server, picture: bytes, path: str, status: int, body: bytes
):
    comfyui.answer(status, path=path, times=9, body=body)

    with pytest.raises(BadAnswer):
        await run(server, await build(server, picture), str(uuid4()))


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
    comfyui.answer(500, path="/history", times=1)

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


# Servers that are away, locked, or lack something


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
            await soon(until(server, lambda: isinstance(server.trouble, ServerUnreachable)))
            await comfyui.start()
            await soon(server.ready())

            assert server.runnable == WRAPPED
            assert server.trouble is None


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
        await soon(until(server, lambda: server.trouble is not None))

        assert isinstance(server.trouble, TokenRefused)
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


# Helpers that wait


async def clip(server: Server, picture: bytes) -> OutputFile:
    done = (await soon(run(server, await build(server, picture), str(uuid4()))))[-1]
    assert isinstance(done, Done)
    return done.files[0]


def image_of(graph: Graph) -> str:
    return str(graph.nodes["42"].inputs["image"])


async def located(server: Server, prompt_id: str, place: Pending) -> None:
    async with asyncio.timeout(10):
        while await server.locate(prompt_id) != place:
            pass


async def until(server: Server, condition: Callable[[], bool]) -> None:
    while not condition():
        await server.changed()


def contents(folder: Path) -> list[Path]:
    return list(folder.iterdir())
