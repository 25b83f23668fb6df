"""Messages about a job become events: stages, true steps, nothing twice."""

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from comfy import (
    BUILT_IN,
    Event,
    Graph,
    Node,
    Preview,
    Sampling,
    Saved,
    Stage,
    Started,
    Workflow,
    load_workflows,
)
from comfy.graphs.ancestors import find_output
from comfy.graphs.nodes import linked_node
from comfy.protocol.messages import (
    JobStarted,
    NodeProgress,
    NodeSaved,
    NodeStarted,
    PreviewSent,
    parse_message,
)
from comfy.server.progress import ProgressTracker
from comfy.workflows.graph import graph_of
from comfy.workflows.stages import parse_stages
from tests.unit.comfy import recorded_responses as recorded
from tests.unit.comfy.job_values import graph
from tests.unit.comfy.workflows import published_nodes

JOB = "job"
WAN = load_workflows(BUILT_IN)["wan21_i2v"]
BOTH = {"executing", "progress", "progress_state"}


def feed(graph: Graph, frames: list[str]) -> list[Event]:
    tracker = ProgressTracker(graph)
    messages = [message for frame in frames if (message := parse_message(frame))]
    return [event for message in messages for event in tracker.feed(message)]


def built_of(name: str) -> Graph:
    """A published graph, as it would be sent."""
    nodes = published_nodes.load(name)
    output = find_output(nodes) or ""
    workflow = replace(WAN, name=name, nodes=nodes, stages=parse_stages({}, nodes, output), output=output)
    return graph_of(workflow, nodes)


def order(built: Graph) -> list[str]:
    """The nodes in an order in which ComfyUI could execute them."""
    found: list[str] = []
    while len(found) < len(built.nodes):
        found += [
            name
            for name, node in built.nodes.items()
            if name not in found and {linked_node(each) for each in node.inputs.values()} - {None} <= {*found}
        ]
    return found


def frames_of(built: Graph, node: str, kinds: set[str], shown_as: str = "") -> list[str]:
    """What ComfyUI 0.33 sends while a node runs, of these kinds; a sampler shows its bar."""
    shown_as = shown_as or node
    maximum = built.sampler_steps.get(shown_as, 0)
    started = {"type": "executing", "data": {"node": node, "display_node": shown_as, "prompt_id": JOB}}
    messages: list[Mapping[str, object]] = [state(node, shown_as, 0, 1, "running"), started]
    for value in range(1, maximum + 1):
        bar = {"value": value, "max": maximum, "prompt_id": JOB, "node": node}
        messages += [state(node, shown_as, value, maximum, "running"), {"type": "progress", "data": bar}]
    messages.append(state(node, shown_as, maximum or 1, maximum or 1, "finished"))
    return [json.dumps(message) for message in messages if message["type"] in kinds]


def state(node: str, shown_as: str, value: int, maximum: int, name: str) -> Mapping[str, object]:
    bar = {"value": value, "max": maximum, "state": name, "display_node_id": shown_as}
    return {"type": "progress_state", "data": {"prompt_id": JOB, "nodes": {node: bar}}}


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


def test_the_bars_own_maximum_counts(wan: Workflow):
    tracker = ProgressTracker(graph(wan, steps=20))

    assert list(tracker.feed(NodeProgress(prompt_id="job", node="52", value=3, maximum=21))) == [
        Node(node="52", stage=Stage.SAMPLING),
        Sampling(step=3, steps=21),
    ]


@pytest.mark.parametrize("name", published_nodes.NAMES)
@pytest.mark.parametrize("kinds", [BOTH, {"executing", "progress"}, {"progress_state"}], ids=len)
def test_every_step_of_every_sampler_is_told_and_nothing_loads_meanwhile(name: str, kinds: set[str]):
    built = built_of(name)
    frames = [frame for node in order(built) for frame in frames_of(built, node, kinds)]

    events = feed(built, frames)

    total = sum(built.sampler_steps.values())
    steps = [event for event in events if isinstance(event, Sampling)]
    assert steps == [Sampling(step=step, steps=total) for step in range(1, total + 1)]
    during = events[events.index(steps[0]) : events.index(steps[-1])]
    loaders = {node for node in built.nodes if "Load" in built.nodes[node].class_type}
    stages = {event.stage for event in during if isinstance(event, Node) and event.node not in loaders}
    assert stages <= {Stage.SAMPLING, Stage.DECODING, Stage.ENCODING}


def test_the_tracker_says_how_many_steps_were_seen():
    built = built_of("video_ltx2_3_i2v")
    tracker = ProgressTracker(built)
    for node in order(built):
        for frame in frames_of(built, node, BOTH):
            message = parse_message(frame)
            assert message
            list(tracker.feed(message))

    assert tracker.steps == 11


def test_a_sampler_whose_result_is_cached_counts_as_done():
    built = built_of("ex_image_to_video_wan22_14B")
    cached = {"type": "execution_cached", "data": {"prompt_id": JOB, "nodes": ["57", "37", "54"]}}
    frames = [json.dumps(cached), *frames_of(built, "58", BOTH)]

    events = feed(built, frames)

    assert events[0] == Node(node="58", stage=Stage.SAMPLING, sampling=Sampling(step=10, steps=20))
    assert events[1:] == [Sampling(step=step, steps=20) for step in range(11, 21)]


def test_a_sampler_without_a_bar_is_named_while_it_runs_and_done_when_the_next_node_runs():
    built = built_of("ex_image_to_video_wan22_14B")
    started = [NodeStarted(prompt_id=JOB, node=node) for node in ("57", "58", "8")]
    tracker = ProgressTracker(built)

    events = [event for message in started for event in tracker.feed(message)]

    assert [event.sampling for event in events if isinstance(event, Node)] == [
        Sampling(step=0, steps=20),
        Sampling(step=10, steps=20),
        None,
    ]


@pytest.mark.parametrize("kinds", [BOTH, {"progress_state"}], ids=len)
def test_a_node_that_another_node_made_is_the_node_that_it_is_shown_as(kinds: set[str]):
    built = built_of("ex_image_to_video_wan22_5B")
    frames = frames_of(built, "3.0.0.1", kinds, shown_as="3")

    events = feed(built, frames)

    assert events[0] == Node(node="3", stage=Stage.SAMPLING)
    assert [event.step for event in events if isinstance(event, Sampling)] == list(range(1, 31))


def test_what_only_describes_a_sampler_does_not_sample():
    tracker = ProgressTracker(built_of("video_ltx2_3_i2v"))

    assert list(tracker.feed(NodeStarted(prompt_id=JOB, node="320:280"))) == [
        Node(node="320:280", stage=Stage.LOADING)
    ]


def test_bars_of_loaders_and_decoders_are_no_steps():
    built = built_of("video_ltx2_3_i2v")
    tracker = ProgressTracker(built)
    ticks = [NodeProgress(prompt_id=JOB, node=node, value=2, maximum=8) for node in ("320:316", "320:315")]

    events = [event for tick in ticks for event in tracker.feed(tick)]

    assert events == [
        Node(node="320:316", stage=Stage.LOADING),
        Node(node="320:315", stage=Stage.DECODING),
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
