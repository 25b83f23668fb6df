"""One frame of the websocket in, one message out, whatever the frame is."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comfy.protocol.files import OutputFile
from comfy.protocol.messages import (
    JobEnded,
    JobEnding,
    JobStarted,
    NodeProgress,
    NodeSaved,
    NodesCached,
    NodeStarted,
    NodeState,
    NodeStates,
    PreviewSent,
    QueueChanged,
    parse_message,
)
from tests.unit.comfy import recorded_responses as recorded

JOB = "4ed73a0c-6fcc-45ed-ac73-e525cec927fa"
JPEG = b"\xff\xd8\xff\xe0 a picture"


def running(value: int, maximum: int) -> NodeStates:
    state = NodeState(node="3", shown_as="3", value=value, maximum=maximum, finished=False)
    return NodeStates(prompt_id=JOB, states=(state,))


def test_a_node_that_another_one_made_is_shown_as_a_node_of_the_graph():
    state = {"value": 2.5, "max": 4, "state": "finished", "display_node_id": "3"}
    frame = {"type": "progress_state", "data": {"prompt_id": JOB, "nodes": {"3.0.1": state}}}
    started = {"type": "executing", "data": {"prompt_id": JOB, "node": "3.0.1", "display_node": "3"}}

    assert parse_message(json.dumps(frame)) == NodeStates(
        prompt_id=JOB,
        states=(NodeState(node="3.0.1", shown_as="3", value=2, maximum=4, finished=True),),
    )
    assert parse_message(json.dumps(started)) == NodeStarted(prompt_id=JOB, node="3.0.1", shown_as="3")


def test_a_success_is_parsed_in_the_recorded_order():
    messages = [parse_message(frame) for frame in recorded.messages("10_success_then_cached")]
    of_job = [message for message in messages if getattr(message, "prompt_id", None) == JOB]

    assert of_job[:5] == [
        JobStarted(prompt_id=JOB, at=1795336764.317),
        NodesCached(prompt_id=JOB, nodes=frozenset({"1", "2"})),
        running(0, 1),
        NodeStarted(prompt_id=JOB, node="3", shown_as="3"),
        running(1, 4),
    ]
    assert of_job[5] == NodeProgress(prompt_id=JOB, node="3", value=1, maximum=4)
    of_job = [message for message in of_job if not isinstance(message, NodeStates)]
    saved = OutputFile(filename="cap_00003_.png", subfolder="", type="output")
    assert of_job[-3:] == [
        NodeSaved(prompt_id=JOB, node="4", files=(saved,)),
        JobEnding(prompt_id=JOB),
        JobEnded(prompt_id=JOB),
    ]


def test_any_change_of_the_queue_is_a_message():
    assert parse_message(recorded.messages("10_success_then_cached")[0]) == QueueChanged()


@pytest.mark.parametrize("recording", ["11_execution_error", "12_interrupt"])
def test_a_fault_and_a_stop_are_ends(recording: str):
    kinds = ("execution_error", "execution_interrupted")
    ends = [frame for frame in recorded.messages(recording) if json.loads(frame)["type"] in kinds]

    assert ends
    assert all(isinstance(parse_message(frame), JobEnding) for frame in ends)


def test_a_message_that_does_not_name_its_job_is_dropped():
    assert parse_message('{"type": "executing", "data": {"node": "3"}}') is None


def test_a_preview_with_metadata_names_its_job():
    preview = parse_message(recorded.frame("10"))

    assert isinstance(preview, PreviewSent)
    assert preview.prompt_id == JOB
    assert preview.kind == "jpeg"
    assert preview.image.startswith(b"\xff\xd8\xff")
    assert preview.image.endswith(b"\xff\xd9")


def test_a_plain_preview_names_no_job():
    preview = parse_message(recorded.frame("42"))

    assert isinstance(preview, PreviewSent)
    assert preview.prompt_id is None
    assert preview.image == recorded.frame("42")[8:]


def test_the_header_of_video_helper_suite_is_no_part_of_the_picture():
    events = recorded.load("42_real_run")["events"]
    heads = [bytes.fromhex(event["head_hex"]) for event in events if event["kind"] == "ws_binary"]
    its_own = [head for head in heads if b"52" in head]

    assert its_own
    for head in its_own:
        assert parse_message(head + JPEG) == PreviewSent(prompt_id=None, image=JPEG, kind="jpeg")


def test_a_png_preview_is_a_png():
    png = b"\x89PNG\r\n\x1a\n..."
    assert parse_message(bytes([0, 0, 0, 1, 0, 0, 0, 2]) + png) == PreviewSent(
        prompt_id=None, image=png, kind="png"
    )


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "null",
        "[]",
        "{",
        '{"type": []}',
        '{"type": "progress"}',
        '{"type": "progress", "data": {"prompt_id": "a", "node": "1", "value": NaN, "max": 4}}',
        '{"type": "progress", "data": {"prompt_id": "a", "node": "1", "value": true, "max": 4}}',
        '{"type": "executed", "data": {"prompt_id": "", "node": "1", "output": {"gifs": [{"filename": 1}]}}}',
        '{"type": "crystools.monitor", "data": {}}',
        "[" * 100_000,
        "9" * 10_000,
        b"",
        b"\x00\x00\x00\x01",
        b"\x00\x00\x00\x01\x00\x00\x00\x01no picture",
        b"\x00\x00\x00\x04\xff\xff\xff\xff{}",
        b"\x00\x00\x00\x09anything",
    ],
)
def test_what_cannot_be_understood_is_dropped(frame: str | bytes):
    assert parse_message(frame) is None


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("1")
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)
KINDS = st.sampled_from(["status", "execution_start", "executing", "progress", "executed", "execution_error"])
FIELDS = st.sampled_from(["prompt_id", "node", "value", "max", "timestamp", "output", "gifs", "filename"])
MESSAGES = st.fixed_dictionaries({"type": KINDS, "data": st.dictionaries(FIELDS, VALUES)}).map(json.dumps)


@pytest.mark.long
def test_no_frame_makes_it_raise(request: pytest.FixtureRequest):
    examples = 10_000 if request.config.getoption("--long") else 200

    @settings(max_examples=examples, deadline=None)
    @given(st.text() | st.binary() | VALUES.map(json.dumps) | MESSAGES)
    def never_raises(frame: str | bytes):
        parse_message(frame)

    never_raises()


def test_frames_over_their_limit_are_not_looked_at():
    head = bytes([0, 0, 0, 1, 0, 0, 0, 1])
    assert parse_message(head + JPEG + bytes(2**20)) is None
    assert parse_message(head + JPEG + bytes(2**19)) is not None
    assert parse_message('{"type": "status", "data": {"x": "' + "x" * 2**16 + '"}}') is None


def test_a_start_without_a_time_is_one_all_the_same():
    for time in ('"soon"', "NaN", "1e999", "null", "-1"):
        frame = f'{{"type": "execution_start", "data": {{"prompt_id": "{JOB}", "timestamp": {time}}}}}'
        message = parse_message(frame)
        assert isinstance(message, JobStarted)
        assert math.isfinite(message.at)


def test_a_node_with_very_many_files_has_some_of_them():
    files = [{"filename": "a.mp4"}] * 1000
    data = {"prompt_id": JOB, "node": "1", "output": {"gifs": files}}
    message = parse_message(json.dumps({"type": "executed", "data": data}))
    assert isinstance(message, NodeSaved)
    assert len(message.files) < 100
