"""Checks that submit jobs: whether a server honours our ids, and whether its workflows make clips."""

import asyncio
import math
import random
import tempfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from uuid import uuid4

from comfy.doctor.findings import (
    INTERRUPT,
    LEFT_FILES,
    PREVIEWED,
    PROMPT_ID,
    RUN,
    RUN_WITHOUT_ATTENTION,
    Finding,
)
from comfy.doctor.graph_checks import SampleJob
from comfy.doctor.requirement_checks import attention_package
from comfy.errors import BadAnswer, ComfyError, ServerTooOld
from comfy.graphs.nodes import TemplateNode
from comfy.protocol.endpoints import Endpoints
from comfy.protocol.responses import Done, Failed, Interrupted, Running
from comfy.server.server import Server
from comfy.workflows.events import Event, Preview, Started
from comfy.workflows.graph import Graph
from comfy.workflows.workflow import Workflow, seeds_of

OLDEST_VERSION = "0.3.45"  # before it, a server chose a prompt_id of its own
MAX_CLIP_BYTES = 200 * 2**20
IDS_TIMEOUT = 60.0  # seconds
RUN_TIMEOUT = 30 * 60.0  # seconds; loading a large model for the first time takes minutes
SMALLEST_SIDE = 256  # pixels
UPLOAD_NAME = "checkup.png"
ATTENTION_WORDS = ("sage", "flash")  # of the errors of WanVideoModelLoader: "Can't import SageAttention: …"


async def check_ids(server: Server, endpoints: Endpoints, picture: bytes) -> list[Finding]:
    """Whether it takes our prompt_id, and an interrupt with another id stops nothing; without a model.

    Only for a server that is idle: an old one would stop whatever runs. Raises ComfyError, TimeoutError.
    """
    graph = _build_cpu_graph(await server.upload(picture, name=UPLOAD_NAME))
    try:
        async with asyncio.timeout(IDS_TIMEOUT):
            return [PROMPT_ID.result(server.name, ok=True), *await _check_interrupt(server, endpoints, graph)]
    except ServerTooOld:
        return [PROMPT_ID.result(server.name, ok=False, since=OLDEST_VERSION)]


async def check_workflow(
    server: Server,
    workflow: Workflow,
    picture: bytes,
    *,
    attention: str = "",
    sample: SampleJob | None = None,
    keep: Path | None = None,
) -> list[Finding]:
    """Run a job of the workflow and download its clip: the smallest that its ranges allow, or `sample`.

    `attention`: the one that it asks for, which may be what is missing. `keep`: the folder for the clip,
    whose name there is the field `clip` of the finding.
    """
    try:
        async with asyncio.timeout(RUN_TIMEOUT):
            with tempfile.TemporaryDirectory(prefix="checkup-") as scratch:
                events, clip = await _run_job(server, workflow, picture, sample, keep or Path(scratch))
    except ComfyError as err:
        return [describe_failure(workflow, str(err), attention)]
    except TimeoutError:
        reason = f"it took more than {RUN_TIMEOUT / 60:.0f} minutes"
        return [RUN.result(workflow.name, ok=False, reason=reason)]
    done = next(event for event in events if isinstance(event, Done))
    left = ", ".join(file.filename for file in done.files if file.type == "output")
    return [
        RUN.result(workflow.name, ok=True, seconds=f"{done.seconds or 0.0:.1f}", clip=clip.name),
        PREVIEWED.result(workflow.name, ok=any(isinstance(event, Preview) for event in events)),
        *([LEFT_FILES.result(workflow.name, ok=False, files=left)] if left else []),
    ]


def describe_failure(workflow: Workflow, reason: str, attention: str) -> Finding:
    """The finding of a run that failed; `attention`: the one that it asked for."""
    package = attention_package(attention)
    if package and any(part in reason.lower() for part in (*ATTENTION_WORDS, package.lower())):
        return RUN_WITHOUT_ATTENTION.result(workflow.name, ok=False, reason=reason, package=package)
    return RUN.result(workflow.name, ok=False, reason=reason)


def smallest_values(workflow: Workflow) -> Mapping[str, object]:
    """Values for the least work: the lower ends of the ranges; those left out are of the first preset.

    The seed is another one each time: ComfyUI answers what it has run already from its cache.
    """
    ranges, size = workflow.rules.ranges, workflow.rules.size
    least: dict[str, object] = {
        name: ranges[name].nearest(ranges[name].least)
        for name in ("steps", "frames", "seconds")
        if name in workflow.inputs
    }
    if size and "width" in workflow.inputs:
        square = (size.round(SMALLEST_SIDE), size.round(SMALLEST_SIDE))
        smallest = min(size.sizes, default=square, key=math.prod)
        least |= {"width": smallest[0], "height": smallest[1]}
    texts = {"prompt": "a calm sea", "negative_prompt": "", "prefix": f"animate/checkup-{uuid4()}"}
    return {**least, "seed": random.SystemRandom().choice(seeds_of(workflow)), **texts}


def _smallest_job(workflow: Workflow) -> SampleJob:
    return SampleJob(preset=next(iter(workflow.presets)), values=smallest_values(workflow))


async def _run_job(
    server: Server, workflow: Workflow, picture: bytes, sample: SampleJob | None, folder: Path
) -> tuple[list[Event], Path]:
    """Run it; returns its events, and its clip in that folder."""
    last, job = workflow.rules.last_picture, sample or _smallest_job(workflow)
    image = await server.upload(picture, name=UPLOAD_NAME)
    ends_on = image if last and (last.needed or not sample) else None
    graph = server.build(workflow.name, job.values, image, preset=job.preset, last_image=ends_on)
    prompt_id, events, clip = str(uuid4()), list[Event](), folder
    try:
        async for event in _run(server, prompt_id, graph):
            events.append(event)
            if isinstance(event, Done):
                clip = await _fetch(server, event, folder / workflow.name)
            _check_outcome(event)
    except TimeoutError:
        await server.cancel(prompt_id)
        raise
    finally:
        await server.forget(prompt_id)
    return events, clip


async def _run(server: Server, prompt_id: str, graph: Graph) -> AsyncIterator[Event]:
    async with server.follow(prompt_id, graph) as events:
        await server.submit(prompt_id, graph)
        async for event in events:
            yield event


def _check_outcome(event: Event) -> None:
    match event:
        case Failed(error=error):
            raise error
        case Interrupted():
            raise BadAnswer(reason="somebody stopped it")
        case _:
            pass


async def _fetch(server: Server, done: Done, name: Path) -> Path:
    """Download the clip under that name and its own suffix, and leave nothing of it in the temp folder."""
    file = next((each for each in done.files if each.is_clip), None)
    if file is None:
        raise BadAnswer(reason="the output saved no clip")
    clip = name.with_name(name.name + Path(file.filename).suffix.lower())
    await server.download(file, clip, limit=MAX_CLIP_BYTES)
    for each in done.files:
        await server.overwrite(each)
    return clip


async def _check_interrupt(server: Server, endpoints: Endpoints, graph: Graph) -> list[Finding]:
    """Run it, and interrupt a job that does not exist; no finding when it ended too soon to tell."""
    prompt_id, still_ran = str(uuid4()), False
    honoured: bool | None = None
    async for event in _run(server, prompt_id, graph):
        match event:
            case Started():
                await endpoints.interrupt(str(uuid4()))
                still_ran = await server.locate(prompt_id) == Running()
            case Interrupted():
                honoured = False
            case Done() if still_ran:
                honoured = True
            case _:
                pass
    await server.forget(prompt_id)
    return [] if honoured is None else [INTERRUPT.result(server.name, ok=honoured, since="September 2025")]


def _build_cpu_graph(image: str) -> Graph:
    """A graph that any ComfyUI runs on its CPU within a second, and that is not in its cache."""
    size = 2048 + random.randrange(1024)  # noqa: S311 - only to be another one than last time
    scale = {"upscale_method": "lanczos", "crop": "disabled"}
    nodes = {
        "1": TemplateNode(class_type="LoadImage", inputs={"image": image}),
        "2": TemplateNode(
            class_type="ImageScale", inputs={"image": ["1", 0], "width": size, "height": size, **scale}
        ),
        "3": TemplateNode(
            class_type="ImageScale", inputs={"image": ["2", 0], "width": 64, "height": 64, **scale}
        ),
        "4": TemplateNode(class_type="PreviewImage", inputs={"images": ["3", 0]}),
    }
    return Graph(workflow="checkup", nodes=nodes, stages={}, sampler_steps={}, output="4")
