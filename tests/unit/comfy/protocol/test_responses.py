"""What ComfyUI answers over HTTP, each end and each refusal as what it is."""

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comfy import (
    BadAnswer,
    ComfyError,
    Done,
    Failed,
    GraphRejected,
    Interrupted,
    MissingModel,
    NodeMissing,
    OutputFile,
)
from comfy.protocol.queue import parse_queue
from comfy.protocol.responses import (
    parse_fault_words,
    parse_history,
    parse_node_error,
    parse_node_faults,
    parse_rejection,
    sanitize,
)
from comfy.protocol.system_stats import parse_system_stats
from tests.unit.comfy import recorded_responses as recorded

UNKNOWN = "00000000-0000-0000-0000-000000000000"


def outcomes(recording: str) -> list[object]:
    """How the jobs of a recording ended, by its answers from /history/{id}."""
    bodies = [event["body"] for event in recorded.answers(recording, "/history/")]
    return [parse_history(body, prompt_id) for body in bodies for prompt_id in body]


def test_a_success_has_its_files_and_the_servers_own_seconds():
    (outcome,) = outcomes("44_temp_files")

    assert outcome == Done(
        files=(OutputFile(filename="job_00001.mp4", subfolder="animate", type="temp"),), seconds=3.656
    )


def test_an_answer_from_the_cache_has_files_too():
    _, cached, _ = outcomes("10_success_then_cached")

    assert isinstance(cached, Done)
    assert [file.filename for file in cached.files] == ["cap_00003_.png"]
    assert cached.seconds == 0.003


def test_a_fault_names_the_node_and_the_reason_without_a_path():
    faults = [outcome.error for outcome in outcomes("11_execution_error") if isinstance(outcome, Failed)]

    assert [(fault.class_type, fault.reason, fault.out_of_memory) for fault in faults] == [
        ("BotTestSlowSteps", "deliberate failure at step 2", False),
        ("BotTestSlowSteps", "Allocation on device 0 would exceed allowed memory. (out of memory)", True),
        ("LoadImage", "cannot identify image file '…'", False),
    ]


def test_a_stop_is_distinguished_from_a_fault_though_both_are_called_error():
    stopped = [outcome for outcome in outcomes("12_interrupt") if not isinstance(outcome, Done)]

    assert len(stopped) > 2
    assert all(isinstance(outcome, Interrupted) for outcome in stopped)


def test_a_job_that_is_not_in_the_history_has_no_outcome():
    assert parse_history({}, UNKNOWN) is None


def test_only_the_files_of_the_output_node_count():
    (body,) = [event["body"] for event in recorded.answers("44_temp_files", "/history/")]
    (prompt_id,) = body

    assert isinstance(parse_history(body, prompt_id, "54"), Done)
    silent = parse_history(body, prompt_id, "53")
    assert isinstance(silent, Done)
    assert silent.files == ()


GRAPH = {
    "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0]}},
    "28": {"class_type": "SaveAnimatedWEBP", "inputs": {"images": ["8", 0], "odd": [{}, 1]}},
    "47": {"class_type": "SaveWEBM", "inputs": {"images": ["8", 0]}},
}


@pytest.mark.parametrize(
    ("output", "graph", "names"),
    [
        ("47", GRAPH, ["47.webm"]),
        ("28", GRAPH, ["28.webp"]),
        ("54", GRAPH, ["28.webp", "47.webm"]),  # another graph ran than the one that has it
        ("54", {"8": GRAPH["8"], "47": GRAPH["47"]}, ["47.webm"]),
        ("8", {"8": GRAPH["8"], "47": GRAPH["47"]}, ["47.webm"]),
        ("47", {}, ["47.webm"]),
        ("54", {}, []),
        ("54", "no graph", []),
        (None, GRAPH, ["28.webp", "8.png", "47.webm"]),
    ],
)
@pytest.mark.parametrize("key", ["images", "gifs", "videos"])
def test_of_several_outputs_the_files_of_the_graphs_own_are_the_result(
    output: str | None, graph: object, names: list[str], key: str
):
    files = {"28": "28.webp", "8": "8.png", "47": "47.webm"}
    entry = {
        "prompt": [1, "job", graph, {}, ["28", "47"]],
        "outputs": {
            node: {key: [{"filename": name, "subfolder": "", "type": "output"}], "animated": [True]}
            for node, name in files.items()
        },
        "status": {"status_str": "success", "messages": []},
    }

    outcome = parse_history({"job": entry}, "job", output)

    assert isinstance(outcome, Done)
    assert [file.filename for file in outcome.files] == names


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            b"500 Internal Server Error\n\nServer got itself in trouble",
            "500 Internal Server Error Server got itself in trouble",
        ),
        (b'{"error": "no space left on /data/x.png"}', "no space left on …"),
        (b'{"error": {"type": "x", "message": "the queue is full"}}', "the queue is full"),
        (b'{"detail": ["?"]}', '{"detail": ["?"]}'),
        (b"<!DOCTYPE html><title>gpu.example.org | 524: A timeout occurred</title>", ""),
        (b"\xff\x1b[2J\xe2\x80\xae" + b"x" * 5000, "\ufffd" + "x" * 199),
        (b"", ""),
    ],
)
def test_the_words_of_a_fault_are_one_line_without_pages_and_addresses(body: bytes, words: str):
    assert parse_fault_words(body) == words


REFUSALS = [
    (
        "20_wrong_values",
        "seed workflow, no model files",
        MissingModel,
        ("43", "WanVideoVAELoader", "model_name"),
    ),
    ("20_wrong_values", "above max", GraphRejected, ("50", "WanVideoImageClipEncode", "generation_width")),
    ("20_wrong_values", "unknown scheduler", GraphRejected, ("52", "WanVideoSampler", "scheduler")),
    ("03_prompt_validation", "unknown node class", NodeMissing, ("3", "NoSuchNode", "")),
    ("03_prompt_validation", "node without class_type", NodeMissing, ("3", "", "")),
    ("03_prompt_validation", "missing image file", GraphRejected, ("1", "LoadImage", "image")),
    ("03_prompt_validation", "required input missing", GraphRejected, ("3", "BotTestSlowSteps", "steps")),
    ("03_prompt_validation", "link to a missing node", GraphRejected, ("2", "ImageScale", "images")),
    ("03_prompt_validation", "no output node", GraphRejected, ("", "", "")),
    ("03_prompt_validation", "prompt_id not a uuid", GraphRejected, ("", "", "")),
]


@pytest.mark.parametrize(("recording", "note", "kind", "place"), REFUSALS, ids=[row[1] for row in REFUSALS])
def test_a_refusal_names_node_class_and_field(
    recording: str, note: str, kind: type[GraphRejected], place: tuple[str, str, str]
):
    refusal = parse_rejection(recorded.answer(recording, note))

    assert type(refusal) is kind
    assert (refusal.node, refusal.class_type, refusal.field) == place
    assert refusal.reason


def test_a_missing_model_is_named_by_its_file_alone():
    refusal = parse_rejection(recorded.answer("20_wrong_values", "seed workflow, no model files"))

    assert isinstance(refusal, MissingModel)
    assert refusal.file == "Wan2_1_VAE_bf16.safetensors"


def test_a_graph_accepted_in_part_has_faults():
    accepted = recorded.answer("03_prompt_validation", "two outputs, one invalid")

    assert [(fault.node, fault.field) for fault in parse_node_faults(accepted["node_errors"])] == [
        ("5", "images")
    ]
    assert parse_node_faults({}) == []


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("cannot open '/srv/comfyui/input/a b.png' now", "cannot open '…' now"),
        (r"no file C:\Users\me\x.png", "no file …"),
        (r"\\host\share\x is gone", "…"),
        ("see http://10.0.0.1:8188/x?token=1", "see …"),
        ("connect to 192.168.1.7:8188 failed", "connect to … failed"),
        ("~/models/x.safetensors is missing", "… is missing"),
        ("shape '[1, 20, 4, 54, 72]' is invalid", "shape '[1, 20, 4, 54, 72]' is invalid"),
        ("a 3/4 and b/c", "a 3/4 and b/c"),
        ("first\nsecond", "first"),
        ("", ""),
        ("x" * 500, "x" * 200),
    ],
)
def test_messages_of_the_server_lose_paths_and_addresses(words: str, shown: str):
    assert sanitize(words) == shown


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
KEYS = st.sampled_from(
    ["job", "status", "status_str", "messages", "outputs", "gifs", "filename", "queue_running", "error"]
)
ANSWERS = st.recursive(
    SCALARS | st.sampled_from(["job", "success", "error", "execution_error"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=2), inner, max_size=4)
    ),
    max_leaves=12,
)
HISTORIES = st.fixed_dictionaries(
    {"job": st.fixed_dictionaries({"status": ANSWERS, "outputs": ANSWERS}) | ANSWERS}
)


def test_no_answer_raises_anything_but_our_errors(request: pytest.FixtureRequest):
    examples = 10_000 if request.config.getoption("--long") else 200

    @settings(max_examples=examples, deadline=None)
    @given(ANSWERS | HISTORIES)
    def raises_ours(answer: object):
        wire = json.loads(json.dumps(answer))
        for parse in (
            lambda: parse_history(wire, "job"),
            lambda: parse_queue(wire).find("job"),
            lambda: parse_system_stats(wire, 0.1),
            lambda: parse_rejection(wire),
        ):
            with suppress(ComfyError):
                parse()

    raises_ours()


@pytest.mark.parametrize(
    ("start", "end", "seconds"),
    [
        (1000, 4656, 3.656),
        (1000, 2592001000, 2592000.0),
        (3601000, 1000, None),
        (float("nan"), 1000, None),
        (1000, float("inf"), None),
        (1000, 10**400, None),
        (1000, "4656", None),
        (None, 4656, None),
    ],
)
def test_a_clip_is_had_whatever_the_times_say(start: object, end: object, seconds: float | None):
    messages = [["execution_start", {"timestamp": start}], ["execution_success", {"timestamp": end}]]
    entry = {
        "status": {"status_str": "success", "messages": messages},
        "outputs": {"1": {"gifs": [{"filename": "a.mp4", "type": "temp"}]}},
    }
    outcome = parse_history({"job": entry}, "job")
    assert isinstance(outcome, Done)
    assert outcome.seconds == seconds


@pytest.mark.parametrize("key", ["exception_message", "exception_type", "node_id", "node_type"])
def test_no_text_of_a_fault_forges_a_line(key: str):
    fault = {"exception_message": "m", "exception_type": "t", "node_id": "1", "node_type": "N"}
    error = parse_node_error({**fault, key: "\x1b[2Jone\u202e\u2028two\x85three"})
    assert all(value.isprintable() for value in vars(error).values() if isinstance(value, str))
    assert str(error).isprintable()


def test_a_message_of_megabytes_is_cut_before_it_is_searched():
    assert len(sanitize("a" * 10**7)) == 200


def test_a_file_with_control_characters_is_a_bad_answer():
    entry = {"status": {"status_str": "success", "messages": []}}
    for name in ("a\n.mp4", "a\x1b[2J.mp4", "a\u202e.mp4", "a\ud800.mp4"):
        with pytest.raises(BadAnswer):
            parse_history({"job": {**entry, "outputs": {"1": {"gifs": [{"filename": name}]}}}}, "job")


def test_what_a_server_says_of_itself_is_printable():
    device = {"name": "GPU\x1b[2J\nFATAL", "type": "cuda\u202e", "vram_free": 1, "vram_total": 2}
    stats = parse_system_stats({"system": {"comfyui_version": "1\r\n2"}, "devices": [device]}, 0)
    assert (stats.version, stats.devices[0].name, stats.devices[0].kind) == ("1 2", "GPU FATAL", "cuda")
