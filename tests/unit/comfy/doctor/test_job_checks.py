"""Only jobs show whether a server honours our ids and makes clips."""

from collections.abc import Mapping
from dataclasses import replace

from aiohttp import ClientSession

from comfy import Server, ServerToCheck, Workflow, build_graph, check_server
from comfy.doctor.findings import IDLE, INTERRUPT, LEFT_FILES, PREVIEWED, PROMPT_ID, RUN
from comfy.doctor.job_checks import check_ids, check_workflow, describe_failure, smallest_values
from comfy.graphs.nodes import TemplateNode
from comfy.protocol.endpoints import Endpoints
from comfy.protocol.transport import Transport
from playground.comfyui import ComfyUI, Failure, Stage
from tests.unit.comfy.doctor.checked_servers import findings_of
from tests.unit.comfy.server_jobs import build, opened, soon


async def test_a_server_too_old_for_our_ids_is_to_be_updated(comfyui: ComfyUI, subject: ServerToCheck):
    comfyui.ignore_prompt_id()

    findings = await soon(check_server(subject))

    finding = findings_of(PROMPT_ID, findings)["gpu"]
    assert (finding.ok, finding.needed) == (False, True)
    assert finding.fix == "Update ComfyUI. 0.3.45 or newer is needed."


async def test_interrupts_that_stop_whoever_runs_are_found_out(comfyui: ComfyUI, subject: ServerToCheck):
    comfyui.ignore_interrupt_id()

    findings = await soon(check_server(subject))

    finding = findings_of(INTERRUPT, findings)["gpu"]
    assert (finding.ok, finding.fix) == (
        False,
        "Update ComfyUI. September 2025 or newer is needed.",
    )


async def test_a_server_at_work_is_not_disturbed(
    comfyui: ComfyUI, subject: ServerToCheck, workflows: Mapping[str, Workflow], picture: bytes
):
    comfyui.pause(Stage.SAMPLING, 1)
    async with opened(comfyui.url, workflows) as other:
        await soon(other.ready())
        await other.submit("0c6b2f5e-8d2c-4b60-9d1e-000000000001", await build(other, picture))
        await comfyui.reached(Stage.SAMPLING, 1)

        findings = await soon(check_server(subject, run=True))

    assert findings_of(IDLE, findings)["gpu"].fields == {"others": "1"}
    assert not findings_of(PROMPT_ID, findings)
    assert comfyui.waiting == []


async def test_a_run_that_breaks_is_found_with_its_reason(comfyui: ComfyUI, subject: ServerToCheck):
    comfyui.fail_next(Failure.MEMORY)

    findings = await soon(check_server(subject, run=True), limit=30)

    (broken,) = [each for each in findings_of(RUN, findings).values() if not each.ok]
    assert "ran out of memory" in broken.fields["reason"]


def test_the_smallest_run_is_within_the_ranges_of_every_workflow(workflows: Mapping[str, Workflow]):
    for workflow in workflows.values():
        graph = build_graph(workflow, smallest_values(workflow), "x.png")
        assert graph.workflow == workflow.name


async def test_a_server_that_honours_ids_passes_and_forgets_the_job(
    comfyui: ComfyUI, server: Server, picture: bytes
):
    async with ClientSession() as session:
        endpoints = Endpoints(Transport(session, comfyui.url, name="gpu"), owner="doctor")
        findings = await soon(check_ids(server, endpoints, picture))

    assert findings_of(PROMPT_ID, findings)["gpu"].ok
    assert all(finding.ok for finding in findings)
    assert comfyui.gpu_runs == []


async def test_the_smallest_clip_is_made_and_previews_are_seen(server: Server, wan: Workflow, picture: bytes):
    ran, previewed = await soon(check_workflow(server, wan, picture))

    assert (ran.check, ran.ok, ran.subject) == (RUN, True, "wan21_i2v")
    assert (previewed.check, previewed.ok) == (PREVIEWED, True)


async def test_a_second_run_is_no_answer_from_the_cache(
    comfyui: ComfyUI, server: Server, wan: Workflow, picture: bytes
):
    await soon(check_workflow(server, wan, picture))
    await soon(check_workflow(server, wan, picture))

    assert len(comfyui.gpu_runs) == 2
    seeds = {smallest_values(wan)["seed"] for _ in range(5)}
    assert len(seeds) == 5


async def test_what_a_run_leaves_in_the_output_folder_is_told(
    comfyui: ComfyUI, server: Server, wan: Workflow, picture: bytes
):
    combine = wan.nodes["54"]
    kept = TemplateNode(class_type=combine.class_type, inputs={**combine.inputs, "save_output": True})
    saving = replace(wan, nodes={**wan.nodes, "54": kept})
    async with opened(comfyui.url, {saving.name: saving}) as other:
        await soon(other.ready())
        findings = await soon(check_workflow(other, saving, picture))

    left = findings_of(LEFT_FILES, findings)["wan21_i2v"]
    assert (left.ok, left.needed) == (False, False)
    assert "checkup-" in left.text
    assert not findings_of(LEFT_FILES, await soon(check_workflow(server, wan, picture)))


def test_a_run_that_fails_for_the_attention_says_which_package(wan: Workflow):
    reason = (
        "WanVideoModelLoader (node 48) failed: Can't import SageAttention: No module named 'sageattention'"
    )

    finding = describe_failure(wan, reason, "sageattn")

    assert finding.fix.startswith("Set ATTENTION=sdpa, or install the package sageattention")
    assert describe_failure(wan, reason, "sdpa").check == RUN
    assert describe_failure(wan, "it ran out of memory", "sageattn").check == RUN
