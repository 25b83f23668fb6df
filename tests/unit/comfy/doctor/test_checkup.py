"""A check-up names what would keep a server from making clips, and what to do about it."""

from collections.abc import Collection, Mapping

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from comfy import (
    Check,
    Finding,
    Fix,
    ModelFiles,
    ServerToCheck,
    Workflow,
    build_graph,
    check_server,
    find_local_servers,
)
from comfy.doctor import checkup as checkup_module
from comfy.doctor.trials import smallest_values
from playground.comfyui import ComfyUI, Failure, Stage
from tests.unit.comfy.jobs import WRAPPED, build, opened, soon


@pytest.fixture
def subject(comfyui: ComfyUI, workflows: Mapping[str, Workflow], picture: bytes) -> ServerToCheck:
    return examined(comfyui.url, workflows, picture)


def examined(
    url: str,
    workflows: Mapping[str, Workflow],
    picture: bytes,
    *,
    token: str | None = None,
    files: ModelFiles | None = None,
) -> ServerToCheck:
    return ServerToCheck(
        url=url,
        name="gpu",
        token=token,
        workflows=workflows,
        files=files or ModelFiles(),
        picture=picture,
    )


def of(check: Check, findings: Collection[Finding]) -> dict[str, Finding]:
    return {finding.subject: finding for finding in findings if finding.check is check}


def would_fail(findings: Collection[Finding]) -> list[Check]:
    return [finding.check for finding in findings if finding.needed and not finding.ok]


async def test_a_server_that_has_all_passes_and_every_workflow_makes_a_clip(subject: ServerToCheck):
    findings = await soon(check_server(subject, run=True), limit=30)

    assert would_fail(findings) == []
    runs = of(Check.RUN, findings)
    assert runs.keys() == WRAPPED
    assert all(finding.ok and float(finding.fields["seconds"]) >= 0 for finding in runs.values())
    assert [each.ok for each in of(Check.PREVIEWED, findings).values()] == [True] * len(WRAPPED)
    for check in (Check.REACHABLE, Check.WEBSOCKET, Check.PROMPT_ID, Check.INTERRUPT, Check.PREVIEWS):
        assert of(check, findings)["gpu"].ok, check
    assert of(Check.VERSION, findings)["0.33.0"].ok
    (memory,) = of(Check.MEMORY, findings).values()
    assert float(memory.fields["free"]) <= float(memory.fields["total"])


async def test_looking_alone_uses_no_gpu_and_leaves_no_job_behind(comfyui: ComfyUI, subject: ServerToCheck):
    findings = await soon(check_server(subject))

    assert would_fail(findings) == []
    assert comfyui.gpu_runs == []
    assert not comfyui.waiting
    assert not of(Check.RUN, findings)


async def test_nodes_that_are_missing_are_named_with_the_pack_that_brings_them(
    workflows: Mapping[str, Workflow], picture: bytes
):
    without = ["WanVideoSampler", "VHS_VideoCombine", "SaveVideo"]
    async with ComfyUI(without=without) as comfyui:
        findings = await soon(check_server(examined(comfyui.url, workflows, picture)))

    nodes = of(Check.NODE, findings)
    assert {name: finding.fields["pack"] for name, finding in nodes.items()} == {
        "WanVideoSampler": "ComfyUI-WanVideoWrapper",
        "VHS_VideoCombine": "ComfyUI-VideoHelperSuite",
        "SaveVideo": "ComfyUI",
    }
    assert set(would_fail(findings)) == {Check.WORKFLOW}


async def test_a_missing_file_is_named_with_its_folder_and_what_is_like_it(
    workflows: Mapping[str, Workflow], picture: bytes
):
    files = ModelFiles(model="Wan2_1-I2V-14B-480P_fp8_e5m2.safetensors")
    async with ComfyUI() as comfyui:
        findings = await soon(check_server(examined(comfyui.url, workflows, picture, files=files)))

    missing = of(Check.MODEL, findings)["Wan2_1-I2V-14B-480P_fp8_e5m2.safetensors"]
    assert (missing.ok, missing.fix) == (False, Fix.PUT_FILE)
    assert missing.fields == {
        "folder": "diffusion_models",
        "near": "Wan2_1-I2V-14B-480P_fp8_e4m3fn.safetensors",
    }
    assert Check.WORKFLOW in would_fail(findings)


async def test_an_attention_that_is_not_offered_is_a_setting_to_change(
    workflows: Mapping[str, Workflow], picture: bytes
):
    async with ComfyUI() as comfyui:
        subject = examined(comfyui.url, workflows, picture, files=ModelFiles(attention="magic"))
        findings = await soon(check_server(subject))

    finding = of(Check.ATTENTION, findings)["magic"]
    assert finding.fix is Fix.SET_ATTENTION
    assert "sdpa" in finding.fields["offered"]


async def test_what_a_second_workflow_lacks_keeps_nobody_from_a_clip(subject: ServerToCheck):
    findings = await soon(check_server(subject))

    native = of(Check.WORKFLOW, findings)["wan21_i2v_native"]
    assert (native.ok, native.needed) == (False, False)


async def test_deprecated_nodes_in_use_are_named(subject: ServerToCheck):
    findings = await soon(check_server(subject))

    finding = of(Check.DEPRECATED, findings)["WanVideoImageClipEncode"]
    assert finding.fields == {"workflows": "wan21_i2v_seed"}


async def test_a_server_that_is_not_there_is_said_so(workflows: Mapping[str, Workflow], picture: bytes):
    (finding,) = await soon(check_server(examined("http://127.0.0.1:9", workflows, picture)))

    assert finding == Finding(
        check=Check.REACHABLE,
        ok=False,
        subject="gpu",
        needed=True,
        fix=Fix.START_SERVER,
        fields={"reason": "refused"},
    )


@pytest.mark.parametrize(("token", "ok"), [("right", True), ("wrong", False), (None, False)])
async def test_a_token_is_accepted_or_to_be_set(
    workflows: Mapping[str, Workflow], picture: bytes, token: str | None, ok: bool
):
    async with ComfyUI(token="right") as comfyui:
        findings = await soon(check_server(examined(comfyui.url, workflows, picture, token=token)))

    finding = of(Check.TOKEN, findings)["gpu"]
    assert (finding.ok, finding.fix) == (ok, None if ok else Fix.SET_TOKEN)


async def test_something_else_at_that_address_is_no_comfyui(
    workflows: Mapping[str, Workflow], picture: bytes
):
    async with TestServer(web.Application()) as other:
        (finding,) = await soon(check_server(examined(str(other.make_url("/")), workflows, picture)))

    assert (finding.check, finding.ok, finding.fix) == (Check.REACHABLE, False, Fix.NOT_COMFYUI)


async def test_a_server_too_old_for_our_ids_is_to_be_updated(comfyui: ComfyUI, subject: ServerToCheck):
    comfyui.ignore_prompt_id()

    findings = await soon(check_server(subject))

    finding = of(Check.PROMPT_ID, findings)["gpu"]
    assert (finding.ok, finding.needed, finding.fix) == (False, True, Fix.UPDATE_COMFYUI)


async def test_an_old_version_is_to_be_updated(comfyui: ComfyUI, subject: ServerToCheck):
    stats = b'{"system": {"comfyui_version": "0.3.40"}, "devices": []}'
    comfyui.answer(200, path="/system_stats", body=stats)

    findings = await soon(check_server(subject))

    assert of(Check.VERSION, findings)["0.3.40"].fix is Fix.UPDATE_COMFYUI


async def test_interrupts_that_stop_whoever_runs_are_found_out(comfyui: ComfyUI, subject: ServerToCheck):
    comfyui.ignore_interrupt_id()

    findings = await soon(check_server(subject))

    finding = of(Check.INTERRUPT, findings)["gpu"]
    assert (finding.ok, finding.fix) == (False, Fix.UPDATE_COMFYUI)


async def test_a_server_at_work_is_not_disturbed(
    comfyui: ComfyUI, subject: ServerToCheck, workflows: Mapping[str, Workflow], picture: bytes
):
    comfyui.pause(Stage.SAMPLING, 1)
    async with opened(comfyui.url, workflows) as other:
        await soon(other.ready())
        await other.submit("0c6b2f5e-8d2c-4b60-9d1e-000000000001", await build(other, picture))
        await comfyui.reached(Stage.SAMPLING, 1)

        findings = await soon(check_server(subject, run=True))

    assert of(Check.IDLE, findings)["gpu"].fields == {"others": "1"}
    assert not of(Check.PROMPT_ID, findings)
    assert comfyui.waiting == []


async def test_a_run_that_breaks_is_found_with_its_reason(comfyui: ComfyUI, subject: ServerToCheck):
    comfyui.fail_next(Failure.MEMORY)

    findings = await soon(check_server(subject, run=True), limit=30)

    (broken,) = [each for each in of(Check.RUN, findings).values() if not each.ok]
    assert "ran out of memory" in broken.fields["reason"]


async def test_a_proxy_that_lets_no_websocket_through_is_found_out(
    comfyui: ComfyUI, subject: ServerToCheck, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(checkup_module, "SOCKET_PATIENCE", 0.3)
    comfyui.answer(200, path="/ws", times=99)

    findings = await soon(check_server(subject))

    finding = of(Check.WEBSOCKET, findings)["gpu"]
    assert (finding.ok, finding.fix) == (False, Fix.LET_WEBSOCKET_THROUGH)


async def test_it_looks_where_comfyuis_usually_listen(comfyui: ComfyUI, monkeypatch: pytest.MonkeyPatch):
    port = int(comfyui.url.rpartition(":")[2])
    monkeypatch.setattr(checkup_module, "USUAL_PORTS", (9, port))

    assert await soon(find_local_servers()) == [comfyui.url]


def test_the_smallest_run_is_within_the_ranges_of_every_workflow(workflows: Mapping[str, Workflow]):
    for workflow in workflows.values():
        graph = build_graph(workflow, smallest_values(workflow), "x.png")
        assert graph.workflow == workflow.name
