"""One job of a workflow is run as somebody's request would be, and its clip is kept."""

from dataclasses import replace
from pathlib import Path

import pytest

from comfy import SampleJob, ServerToCheck
from comfy.doctor.findings import RUN
from comfy.doctor.job_checks import smallest_values
from comfy.doctor.trial import make_clip
from playground.comfyui import ComfyUI, Failure
from tests.unit.comfy.doctor.checked_servers import findings_of
from tests.unit.comfy.server_jobs import soon

NAME = "wan21_i2v_lightx2v"


def names_in(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()]


@pytest.fixture
def sample(subject: ServerToCheck) -> SampleJob:
    values = {**smallest_values(subject.workflows[NAME]), "steps": 4, "frames": 17}
    return SampleJob(preset="turbo", values=values)


async def test_the_clip_is_kept_under_the_workflows_name(
    comfyui: ComfyUI, subject: ServerToCheck, sample: SampleJob, tmp_path: Path
):
    findings = await soon(make_clip(subject, NAME, sample, tmp_path), limit=30)

    run = findings_of(RUN, findings)[NAME]
    assert run.ok, run.fix
    assert names_in(tmp_path) == [run.fields["clip"]] == [f"{NAME}.mp4"]
    assert len(comfyui.runs) == 1


async def test_a_run_that_breaks_keeps_no_clip(
    comfyui: ComfyUI, subject: ServerToCheck, sample: SampleJob, tmp_path: Path
):
    comfyui.fail_next(Failure.MEMORY)
    (run,) = await soon(make_clip(subject, NAME, sample, tmp_path), limit=30)
    assert "ran out of memory" in run.fix
    assert names_in(tmp_path) == []


async def test_what_cannot_be_run_is_said_before_anything_is_sent(
    comfyui: ComfyUI, subject: ServerToCheck, sample: SampleJob, tmp_path: Path
):
    refused = replace(sample, refusal="steps (101)")
    (run,) = await soon(make_clip(subject, NAME, refused, tmp_path))
    assert (run.ok, "steps (101)" in run.fix) == (False, True)

    gone = replace(subject, url="http://127.0.0.1:9")
    (run,) = await soon(make_clip(gone, NAME, sample, tmp_path), limit=30)
    assert (run.ok, "does not answer" in run.fix) == (False, True)
    assert comfyui.runs == []
