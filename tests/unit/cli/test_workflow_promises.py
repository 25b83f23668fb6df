"""A clip is held against what people were told of it."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from cli.workflow_promises import Promise, broken_promises, promise_of
from comfy.workflows.workflow import SizeRule
from jobs.trial import sample_jobs
from media import Clip
from tests.unit.jobs.scripted_server import WORKFLOWS

PROMISE = Promise(frames=81, fps=16, size=(832, 480), sound=False)
CLIP = Clip(
    width=832,
    height=480,
    frames=81,
    fps=16.0,
    seconds=81 / 16,
    codec="h264",
    pixel_format="yuv420p",
    bytes=1,
    faststart=True,
    sound=False,
)


def test_the_promise_of_a_plain_request_is_that_of_its_rules() -> None:
    workflow = WORKFLOWS["wan21_i2v"]
    promise = promise_of(workflow, sample_jobs(WORKFLOWS)["wan21_i2v"][0].values)
    assert promise == PROMISE
    assert str(promise) == "81 frames, 16 fps, 832×480, no sound"


def test_what_only_the_graph_fixes_is_promised_too() -> None:
    rules = replace(
        WORKFLOWS["wan21_i2v"].rules, frames=14, fps=10, size=SizeRule(sizes=((64, 32),)), sound=True
    )
    promise = promise_of(replace(WORKFLOWS["wan21_i2v"], rules=rules), {})
    assert promise == Promise(frames=14, fps=10, size=(64, 32), sound=True)


def test_a_clip_as_promised_breaks_nothing() -> None:
    assert broken_promises(PROMISE, CLIP) == []
    assert broken_promises(Promise(frames=None, fps=None, size=None, sound=False), CLIP) == []
    assert broken_promises(PROMISE, replace(CLIP, fps=16.129)) == []  # WebP's whole milliseconds


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"frames": 80}, "it has 80 frames, not 81"),
        ({"fps": 24.0}, "it runs at 24 fps, not 16"),
        ({"width": 480, "height": 832}, "it is 480×832, not 832×480"),
        ({"sound": True}, "it has sound, which nobody is told of"),
    ],
)
def test_each_difference_is_told(changed: Mapping[str, object], told: str) -> None:
    assert broken_promises(PROMISE, replace(CLIP, **changed)) == [told]


def test_sound_that_is_missing_is_told() -> None:
    assert broken_promises(replace(PROMISE, sound=True), CLIP) == ["it has no sound"]
