"""What a server lacks is named with what to do about it."""

from collections.abc import Mapping

from comfy import ModelFiles, ServerToCheck, Workflow, check_server
from comfy.doctor.findings import ATTENTION, DEPRECATED, MODEL, NODE, PACK, WORKFLOW
from comfy.doctor.requirement_checks import check_requirements, describe_missing
from comfy.protocol.object_info import parse_object_info
from comfy.workflows.adapt import find_missing
from comfy.workflows.needed_nodes import used_classes
from playground.comfyui import ComfyUI
from tests.unit.comfy import recorded_responses as recorded
from tests.unit.comfy.doctor.checked_servers import findings_of, server_to_check, would_fail
from tests.unit.comfy.server_jobs import soon


async def test_nodes_that_are_missing_are_named_with_the_pack_that_brings_them(
    workflows: Mapping[str, Workflow], picture: bytes
):
    without = ["WanVideoSampler", "VHS_VideoCombine", "SaveVideo"]
    async with ComfyUI(without=without) as comfyui:
        findings = await soon(check_server(server_to_check(comfyui.url, workflows, picture)))

    nodes = findings_of(NODE, findings)
    assert {name: finding.fields["pack"] for name, finding in nodes.items()} == {
        "WanVideoSampler": "ComfyUI-WanVideoWrapper",
        "VHS_VideoCombine": "ComfyUI-VideoHelperSuite",
        "SaveVideo": "ComfyUI",
    }
    assert WORKFLOW.id in would_fail(findings)
    lacks = [each for each in findings if each.check.id in (NODE.id, MODEL.id) and not each.ok]
    assert all(each.needed for each in lacks)


async def test_a_missing_file_is_named_with_its_folder_and_what_is_like_it(
    workflows: Mapping[str, Workflow], picture: bytes
):
    files = ModelFiles(model="Wan2_1-I2V-14B-480P_fp8_e5m2.safetensors")
    async with ComfyUI() as comfyui:
        findings = await soon(check_server(server_to_check(comfyui.url, workflows, picture, files=files)))

    missing = findings_of(MODEL, findings)["Wan2_1-I2V-14B-480P_fp8_e5m2.safetensors"]
    assert (missing.ok, missing.fix) == (
        False,
        "Put the file into ComfyUI/models/diffusion_models, or name another one in the settings (MODEL_FILE)."
        " There is: Wan2_1-I2V-14B-480P_fp8_e4m3fn.safetensors.",
    )
    assert WORKFLOW.id in would_fail(findings)


async def test_an_attention_that_is_not_offered_is_a_setting_to_change(
    workflows: Mapping[str, Workflow], picture: bytes
):
    async with ComfyUI() as comfyui:
        subject = server_to_check(comfyui.url, workflows, picture, files=ModelFiles(attention="magic"))
        findings = await soon(check_server(subject))

    finding = findings_of(ATTENTION, findings)["magic"]
    assert finding.fix == f"Set ATTENTION to one of: {finding.fields['offered']}."
    assert "sdpa" in finding.fields["offered"]


async def test_what_a_second_workflow_lacks_keeps_nobody_from_a_clip(subject: ServerToCheck):
    findings = await soon(check_server(subject))

    native = findings_of(WORKFLOW, findings)["wan21_i2v_native"]
    assert (native.ok, native.needed) == (False, False)


async def test_deprecated_nodes_in_use_are_named(subject: ServerToCheck):
    findings = await soon(check_server(subject))

    finding = findings_of(DEPRECATED, findings)["WanVideoImageClipEncode"]
    assert finding.fields == {"workflows": "wan21_i2v_seed"}
    assert (finding.needed, finding.check.id) == (False, "deprecated")


def test_on_the_recorded_server_all_packs_are_there_and_a_workflow_runs(workflows: Mapping[str, Workflow]):
    node_classes = parse_object_info(recorded.load("object_info"), used_classes(workflows.values()))

    findings = list(check_requirements(workflows, node_classes, ModelFiles()))

    assert findings_of(PACK, findings).keys() >= {"ComfyUI", "ComfyUI-WanVideoWrapper"}
    assert findings_of(WORKFLOW, findings)["wan21_i2v"].text == "can run the workflow wan21_i2v"
    assert would_fail(findings) == []


def test_a_missing_file_that_is_like_no_other_has_no_suggestion(workflows: Mapping[str, Workflow]):
    node_classes = parse_object_info(recorded.load("object_info"), used_classes(workflows.values()))

    findings = list(check_requirements(workflows, node_classes, ModelFiles(vae="x.pt")))

    assert findings_of(MODEL, findings)["x.pt"].fix == (
        "Put the file into ComfyUI/models/vae, or name another one in the settings (VAE_FILE)."
    )


def test_what_is_missing_is_one_line_with_what_to_do(workflows: Mapping[str, Workflow]):
    workflow, answer = workflows["wan21_i2v"], dict(recorded.load("object_info"))
    for name in ("WanVideoSampler", "WanVideoDecode"):
        answer.pop(name)
    node_classes = parse_object_info(answer, used_classes([workflow]))
    files = ModelFiles(vae="my.vae.safetensors", attention="magic")

    line = describe_missing(workflow, find_missing(workflow, node_classes, files))

    assert line.startswith(
        "lacks 2 nodes of ComfyUI-WanVideoWrapper: WanVideoDecode, WanVideoSampler,"
        " does not offer the attention magic, lacks my.vae.safetensors."
    )
    assert line.count("Install or update ComfyUI-WanVideoWrapper") == 1
    assert "Set ATTENTION to one of: sdpa" in line
    assert "Put the file into ComfyUI/models/vae" in line
    assert "\n" not in line
