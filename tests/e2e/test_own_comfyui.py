"""The road of `/animate` on whatever ComfyUI there is: `pytest --comfyui URL` tries an owner's.

Without that, the playground's stands in, so that these tests are tried as well. What a server lacks for a
workflow is a reason to skip it there.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

import comfy
from playground.comfyui import Stage
from playground.playground import Playground
from playground.tracked_job import TrackedJob
from tests.e2e.process import BotProcess, running_bot
from tests.playground.video_files import read_video

OWN_TIMEOUT, PLAYGROUND_TIMEOUT = 1800.0, 60.0  # seconds: a first run on a real one loads the models
ANSWER_TIMEOUT = 30.0  # seconds
BUILT_IN = ("wan21_i2v", "wan21_i2v_lightx2v", "wan21_i2v_native")

pytestmark = pytest.mark.road


def own_workflows(config: pytest.Config) -> Path | None:
    """The folder of `--workflows`."""
    folder = config.getoption("--workflows")
    return Path(folder) if folder else None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each workflow that is offered; without `--comfyui` one."""
    folder = own_workflows(metafunc.config)
    names = BUILT_IN[1:2]
    if metafunc.config.getoption("--comfyui"):
        names = tuple(comfy.read_workflows(comfy.BUILT_IN, *filter(None, [folder])).workflows)
    metafunc.parametrize("name", names)


@pytest.fixture
def workflow(name: str, pytestconfig: pytest.Config) -> comfy.Workflow:
    """The workflow of that name."""
    folders = filter(None, [own_workflows(pytestconfig)])
    return comfy.read_workflows(comfy.BUILT_IN, *folders).workflows[name]


@pytest.fixture
async def road(
    workflow: comfy.Workflow, pytestconfig: pytest.Config, tmp_path: Path
) -> AsyncGenerator[tuple[Playground, BotProcess]]:
    """A Discord, that ComfyUI and a bot between them."""
    url: str | None = pytestconfig.getoption("--comfyui")
    comfyui: str | Mapping[str, object] = url or {"speed": 50}
    async with Playground(comfyui=comfyui, patience=1 if url else 4) as playground:
        await skip_unless_runnable(playground.environment()["COMFYUI_URL"], workflow)
        folder = own_workflows(pytestconfig)
        settings = {"WORKFLOWS_DIR": str(folder)} if folder else {}
        async with running_bot(playground, tmp_path, **settings) as bot:
            yield playground, bot


async def skip_unless_runnable(url: str, workflow: comfy.Workflow) -> None:
    """Skip the test with what the server lacks."""
    workflows = {workflow.name: workflow}
    async with (
        asyncio.timeout(ANSWER_TIMEOUT),
        comfy.open_server(
            url, name="own", client_id="test-of-the-road", workflows=workflows, files=comfy.ModelFiles()
        ) as server,
    ):
        while server.answered_at is None:
            await server.changed()
        if lacks := server.missing[workflow.name]:
            pytest.skip(f"{workflow.name}: {comfy.describe_missing(workflow, lacks)}")


def options_of(workflow: comfy.Workflow) -> dict[str, object]:
    """The options of a short clip with this workflow, and of no substitute."""
    preset = next(iter(workflow.presets))
    options: dict[str, object] = {"model": workflow.family, "preset": preset}
    if workflow.duration:
        options["seconds"] = max(1.0, round(workflow.duration.least, 1))
    return options


@asynccontextmanager
async def stopped(playground: Playground, pytestconfig: pytest.Config) -> AsyncGenerator[None]:
    """Let the playground's ComfyUI, which is fast, wait in the first step; a real one takes its time."""
    if pytestconfig.getoption("--comfyui"):
        yield
    else:
        playground.comfyui.pause(Stage.SAMPLING, 1)
        yield
        playground.comfyui.resume()


async def sampling(job: TrackedJob, limit: float) -> None:
    """Wait until its steps are told; skip the test where the clip is there before that."""
    told = asyncio.create_task(job.says("Sampling", timeout=limit), name="told")
    made = asyncio.create_task(job.video(timeout=limit), name="made")
    done, left = await asyncio.wait({told, made}, return_when=asyncio.FIRST_COMPLETED)
    for task in left:
        task.cancel()
    await asyncio.wait({told, made})
    if told not in done:
        pytest.skip("it makes a clip before a step can be seen")


@pytest.fixture
def limit(pytestconfig: pytest.Config) -> float:
    """Seconds that a clip may take."""
    return OWN_TIMEOUT if pytestconfig.getoption("--comfyui") else PLAYGROUND_TIMEOUT


async def test_a_clip_is_what_the_workflow_promises_and_another_follows(
    road: tuple[Playground, BotProcess], workflow: comfy.Workflow, picture: bytes, limit: float
) -> None:
    playground, _ = road
    ada, options = playground.member(), options_of(workflow)
    job = await ada.animate(picture, "the ball rolls away slowly", **options)
    clip = await job.video(timeout=limit)
    video = read_video(clip.data)
    seconds = options.get("seconds", 0.0)
    assert isinstance(seconds, float)
    assert video.frames == workflow.frames_for(seconds)
    assert workflow.rules.fps is None or video.fps == pytest.approx(workflow.rules.fps, rel=0.05)
    assert (video.seconds is not None) is workflow.rules.sound
    if workflow.rules.size:
        assert video.size == workflow.rules.size.fit(8 / 5)

    again = await (await ada.react(clip, "🔁")).video(timeout=limit)
    assert again.data != clip.data


@pytest.mark.long
async def test_a_clip_that_is_made_can_be_cancelled_and_one_survives_a_kill(
    road: tuple[Playground, BotProcess],
    workflow: comfy.Workflow,
    picture: bytes,
    limit: float,
    pytestconfig: pytest.Config,
) -> None:
    playground, bot = road
    ada, options = playground.member(), options_of(workflow)
    async with stopped(playground, pytestconfig):
        cancelled = await ada.animate(picture, "the ball stops", **options)
        await sampling(cancelled, limit)
        await ada.press(cancelled, "Cancel")
    await cancelled.says("Cancelled", timeout=limit)

    async with stopped(playground, pytestconfig):
        adopted = await ada.animate(picture, "the ball rolls on", **options)
        await sampling(adopted, limit)
        await bot.kill()
    await bot.start()
    await adopted.video(timeout=limit)
