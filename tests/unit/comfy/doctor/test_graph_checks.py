"""A server says whether it would take a graph, and runs nothing of it."""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace

from comfy import SampleJob, ServerToCheck, Workflow, check_server
from comfy.doctor.findings import WORKFLOW
from comfy.graphs.nodes import TemplateNode
from playground.comfyui import ComfyUI
from tests.unit.comfy.doctor.checked_servers import findings_of, would_fail
from tests.unit.comfy.job_values import values
from tests.unit.comfy.server_jobs import soon

LIGHT = "wan21_i2v"


def changed(workflow: Workflow, node: str, **inputs: object) -> Workflow:
    """The workflow with other inputs of one node."""
    before = workflow.nodes[node]
    after = TemplateNode(class_type=before.class_type, inputs={**before.inputs, **inputs})
    return replace(workflow, nodes={**workflow.nodes, node: after})


def asking(subject: ServerToCheck, workflow: Workflow, *samples: SampleJob) -> ServerToCheck:
    """The same check, of one workflow and these jobs."""
    return replace(subject, workflows={workflow.name: workflow}, samples={workflow.name: samples})


def always(workflow: str, preset: str) -> Callable[[AbstractSet[str]], tuple[str, str]]:
    """What a plain request takes, whatever can run."""

    def prefer(_: AbstractSet[str]) -> tuple[str, str]:
        return workflow, preset

    return prefer


async def test_a_graph_that_it_would_take_is_not_run(comfyui: ComfyUI, subject: ServerToCheck, wan: Workflow):
    findings = await soon(check_server(asking(subject, wan, SampleJob(preset="fast", values=values()))))

    assert would_fail(findings) == []
    assert comfyui.gpu_runs == []
    assert comfyui.waiting == []


async def test_a_value_that_it_does_not_know_keeps_the_workflow_from_running(
    comfyui: ComfyUI, subject: ServerToCheck, wan: Workflow
):
    wrong = changed(wan, "52", scheduler="of my own")
    findings = await soon(check_server(asking(subject, wrong, SampleJob(preset="fast", values=values()))))

    finding = findings_of(WORKFLOW, findings)[LIGHT]
    assert (finding.ok, finding.needed) == (False, True)
    assert "scheduler of WanVideoSampler" in finding.fix
    assert comfyui.gpu_runs == []


async def test_a_number_over_its_limit_is_told(subject: ServerToCheck, wan: Workflow):
    wrong = changed(wan, "46", blocks_to_swap=10_000)
    findings = await soon(check_server(asking(subject, wrong, SampleJob(preset="fast", values=values()))))

    assert "blocks_to_swap of WanVideoBlockSwap" in findings_of(WORKFLOW, findings)[LIGHT].fix


async def test_a_preset_that_animate_refuses_is_told_without_asking(subject: ServerToCheck, wan: Workflow):
    sample = SampleJob(preset="fast", values={}, refusal="steps can be 1 to 50")
    findings = await soon(check_server(asking(subject, wan, sample)))

    assert "preset fast: steps can be 1 to 50" in findings_of(WORKFLOW, findings)[LIGHT].fix


async def test_only_the_preset_of_a_plain_request_makes_all_fail(
    subject: ServerToCheck, workflows: Mapping[str, Workflow]
):
    wrong = {**workflows, LIGHT: changed(workflows[LIGHT], "52", scheduler="of my own")}
    samples = {LIGHT: [SampleJob(preset="fast", values=values())]}
    subject = replace(subject, workflows=wrong, samples=samples)
    others = replace(subject, prefer=always("wan21_i2v_lightx2v", "turbo"))
    this_one = replace(subject, prefer=always(LIGHT, "fast"))

    assert would_fail(await soon(check_server(others))) == []
    assert would_fail(await soon(check_server(this_one))) == [WORKFLOW.id]
