"""The doctor goes the road of `/animate`: what a plain request would come to."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

import comfy
from jobs.announcer import WaitReason
from jobs.errors import Refusal
from jobs.trial import preferred, sample_jobs, try_request
from storage import Params
from tests.unit.jobs.scripted_server import WORKFLOWS, ScriptedServer

LIGHT, TURBO = "wan21_i2v", "wan21_i2v_lightx2v"


def server(*runnable: str, live: bool = True, answered: bool = True) -> ScriptedServer:
    scripted = ScriptedServer()
    scripted.runnable, scripted.reachable = frozenset(runnable), live
    scripted.unavailable = None if live else comfy.UnavailableReason.UNREACHABLE
    scripted.answered_at = scripted.answered_at if answered else None
    return scripted


def with_preset(numbers: Mapping[str, float]) -> Mapping[str, comfy.Workflow]:
    return {LIGHT: replace(WORKFLOWS[LIGHT], presets={"fast": comfy.Preset(values=numbers)})}


def test_a_request_that_a_server_takes_comes_to_its_job() -> None:
    job = try_request(WORKFLOWS, [server(LIGHT), server(live=False)])
    assert isinstance(job, Params)
    assert (job.workflow, job.preset) == (LIGHT, "fast")


@pytest.mark.parametrize("answered", [True, False])
def test_where_no_server_is_connected_it_would_wait_in_vain(answered: bool) -> None:
    assert try_request(WORKFLOWS, [server(LIGHT, live=False, answered=answered)]) is WaitReason.UNREACHABLE


def test_a_server_that_gives_way_for_now_is_no_fault() -> None:
    busy = server(LIGHT)
    busy.unavailable = comfy.UnavailableReason.GIVING_WAY
    assert isinstance(try_request(WORKFLOWS, [busy]), Params)


def test_where_nothing_can_be_run_it_would_be_refused() -> None:
    with pytest.raises(Refusal):
        try_request(WORKFLOWS, [server()])


def test_every_preset_gives_values_that_its_workflow_takes() -> None:
    for name, samples in sample_jobs(WORKFLOWS).items():
        assert [each.preset for each in samples] == list(WORKFLOWS[name].presets)
        for sample in samples:
            assert comfy.build_graph(WORKFLOWS[name], sample.values, "x.png").workflow == name


def test_a_preset_outside_its_range_is_refused_and_without_a_number_takes_the_graphs() -> None:
    (wide,) = sample_jobs(with_preset({"steps": 900, "cfg": 6.0, "shift": 5.0}))[LIGHT]
    (partial,) = sample_jobs(with_preset({"cfg": 7.0}))[LIGHT]
    assert "range" in wide.refusal
    assert "steps" in wide.refusal
    assert (partial.refusal, partial.values["steps"], partial.values["cfg"]) == ("", 20, 7.0)


def test_a_plain_request_prefers_turbo_then_fast() -> None:
    assert preferred(WORKFLOWS, frozenset(WORKFLOWS)) == (TURBO, "turbo")
    assert preferred(WORKFLOWS, frozenset({LIGHT})) == (LIGHT, "fast")
    assert preferred(WORKFLOWS, frozenset()) is None
