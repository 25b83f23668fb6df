"""Messages about a job become events: stages, true steps, nothing twice."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from comfy import Event, Graph, Node, Preview, Sampling, Saved, Stage, Started, Workflow
from comfy.protocol.messages import (
    JobStarted,
    NodeProgress,
    NodeSaved,
    NodeStarted,
    PreviewSent,
    parse_message,
)
from comfy.server.progress import ProgressTracker
from tests.unit.comfy import recorded_responses as recorded
from tests.unit.comfy.job_values import graph


def feed(graph: Graph, frames: list[str]) -> list[Event]:
    tracker = ProgressTracker(graph)
    messages = [message for frame in frames if (message := parse_message(frame))]
    return [event for message in messages for event in tracker.feed(message)]


def test_a_real_run_goes_from_loading_over_true_steps_to_the_file(wan: Workflow):
    events = feed(graph(wan), recorded.run("42_real_run", "corrected graph"))

    assert isinstance(events[0], Started)
    stages = [(event.node, event.stage) for event in events if isinstance(event, Node)]
    assert stages == [
        ("42", Stage.LOADING),
        ("41", Stage.LOADING),
        ("51", Stage.ENCODING),
        ("50", Stage.ENCODING),
        ("49", Stage.ENCODING),
        ("46", Stage.LOADING),
        ("48", Stage.LOADING),
        ("52", Stage.SAMPLING),
        ("52", Stage.LOADING),
        ("52", Stage.SAMPLING),
        ("53", Stage.DECODING),
        ("54", Stage.SAVING),
    ]
    assert [event for event in events if isinstance(event, Sampling)] == [
        Sampling(step=step, steps=4) for step in (1, 2, 3, 4)
    ]
    assert [file.filename for event in events if isinstance(event, Saved) for file in event.files] == [
        "JOBID_00001.mp4"
    ]


def test_weights_counted_in_the_loader_are_no_steps(workflows: Mapping[str, Workflow]):
    events = feed(graph(workflows["wan21_i2v_lightx2v"]), recorded.run("42_real_run", "lightx2v LoRA"))

    assert [event.step for event in events if isinstance(event, Sampling)] == [1, 2, 3, 4]
    assert Node(node="48", stage=Stage.LOADING) in events


@pytest.mark.parametrize(("denoise", "ticks"), [(1.0, 20), (0.99, 20), (0.6, 13), (0.5, 11), (0.1, 3)])
def test_below_full_denoise_the_sampler_takes_fewer_steps(wan: Workflow, denoise: float, ticks: int):
    tracker = ProgressTracker(graph(wan, steps=20, denoise=denoise))
    tick = NodeProgress(prompt_id="job", node="52", value=1, maximum=ticks)

    assert Sampling(step=1, steps=ticks) in list(tracker.feed(tick))


def test_other_bars_of_the_sampler_are_no_steps(wan: Workflow):
    tracker = ProgressTracker(graph(wan, steps=20))

    assert list(tracker.feed(NodeProgress(prompt_id="job", node="52", value=3, maximum=21))) == [
        Node(node="52", stage=Stage.LOADING)
    ]


def test_a_job_joined_in_mid_run_shows_where_it_is(wan: Workflow):
    events = list(
        ProgressTracker(graph(wan)).feed(NodeProgress(prompt_id="job", node="52", value=3, maximum=4))
    )

    assert events == [Node(node="52", stage=Stage.SAMPLING), Sampling(step=3, steps=4)]


def test_a_sampler_that_starts_or_has_loaded_its_weights_says_at_which_step_it_stands(wan: Workflow):
    tracker = ProgressTracker(graph(wan, steps=20))

    def sampling(message: NodeStarted | NodeProgress) -> Sampling | None:
        (event,) = tracker.feed(message)
        assert isinstance(event, Node)
        return event.sampling if event.stage is Stage.SAMPLING else None

    def weights(value: int) -> NodeProgress:
        return NodeProgress(prompt_id="job", node="52", value=value, maximum=800)

    assert sampling(NodeStarted(prompt_id="job", node="51")) is None
    assert sampling(NodeStarted(prompt_id="job", node="52")) == Sampling(step=0, steps=20)
    assert sampling(weights(1)) is None
    assert sampling(weights(800)) == Sampling(step=0, steps=20)
    list(tracker.feed(NodeProgress(prompt_id="job", node="52", value=7, maximum=20)))
    assert sampling(weights(1)) is None
    assert sampling(weights(800)) == Sampling(step=7, steps=20)


def test_a_sampler_whose_steps_are_not_known_is_named_all_the_same(wan: Workflow):
    tracker = ProgressTracker(replace(graph(wan), sampler_steps={}))
    (event,) = tracker.feed(NodeStarted(prompt_id="job", node="52"))

    assert event == Node(node="52", stage=Stage.SAMPLING)
    assert isinstance(event, Node)
    assert event.sampling is None


def test_no_event_is_yielded_twice(wan: Workflow):
    tracker = ProgressTracker(graph(wan))
    messages = [
        JobStarted(prompt_id="job", at=1),
        NodeStarted(prompt_id="job", node="53"),
        NodeProgress(prompt_id="job", node="53", value=1, maximum=3),
    ]

    assert [event for message in messages for event in tracker.feed(message)]
    assert not [event for message in messages for event in tracker.feed(message)]


def test_only_the_output_node_saves_the_result(wan: Workflow):
    tracker = ProgressTracker(graph(wan))
    (saved,) = [
        message
        for frame in recorded.run("42_real_run", "corrected graph")
        if isinstance(message := parse_message(frame), NodeSaved)
    ]
    elsewhere = NodeSaved(prompt_id=saved.prompt_id, node="41", files=saved.files)

    assert list(tracker.feed(saved)) == [Saved(files=saved.files)]
    assert not list(tracker.feed(elsewhere))


def test_a_preview_that_names_no_job_is_ours_only_while_ours_runs(wan: Workflow):
    tracker = ProgressTracker(graph(wan))
    preview = PreviewSent(prompt_id=None, image=b"\xff\xd8\xff", kind="jpeg")

    assert not list(tracker.feed(preview))
    assert list(tracker.start(at=1.0)) == [Started(at=1.0)]
    assert list(tracker.feed(preview)) == [Preview(image=b"\xff\xd8\xff", kind="jpeg")]


@pytest.mark.parametrize("value", [-1, 10**9, -(2**60)])
def test_a_step_beyond_the_last_one_is_none(wan: Workflow, value: int):
    built = graph(wan)
    (node, steps), *_ = built.sampler_steps.items()
    tracker = ProgressTracker(built)
    assert not list(tracker.feed(NodeProgress(prompt_id="job", node=node, value=value, maximum=steps)))
