"""A check names what would keep a server from making clips, and what to do about it."""

from collections.abc import Mapping

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from comfy import Finding, ModelFiles, ServerToCheck, Workflow, check_server, find_local_servers
from comfy.doctor import server_check
from comfy.doctor.findings import (
    CLOCK,
    INTERRUPT,
    MEMORY,
    PREVIEWED,
    PREVIEWS,
    PROMPT_ID,
    REACHABLE,
    RUN,
    TOKEN,
    UNPROVEN_ATTENTION,
    VERSION,
    WEBSOCKET,
)
from playground.comfyui import ComfyUI
from tests.unit.comfy.doctor.checked_servers import findings_of, server_to_check, would_fail
from tests.unit.comfy.server_jobs import WRAPPED, soon


async def test_a_server_that_has_all_passes_and_every_workflow_makes_a_clip(subject: ServerToCheck):
    findings = await soon(check_server(subject, run=True), limit=30)

    assert would_fail(findings) == []
    runs = findings_of(RUN, findings)
    assert runs.keys() == WRAPPED
    assert all(finding.ok and float(finding.fields["seconds"]) >= 0 for finding in runs.values())
    assert [each.ok for each in findings_of(PREVIEWED, findings).values()] == [True] * len(WRAPPED)
    for check in (REACHABLE, WEBSOCKET, PROMPT_ID, INTERRUPT, PREVIEWS):
        assert findings_of(check, findings)["gpu"].ok, check
    assert findings_of(VERSION, findings)["0.33.0"].ok
    (memory,) = findings_of(MEMORY, findings).values()
    assert float(memory.fields["free"]) <= float(memory.fields["total"])


async def test_looking_alone_uses_no_gpu_and_leaves_no_job_behind(comfyui: ComfyUI, subject: ServerToCheck):
    findings = await soon(check_server(subject))

    assert would_fail(findings) == []
    assert comfyui.gpu_runs == []
    assert not comfyui.waiting
    assert not findings_of(RUN, findings)


async def test_a_server_that_does_not_answer_is_a_finding(workflows: Mapping[str, Workflow], picture: bytes):
    (finding,) = await soon(check_server(server_to_check("http://127.0.0.1:9", workflows, picture)))

    assert finding == Finding(check=REACHABLE, ok=False, subject="gpu", fields={"reason": "refused"})
    assert finding.needed
    assert finding.fix == ("Start ComfyUI there (elsewhere with --listen), or correct COMFYUI_URL (refused).")


@pytest.mark.parametrize(("token", "ok"), [("right", True), ("wrong", False), (None, False)])
async def test_a_token_is_accepted_or_to_be_set(
    workflows: Mapping[str, Workflow], picture: bytes, token: str | None, ok: bool
):
    async with ComfyUI(token="right") as comfyui:
        findings = await soon(check_server(server_to_check(comfyui.url, workflows, picture, token=token)))

    finding = findings_of(TOKEN, findings)["gpu"]
    assert (finding.ok, finding.fix) == (
        ok,
        "" if ok else "Set COMFYUI_TOKEN to the token that its gateway wants.",
    )


async def test_something_else_at_that_address_is_no_comfyui(
    workflows: Mapping[str, Workflow], picture: bytes
):
    async with TestServer(web.Application()) as other:
        (finding,) = await soon(check_server(server_to_check(str(other.make_url("/")), workflows, picture)))

    assert (finding.check.id, finding.ok, finding.needed) == (REACHABLE.id, False, True)
    assert finding.fix == (
        "Correct COMFYUI_URL: something else answers there (ComfyUI answered something unexpected: HTTP 404)."
    )


async def test_an_old_version_is_to_be_updated(comfyui: ComfyUI, subject: ServerToCheck):
    stats = b'{"system": {"comfyui_version": "0.3.40"}, "devices": []}'
    comfyui.answer(200, path="/system_stats", body=stats)

    findings = await soon(check_server(subject))

    assert findings_of(VERSION, findings)["0.3.40"].fix == "Update ComfyUI. 0.3.45 or newer is needed."


async def test_a_proxy_that_lets_no_websocket_through_is_found_out(
    comfyui: ComfyUI, subject: ServerToCheck, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(server_check, "WEBSOCKET_TIMEOUT", 0.01)  # once it answers
    comfyui.answer(200, path="/ws", times=99)

    findings = await soon(check_server(subject))

    finding = findings_of(WEBSOCKET, findings)["gpu"]
    assert not finding.ok
    assert not finding.needed
    assert finding.text == "its websocket does not open: jobs run, but there are no live steps here"
    assert finding.fix.startswith("Let the proxy in front of it pass websockets (")
    assert findings_of(PROMPT_ID, findings)["gpu"].ok
    assert would_fail(findings) == []


async def test_it_looks_where_comfyuis_usually_listen(comfyui: ComfyUI, monkeypatch: pytest.MonkeyPatch):
    port = int(comfyui.url.rpartition(":")[2])
    monkeypatch.setattr(server_check, "DEFAULT_PORTS", (9, port))

    assert await soon(find_local_servers()) == [comfyui.url]


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("127.0.0.1:8188", "Write http:// in front: COMFYUI_URL=http://127.0.0.1:8188"),
        ("http://no-such-host.invalid:8188", "Correct the host name in COMFYUI_URL"),
    ],
)
async def test_an_address_that_leads_nowhere_is_told_by_its_fault(
    workflows: Mapping[str, Workflow], picture: bytes, url: str, told: str
):
    (finding,) = await soon(check_server(server_to_check(url, workflows, picture)))

    assert (finding.ok, finding.needed) == (False, True)
    assert told in finding.fix


async def test_https_at_a_plain_port_is_told(
    comfyui: ComfyUI, workflows: Mapping[str, Workflow], picture: bytes
):
    url = comfyui.url.replace("http://", "https://")
    (finding,) = await soon(check_server(server_to_check(url, workflows, picture)))

    assert finding.fix == ("Write http:// instead of https:// in COMFYUI_URL (it does not answer in TLS).")


async def test_a_clock_that_is_wrong_is_told(
    comfyui: ComfyUI, subject: ServerToCheck, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(server_check, "MAX_CLOCK_SKEW", -1)

    finding = findings_of(CLOCK, await soon(check_server(subject)))["gpu"]

    assert (finding.ok, finding.needed) == (False, False)
    assert "this machine's" in finding.text


async def test_an_old_version_that_takes_our_ids_is_no_failure(comfyui: ComfyUI, subject: ServerToCheck):
    stats = b'{"system": {"comfyui_version": "0.3.40"}, "devices": []}'
    comfyui.answer(200, path="/system_stats", body=stats)

    findings = await soon(check_server(subject))

    assert would_fail(findings) == []


@pytest.mark.parametrize("installed", [True, False])
async def test_an_attention_is_unproven_until_a_run_shows_it(
    workflows: Mapping[str, Workflow], picture: bytes, installed: bool
):
    files, light = ModelFiles(attention="sageattn"), {"wan21_i2v": workflows["wan21_i2v"]}
    async with ComfyUI(speed=200, sageattention=installed) as comfyui:
        subject = server_to_check(comfyui.url, light, picture, files=files)
        looked = findings_of(UNPROVEN_ATTENTION, await soon(check_server(subject)))
        findings = await soon(check_server(subject, run=True), limit=30)

    assert (looked["sageattn"].ok, looked["sageattn"].needed) == (False, False)
    assert "sageattention" in looked["sageattn"].text
    assert not findings_of(UNPROVEN_ATTENTION, findings)
    ran = findings_of(RUN, findings)["wan21_i2v"]
    assert (ran.ok, ran.needed) == (installed, not installed)
    assert installed or ran.fix.startswith("Set ATTENTION=sdpa, or install the package sageattention")
