"""What only trying tells: whether a server honours ids, and whether its workflows run."""

import asyncio
import random
import tempfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from uuid import uuid4

from comfy.doctor.findings import Check, Finding, Fix
from comfy.errors import BadAnswer, ComfyError, ServerTooOld
from comfy.protocol.endpoints import Endpoints
from comfy.protocol.responses import Running
from comfy.server.server import Server
from comfy.workflows.events import Done, Event, Failed, Interrupted, Preview, Started
from comfy.workflows.graph import Graph
from comfy.workflows.workflow import TemplateNode, Workflow

LARGEST_CLIP = 50 * 2**20  # bytes
LONGEST_TRIAL = 60.0  # seconds
LONGEST_RUN = 30 * 60.0  # seconds; loading a large model for the first time takes minutes


async def try_ids(server: Server, endpoints: Endpoints, picture: bytes) -> list[Finding]:
    """Whether it takes our prompt_id, and an interrupt with another id stops nothing: without a model.

    Only for a server that is idle: an old one would stop whoever runs. Raises ComfyError, TimeoutError.
    """
    graph = _harmless(await server.upload(picture, name="checkup.png"))
    taken = Finding(check=Check.PROMPT_ID, ok=True, subject=server.name, needed=True)
    try:
        async with asyncio.timeout(LONGEST_TRIAL):
            return [taken, *await _disturb(server, endpoints, graph)]
    except ServerTooOld:
        fields = {"since": "0.3.45"}
        return [_failed(Check.PROMPT_ID, server.name, Fix.UPDATE_COMFYUI, fields)]


async def try_workflow(server: Server, workflow: Workflow, picture: bytes) -> list[Finding]:
    """The smallest run that the workflow's ranges allow, to a clip on our disk."""
    try:
        async with asyncio.timeout(LONGEST_RUN):
            events = await _run_smallest(server, workflow, picture)
    except ComfyError as err:
        return [_failed(Check.RUN, workflow.name, Fix.SEE_REASON, {"reason": str(err)})]
    except TimeoutError:
        reason = f"it took more than {LONGEST_RUN / 60:.0f} minutes"
        return [_failed(Check.RUN, workflow.name, Fix.SEE_REASON, {"reason": reason})]
    seen = any(isinstance(event, Preview) for event in events)
    seconds = next(event.seconds for event in events if isinstance(event, Done))
    return [
        Finding(
            check=Check.RUN, ok=True, subject=workflow.name, needed=True, fields={"seconds": f"{seconds:.1f}"}
        ),
        Finding(
            check=Check.PREVIEWED,
            ok=seen,
            subject=workflow.name,
            fix=None if seen else Fix.SWITCH_PREVIEWS_ON,
        ),
    ]


def smallest_values(workflow: Workflow) -> Mapping[str, object]:
    """Values for the least work: the lower ends of the ranges, the rest as in the first preset."""
    usual = {"seed": 0, "steps": 1, "cfg": 1.0, "shift": 5.0, "denoise": 1.0, "width": 256, "height": 256}
    preset = next(iter(workflow.presets.values()), dict[str, float]())
    least = {
        name: int(workflow.ranges[name].least)
        for name in ("steps", "width", "height", "frames")
        if name in workflow.ranges
    }
    texts = {"prompt": "a calm sea", "negative_prompt": "", "prefix": f"animate/checkup-{uuid4()}"}
    return {**usual, "frames": 1, "fps": 16, **preset, **least, **texts}


async def _run_smallest(server: Server, workflow: Workflow, picture: bytes) -> list[Event]:
    image = await server.upload(picture, name="checkup.png")
    graph, prompt_id = server.build(workflow.name, smallest_values(workflow), image), str(uuid4())
    events: list[Event] = []
    try:
        async for event in _follow(server, prompt_id, graph):
            events.append(event)
            await _judge(server, event)
    except TimeoutError:
        await server.cancel(prompt_id)
        raise
    finally:
        await server.forget(prompt_id)
    return events


async def _follow(server: Server, prompt_id: str, graph: Graph) -> AsyncIterator[Event]:
    async with server.follow(prompt_id, graph) as events:
        await server.submit(prompt_id, graph)
        async for event in events:
            yield event


async def _judge(server: Server, event: Event) -> None:
    match event:
        case Failed(error=error):
            raise error
        case Interrupted():
            raise BadAnswer(reason="somebody stopped it")
        case Done(files=files):
            with tempfile.TemporaryDirectory(prefix="checkup-") as folder:
                await server.download(files[0], Path(folder) / "clip", limit=LARGEST_CLIP)
        case _:
            pass


async def _disturb(server: Server, endpoints: Endpoints, graph: Graph) -> list[Finding]:
    """Run it, and interrupt a job that is not there; nothing is said when it was over too soon to tell."""
    prompt_id, still_ran = str(uuid4()), False
    honoured: bool | None = None
    async for event in _follow(server, prompt_id, graph):
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
    if honoured is None:
        return []
    fix, fields = (None, {}) if honoured else (Fix.UPDATE_COMFYUI, {"since": "September 2025"})
    return [Finding(check=Check.INTERRUPT, ok=honoured, subject=server.name, fix=fix, fields=fields)]


def _harmless(image: str) -> Graph:
    """A graph that any ComfyUI runs on its CPU within a second, and that no cache knows."""
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


def _failed(check: Check, subject: str, fix: Fix, fields: Mapping[str, str]) -> Finding:
    return Finding(check=check, ok=False, subject=subject, needed=True, fix=fix, fields=fields)
