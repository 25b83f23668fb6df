"""The graph of a job, built again from its row, for people who want to go on with it in ComfyUI."""

import json
from collections.abc import Mapping, Sequence

import comfy
from jobs.errors import Refusal
from jobs.routing import pick_workflow
from jobs.run import build_values
from jobs.uploads import picture_name
from storage import Job


def build_again(
    job: Job, workflows: Mapping[str, comfy.Workflow], servers: Sequence[comfy.Server]
) -> comfy.Graph:
    """As the job's server got it, else as another would, else as the template has it.

    Raises Refusal where the workflow is gone.
    """
    values, image, choices = build_values(job), picture_name(job), job.params.choices
    for server in sorted(servers, key=lambda each: each.name != job.server):
        name = pick_workflow(workflows, server.runnable, job.params)
        try:
            return server.build(name, values, image, choices)
        except comfy.ComfyError:
            continue
    try:
        return comfy.build_graph(workflows[job.params.workflow], values, image, choices)
    except (KeyError, comfy.WorkflowInvalid) as err:
        raise Refusal("graph_gone") from err


def render_graph(graph: comfy.Graph) -> bytes:
    """The file that ComfyUI opens."""
    return json.dumps(graph.as_json(), ensure_ascii=False, indent=2).encode()
