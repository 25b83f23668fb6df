"""No renderer's work grows faster than the text: counted in lines of Python, as seconds decide no test."""

import gc
import sys
from collections.abc import Callable
from types import FrameType

import pytest

from benchmarks.renderers import RENDERERS, TEXTS, build_job
from storage import Job

TraceFunction = Callable[[FrameType, str, object], object]
WORST = ("<", "newlines", "links", "CJK", "< and *", "mixed")
MAX_STEPS = 100_000  # about 20 ms
MORE_SHOWN = 5_000  # a longer text may show a sentence more
SUGGESTIONS = "suggested"  # they go over a hundred jobs, whatever their texts are


def count_steps(render: Callable[[Job], object], job: Job) -> int:
    steps = 0

    def count(frame: FrameType, event: str, _: object) -> TraceFunction:
        nonlocal steps
        steps += event == "line"
        return count

    before = sys.gettrace()
    gc.disable()  # what is collected meanwhile may run lines of others
    sys.settrace(count)
    try:
        render(job)
    finally:
        sys.settrace(before)
        gc.enable()
    return steps


@pytest.mark.parametrize("renderer", [each for each in RENDERERS if not each.startswith(SUGGESTIONS)])
@pytest.mark.parametrize("text", WORST)
def test_twice_the_text_is_at_most_about_twice_the_work(renderer: str, text: str) -> None:
    half, whole = (build_job(TEXTS[text], part=part) for part in (0.5, 1.0))
    render = RENDERERS[renderer]
    render(whole)  # what is built once
    assert count_steps(render, whole) < 2.5 * count_steps(render, half) + MORE_SHOWN
    assert count_steps(render, whole) < MAX_STEPS
