"""What jobs/ counts on in a server, held by the scripted one and by `comfy.Server` over a socket alike."""

import asyncio
import contextlib
import io
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import pytest
from PIL import Image

import comfy
from comfy.server import capabilities
from jobs.server import ComputeServer
from playground.comfyui import ComfyUI, Failure, Stage
from playground.comfyui.object_info import LIGHTX2V
from tests.unit.comfy.job_values import values
from tests.unit.comfy.server_jobs import Job, build, image_of, opened, run, soon
from tests.unit.jobs.observable import Hold
from tests.unit.jobs.scripted_server import DONE, LAST_STEP, STARTED, STEP, WORKFLOWS, ScriptedServer

MAX_BYTES = 10**7
TURBO = "wan21_i2v_lightx2v"
OUT_OF_MEMORY = comfy.NodeFailed(node="52", class_type="WanVideoSampler", reason="x", out_of_memory=True)


def draw_picture() -> bytes:
    """A PNG of 256 × 256 pixels."""
    file = io.BytesIO()
    Image.new("RGB", (256, 256), "teal").save(file, "PNG")
    return file.getvalue()


PICTURE = draw_picture()


class ServerControl(Protocol):
    """A server, and what befalls it."""

    server: ComputeServer

    def hold(self) -> None:
        """Let the next job stop after its first step until `release`."""
        ...

    async def held(self) -> None:
        """Wait until a job has come so far."""
        ...

    def release(self) -> None:
        """Let it go on."""
        ...

    def fail_next(self) -> None:
        """Let the next job run out of memory."""
        ...

    async def restart(self) -> None:
        """Kill the server and start it again."""
        ...

    async def stop(self) -> None:
        """Let it give no answer, until `start`."""
        ...

    async def start(self) -> None:
        """Let it answer again."""
        ...

    def remove_turbo(self) -> None:
        """Take away a file that only TURBO needs."""
        ...

    def install_turbo(self) -> None:
        """Put it back."""
        ...

    def refuse_token(self) -> None:
        """Let it answer 401 to everything from now on; its websocket may stay open."""
        ...

    def accept_token(self) -> None:
        """Let it take the token again."""
        ...

    def runs(self) -> int:
        """How many jobs were run."""
        ...


@dataclass
class ScriptedControl:
    """What befalls the scripted server."""

    server: ScriptedServer

    def hold(self) -> None:
        self._hold = Hold()
        self.server.script = (STARTED, STEP, self._hold, LAST_STEP, DONE)

    async def held(self) -> None:
        await self._hold.reached.wait()

    def release(self) -> None:
        self._hold.release()

    def fail_next(self) -> None:
        self.server.script = (STARTED, comfy.Failed(error=OUT_OF_MEMORY))

    async def restart(self) -> None:
        self.server.restart()

    async def stop(self) -> None:
        self.server.disconnect()

    async def start(self) -> None:
        self.server.restart()
        self.server.reconnect()

    def remove_turbo(self) -> None:
        self.server.install(*WORKFLOWS.keys() - {TURBO})

    def install_turbo(self) -> None:
        self.server.install(*WORKFLOWS)

    def refuse_token(self) -> None:
        self.server.refuse_token()

    def accept_token(self) -> None:
        self.server.reconnect()

    def runs(self) -> int:
        return len(self.server.ran)


@dataclass
class PlaygroundControl:
    """What befalls the playground's ComfyUI."""

    server: comfy.Server
    comfyui: ComfyUI

    def hold(self) -> None:
        self.comfyui.pause(Stage.SAMPLING, 1)

    async def held(self) -> None:
        await self.comfyui.reached(Stage.SAMPLING, 1)

    def release(self) -> None:
        self.comfyui.resume()

    def fail_next(self) -> None:
        self.comfyui.fail_next(Failure.MEMORY)

    async def restart(self) -> None:
        epoch = self.server.connection_epoch
        await self.comfyui.restart()
        while self.server.connection_epoch == epoch:
            await self.server.changed()

    async def stop(self) -> None:
        await self.comfyui.stop()
        while self.server.reachable:
            await self.server.changed()

    async def start(self) -> None:
        await self.comfyui.start()

    def remove_turbo(self) -> None:
        self.comfyui.remove(LIGHTX2V)

    def install_turbo(self) -> None:
        self.comfyui.install(LIGHTX2V)

    def refuse_token(self) -> None:
        self.comfyui.require_token("another")

    def accept_token(self) -> None:
        self.comfyui.require_token(None)

    def runs(self) -> int:
        return len(self.comfyui.runs)


@contextlib.asynccontextmanager
async def scripted() -> AsyncGenerator[ServerControl]:
    yield ScriptedControl(ScriptedServer())


@contextlib.asynccontextmanager
async def real() -> AsyncGenerator[ServerControl]:
    async with ComfyUI(speed=100) as comfyui, opened(comfyui.url, WORKFLOWS, refresh_seconds=12) as server:
        await soon(server.ready())
        yield PlaygroundControl(server, comfyui)


@pytest.fixture(params=[scripted, real])
async def control(request: pytest.FixtureRequest) -> AsyncGenerator[ServerControl]:
    async with request.param() as control:
        yield control


async def test_a_job_goes_from_picture_to_clip(control: ServerControl, tmp_path: Path) -> None:
    server, prompt_id = control.server, str(uuid4())
    graph = await build(server, PICTURE)
    events = await soon(run(server, graph, prompt_id))

    assert sum(isinstance(event, comfy.Started) for event in events) == 1
    steps = [event.step for event in events if isinstance(event, comfy.Sampling)]
    assert steps == list(range(1, len(steps) + 1))
    done = events[-1]
    assert isinstance(done, comfy.Done)
    assert await server.locate(prompt_id, output=graph.output) == comfy.Finished(outcome=done)

    await server.download(done.files[0], tmp_path / "clip.mp4", limit=MAX_BYTES)
    clip = await asyncio.to_thread((tmp_path / "clip.mp4").read_bytes)
    assert clip[4:8] == b"ftyp"
    assert await server.size_of(done.files[0]) == len(clip)

    await server.forget(prompt_id)
    assert await server.locate(prompt_id) is None


async def test_its_own_prompts_that_ended_are_in_its_history_until_they_are_forgotten(
    control: ServerControl,
) -> None:
    server, prompt_id = control.server, str(uuid4())
    assert server.live
    assert await server.owned_history() == []
    await soon(run(server, await build(server, PICTURE), prompt_id))
    assert list(await server.owned_history()) == [prompt_id]
    assert await server.forget(prompt_id)
    assert await server.owned_history() == []
    await control.stop()
    assert not await server.forget(prompt_id)


async def test_a_clip_is_brought_whole_or_not_at_all(control: ServerControl, tmp_path: Path) -> None:
    done = (await soon(run(control.server, await build(control.server, PICTURE), str(uuid4()))))[-1]
    assert isinstance(done, comfy.Done)
    with pytest.raises(comfy.TooLarge):
        await control.server.download(done.files[0], tmp_path / "clip.mp4", limit=10)
    gone = comfy.OutputFile(filename="gone.mp4", subfolder="animate", type="temp")
    with pytest.raises(comfy.JobLost):
        await control.server.download(gone, tmp_path / "clip.mp4", limit=MAX_BYTES)
    with pytest.raises(comfy.JobLost):
        await control.server.size_of(gone)
    assert await asyncio.to_thread(lambda: list(tmp_path.iterdir())) == []


async def test_a_job_that_is_there_is_resumed_and_followed_and_not_run_again(control: ServerControl) -> None:
    server, prompt_id = control.server, str(uuid4())
    graph = await build(server, PICTURE)
    control.hold()
    await server.resume(prompt_id, graph)
    async with server.follow(prompt_id, graph) as events:
        await server.resume(prompt_id, graph)
        control.release()
        ends = [event async for event in events][-1:]
    async with server.follow(prompt_id, graph) as events:
        again = [event async for event in events]
    assert isinstance(ends[0], comfy.Done)
    assert again == ends
    assert control.runs() == 1


async def test_a_job_that_is_stopped_ends_as_interrupted(control: ServerControl) -> None:
    control.hold()
    async with Job(control.server, await build(control.server, PICTURE)) as job:
        await soon(control.held())
        await control.server.cancel(str(uuid4()))  # one that is not there: stops nobody
        assert await control.server.locate(job.id) == comfy.Running()
        await control.server.cancel(job.id)
        control.release()
        assert isinstance(await job.end(), comfy.Interrupted)


async def test_a_broken_node_is_an_event_and_not_an_error(control: ServerControl) -> None:
    control.fail_next()
    end = (await soon(run(control.server, await build(control.server, PICTURE), str(uuid4()))))[-1]
    assert isinstance(end, comfy.Failed)
    assert end.error.class_type == "WanVideoSampler"
    assert end.error.out_of_memory


async def test_a_server_started_anew_has_lost_jobs_and_uploads(control: ServerControl) -> None:
    server, graph, epoch = (
        control.server,
        await build(control.server, PICTURE),
        control.server.connection_epoch,
    )
    control.hold()
    async with Job(server, graph) as job:
        await soon(control.held())
        await soon(control.restart())
        with pytest.raises(comfy.JobLost):
            await job.end()
    control.release()
    assert server.connection_epoch != epoch
    assert await server.locate(job.id) is None
    with pytest.raises(comfy.GraphRejected) as refusal:
        await server.submit(str(uuid4()), graph)
    assert refusal.value.class_type == "LoadImage"


async def test_a_job_that_is_nowhere_is_lost(control: ServerControl) -> None:
    graph = control.server.build("wan21_i2v", values(), "any.png [temp]")
    async with control.server.follow(str(uuid4()), graph) as events:
        with pytest.raises(comfy.JobLost):
            await soon(anext(events))


async def test_a_server_that_is_down_says_so_and_is_ready_when_it_is_back(control: ServerControl) -> None:
    server, graph = control.server, await build(control.server, PICTURE)
    await soon(control.stop())
    assert not server.reachable
    waiting = asyncio.create_task(server.ready())
    with pytest.raises(comfy.ServerUnreachable):
        await server.submit(str(uuid4()), graph)
    with pytest.raises(comfy.ServerUnreachable):
        await server.locate(str(uuid4()))
    await server.forget(str(uuid4()))  # raises nothing
    assert not waiting.done()
    await control.start()
    await soon(waiting)
    assert server.reachable


async def test_uploads_of_the_same_bytes_are_one_and_of_others_another(control: ServerControl) -> None:
    first, again = [await control.server.upload(PICTURE, name="same.png") for _ in range(2)]
    other = await control.server.upload(PICTURE + b"another", name="same.png")
    assert first == again != other
    assert image_of(control.server.build("wan21_i2v", values(), first)) == first


async def test_a_temp_file_is_overwritten_and_a_server_that_is_down_is_no_error(
    control: ServerControl,
) -> None:
    server = control.server
    async with Job(server, await build(server, PICTURE)) as job:
        done = await job.end()
    assert isinstance(done, comfy.Done)
    before = await server.size_of(done.files[0])
    await server.overwrite(done.files[0])
    assert await server.size_of(done.files[0]) == len(b"erased") < before
    await soon(control.stop())
    await server.overwrite(done.files[0])


async def test_what_a_server_runs_and_offers(control: ServerControl) -> None:
    assert "wan21_i2v" in control.server.runnable
    assert "back" in control.server.choices("wan21_i2v")["pingpong"].options
    assert control.server.choices("unknown") == {}
    with pytest.raises(comfy.WorkflowInvalid):
        control.server.build("unknown", values(), "x.png [temp]")
    assert control.server.availability.others == 0


async def refreshed(server: ComputeServer, *, runs_turbo: bool) -> None:
    """Ask it until it says whether it can run TURBO."""
    while (TURBO in server.runnable) != runs_turbo:
        await server.refresh()
        await asyncio.sleep(0.01)


async def test_what_it_can_run_follows_its_files_when_it_is_asked_again(
    control: ServerControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capabilities, "MIN_REFRESH_FRACTION", 0.001)
    server, before = control.server, time.time()
    assert server.answered_at is not None
    assert not server.missing.get(TURBO)
    control.remove_turbo()
    changed = asyncio.create_task(server.changed())
    await asyncio.sleep(0)
    await soon(refreshed(server, runs_turbo=False))
    await soon(changed)
    assert [type(each) for each in server.missing[TURBO]] == [comfy.MissingModel]
    assert server.answered_at > before
    assert server.reachable
    control.install_turbo()
    await soon(refreshed(server, runs_turbo=True))
    assert not server.missing.get(TURBO)


async def test_a_server_that_refuses_the_token_says_so_and_is_ready_when_it_takes_it(
    control: ServerControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capabilities, "RETRY_SECONDS", 0.05)
    server = control.server
    assert server.unavailable_reason is None
    control.refuse_token()
    with pytest.raises(comfy.TokenRefused):
        await server.upload(PICTURE, name="x.png")
    assert server.unavailable_reason is comfy.UnavailableReason.TOKEN_REFUSED
    assert not server.reachable
    waiting = asyncio.create_task(server.ready())
    await asyncio.sleep(0)
    assert not waiting.done()
    control.accept_token()
    await soon(waiting)
    assert server.reachable


async def test_a_server_that_is_down_is_asked_nothing(control: ServerControl) -> None:
    await soon(control.stop())
    assert control.server.unavailable_reason is comfy.UnavailableReason.UNREACHABLE
    assert TURBO in control.server.runnable  # as it said last
    await soon(control.server.refresh(), limit=1)
