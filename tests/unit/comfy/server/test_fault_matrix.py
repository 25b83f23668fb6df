"""Every fault that the playground's ComfyUI knows: how the job ends, and how long it takes to notice.

`-rP` prints the seconds; docs/comfyui.md has them as a table. They count from the fault, or for faults of the
socket from the job's true end.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from comfy import (
    BadAnswer,
    ComfyError,
    Done,
    Event,
    Failed,
    Interrupted,
    JobLost,
    MissingModel,
    Server,
    ServerUnreachable,
    SubmissionFailed,
    TooLarge,
    Workflow,
)
from playground.comfyui import ComfyUI, Failure, Stage
from tests.sampling import one_in
from tests.unit.comfy.server_jobs import LARGEST_CLIP, Job, build, clip, opened, run, soon

SILENCE_TIMEOUT, ANSWER_TIMEOUT = 0.5, 2.0  # seconds


@dataclass
class Scene:
    """A server with a job to break; `end` is the job's last event, or what it raised."""

    comfyui: ComfyUI
    server: Server
    picture: bytes
    folder: Path
    began: float = 0
    end: Event | ComfyError | None = None

    async def mid_run(self, *acts: Callable[[], object], until: Stage | None = None) -> None:
        """Let it happen at the second step, and follow the job to its end; `until` restarts the clock."""
        self.comfyui.pause(Stage.SAMPLING, 2)
        async with Job(self.server, await build(self.server, self.picture, steps=6)) as job:
            await self.comfyui.reached(Stage.SAMPLING, 2)
            self.began = time.monotonic()
            for act in acts:
                done = act()
                if isinstance(done, Awaitable):
                    await done
            self.comfyui.resume()
            if until:
                await self.comfyui.reached(until)
                self.began = time.monotonic()
            await self.ends(job.end())

    async def ends(self, end: Awaitable[Event]) -> None:
        """Take down how it ended."""
        try:
            self.end = await end
        except ComfyError as err:
            self.end = err

    async def runs(self) -> None:
        """A job from submission to its end, with the clock started now."""
        graph = await build(self.server, self.picture)
        self.began = time.monotonic()
        await self.ends(self._last(run(self.server, graph, str(uuid4()))))

    async def downloads(self) -> None:
        """Bring a clip, with the clock started now; the fault is set after the run."""
        done = Done(files=(await clip(self.server, self.picture),), seconds=0)
        self.began = time.monotonic()
        await self.ends(self._download(done))

    async def _download(self, done: Done) -> Event:
        await self.server.download(done.files[0], self.folder / "clip.mp4", limit=LARGEST_CLIP)
        return done

    @staticmethod
    async def _last(events: Awaitable[list[Event]]) -> Event:
        return (await events)[-1]


@pytest.fixture
async def scene(workflows: Mapping[str, Workflow], picture: bytes, tmp_path: Path) -> AsyncIterator[Scene]:
    async with (
        ComfyUI(speed=50) as comfyui,
        opened(comfyui.url, workflows, silence_timeout=SILENCE_TIMEOUT) as server,
    ):
        await soon(server.ready())
        yield Scene(comfyui, server, picture, tmp_path)


async def close(scene: Scene) -> None:
    await scene.mid_run(scene.comfyui.close_sockets, until=Stage.DONE)


async def silence(scene: Scene) -> None:
    await scene.mid_run(scene.comfyui.silence, until=Stage.DONE)


async def restart(scene: Scene) -> None:
    await scene.mid_run(scene.comfyui.restart)


async def death(scene: Scene) -> None:
    await scene.mid_run(scene.comfyui.stop)


async def error(scene: Scene) -> None:
    await scene.mid_run(lambda: scene.comfyui.fail_next(Failure.ERROR))


async def memory(scene: Scene) -> None:
    await scene.mid_run(lambda: scene.comfyui.fail_next(Failure.MEMORY))


async def rejected(scene: Scene) -> None:
    scene.comfyui.reject_next()
    await scene.runs()


async def slow(scene: Scene) -> None:
    scene.comfyui.slow(20)
    await scene.mid_run(until=Stage.DONE)


async def cut(scene: Scene) -> None:
    scene.comfyui.cut_download()
    await scene.downloads()


async def oversize(scene: Scene) -> None:
    scene.comfyui.oversize_download(LARGEST_CLIP)
    await scene.downloads()


async def cached(scene: Scene) -> None:
    await scene.runs()
    await scene.runs()
    assert len(scene.comfyui.gpu_runs) == 1


async def empty(scene: Scene) -> None:
    scene.comfyui.empty_output()
    await scene.mid_run(until=Stage.DONE)


async def hang(scene: Scene) -> None:
    """Whoever waits decides how long; from its `cancel` on it counts."""
    scene.comfyui.hang_next()
    async with Job(scene.server, await build(scene.server, scene.picture)) as job:
        await scene.comfyui.reached(Stage.SAMPLING, 1)
        scene.began = time.monotonic()
        await scene.server.cancel(job.id)
        await scene.ends(job.end())


async def gateway(scene: Scene) -> None:
    scene.comfyui.answer(503, path="/prompt")
    await scene.runs()


async def broken_gateway(scene: Scene) -> None:
    scene.comfyui.answer(500, path="/prompt", times=9, body=b"Server got itself in trouble")
    await scene.runs()


async def forgotten(scene: Scene) -> None:
    def forget() -> None:
        scene.comfyui.forget(scene.comfyui.running or "")

    await scene.mid_run(forget)


async def lost_answer(scene: Scene) -> None:
    scene.comfyui.accept_then_close()
    await scene.runs()
    assert len(scene.comfyui.runs) == 1


MATRIX: tuple[tuple[Callable[[Scene], Awaitable[None]], type, float], ...] = (
    (close, Done, 0.5),
    (silence, Done, SILENCE_TIMEOUT + 0.5),
    (restart, JobLost, 1.5),
    (death, ServerUnreachable, ANSWER_TIMEOUT + 2),
    (error, Failed, 0.5),
    (memory, Failed, 0.5),
    (rejected, MissingModel, 0.5),
    (slow, Done, 0.5),
    (cut, Done, 2),
    (oversize, TooLarge, 1),
    (cached, Done, 0.5),
    (empty, BadAnswer, 0.5),
    (hang, Interrupted, 0.5),
    (gateway, Done, 3),
    (broken_gateway, SubmissionFailed, 4),
    (forgotten, JobLost, SILENCE_TIMEOUT + 0.5),
    (lost_answer, Done, 3),
)


@pytest.mark.parametrize(
    ("fault", "end", "seconds"), one_in(3, MATRIX, names=[row[0].__name__ for row in MATRIX])
)
async def test_every_fault_ends_the_job_rightly_and_soon(
    scene: Scene, fault: Callable[[Scene], Awaitable[None]], end: type, seconds: float
):
    await fault(scene)

    took = time.monotonic() - scene.began
    print(f"{fault.__name__}: {end.__name__} after {took:.2f} s")  # noqa: T201 - `-rP` shows it
    assert isinstance(scene.end, end), scene.end
    if isinstance(scene.end, Failed):
        assert scene.end.error.out_of_memory == (fault is memory)
    assert took < seconds


@pytest.mark.parametrize("fault", one_in(4, [row[0] for row in MATRIX if row[0] is not death]))
async def test_after_every_fault_the_next_job_gets_its_clip(
    scene: Scene, fault: Callable[[Scene], Awaitable[None]]
):
    await fault(scene)
    scene.comfyui.heal()
    await soon(scene.server.ready())

    graph = await build(scene.server, scene.picture, seed=99)
    done = (await soon(run(scene.server, graph, str(uuid4()))))[-1]

    assert isinstance(done, Done)
    await scene.server.download(done.files[0], scene.folder / "next.mp4", limit=LARGEST_CLIP)
