"""From a job's row to its ComfyUI graph: the values that fill it, and the file that people can open."""

import json
from collections.abc import Mapping, Sequence

import comfy
from jobs.errors import Refusal
from jobs.routing import pick_workflow
from jobs.server import ComputeServer
from jobs.uploads import last_picture_name, picture_name
from storage import Job, Params

PICTURE = "picture.png"  # stands for one that has not been uploaded


def build_values(job: Job) -> Mapping[str, object]:
    """The values of the graph's inputs. The file prefix holds the job's id only: never the prompt."""
    return values_of(job.params, job.id)


def values_of(params: Params, job_id: str) -> Mapping[str, object]:
    """The values of the graph's inputs for a job with these parameters and this id, those that it has."""
    values = {
        "prompt": params.prompt,
        "negative_prompt": params.negative_prompt,
        "seed": params.seed,
        "steps": params.steps,
        "cfg": params.cfg,
        "shift": params.shift,
        "denoise": params.denoise,
        "width": params.width,
        "height": params.height,
        "frames": params.frames,
        "fps": params.fps,
        "seconds": params.seconds,
        "prefix": f"animate/{job_id}",
    }
    return {name: value for name, value in values.items() if value is not None}


def count_ticks(workflow: comfy.Workflow, params: Params, *, on_picture: bool) -> int | None:
    """How many sampling steps a job takes where its parameters do not say it; None where they do.

    None too where the graph does not tell. `on_picture`: whether the clip ends on a given picture.
    """
    if params.steps is not None:
        return None
    values, last = values_of(params, ""), PICTURE if on_picture else None
    try:
        graph = comfy.build_graph(
            workflow, values, PICTURE, params.choices, preset=params.preset, last_image=last
        )
    except comfy.WorkflowInvalid:
        return None
    return sum(graph.sampler_steps.values()) or None


def rebuild_graph(
    job: Job, workflows: Mapping[str, comfy.Workflow], servers: Sequence[ComputeServer]
) -> comfy.Graph:
    """The graph as the job's server got it, else as another server would, else as the template has it.

    Raises Refusal where the workflow is gone, or its LoRAs are known to no server.
    """
    values, choices, preset = build_values(job), job.params.choices, job.params.preset
    image, last, loras = picture_name(job), last_picture_name(job), job.params.loras
    for server in sorted(servers, key=lambda each: each.name != job.server):
        name = pick_workflow(workflows, server.runnable, job.params)
        try:
            return server.build(name, values, image, choices, preset=preset, last_image=last, loras=loras)
        except comfy.ComfyError:
            continue
    try:
        workflow = workflows[job.params.workflow]
        return comfy.build_graph(
            workflow, values, image, choices, preset=preset, last_image=last, loras=loras
        )
    except (KeyError, comfy.WorkflowInvalid) as err:
        raise Refusal("graph_gone") from err


def render_graph(graph: comfy.Graph) -> bytes:
    """The graph as a JSON file that ComfyUI opens (API format)."""
    return json.dumps(graph.as_json(), ensure_ascii=False, indent=2).encode()
