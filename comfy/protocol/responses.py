"""HTTP responses about a job: its position, its outcome from the history, why it was rejected."""

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, field

from comfy.errors import BadAnswer, GraphRejected, MissingModel, NodeFailed, NodeMissing
from comfy.printable import printable
from comfy.protocol.files import OutputFile
from comfy.protocol.json_values import (
    as_list,
    as_mapping,
    as_number,
    as_printable,
    as_text,
    is_list,
    is_mapping,
    parse_json,
)
from comfy.protocol.messages import parse_files
from comfy.protocol.object_info import base_name, is_model_file

# A path or an address in an error message: /srv/x.png, C:\x.png, \\host\x, http://host/x, 10.0.0.1:8188.
PATH_OR_ADDRESS = re.compile(
    r"""
      (?<=')(?:~?/|[A-Za-z]:[\\/]|\\\\)[^']*(?=')
    | (?<=")(?:~?/|[A-Za-z]:[\\/]|\\\\)[^"]*(?=")
    | \w+://\S+
    | [A-Za-z]:[\\/].*
    | \\\\.*
    | (?<![\w.])~?/[^\s'"]+
    | \b\d+\.\d+\.\d+\.\d+(?::\d+)?
    """,
    re.VERBOSE,
)
MAX_MESSAGE_LENGTH = 1000
MAX_REASON_LENGTH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The job made its clip.

    `files`: empty where the history names none; the websocket may have named them.
    `seconds`: from start to success, as the server says; None where it says nothing that can be so.
    `steps`: the sampling steps that its progress told, without those of samplers that did not run.
    """

    files: tuple[OutputFile, ...]
    seconds: float | None
    steps: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A node of the job failed."""

    error: NodeFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted:
    """The job was stopped, at `node` ("" when it had not started)."""

    node: str


Outcome = Done | Failed | Interrupted


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """The job waits behind `ahead` others, whoever sent them."""

    ahead: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The server executes the job now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The job ended with this outcome."""

    outcome: Outcome


JobPosition = Pending | Running | Finished


def parse_history(answer: object, prompt_id: str, output: str | None = None) -> Outcome | None:
    """Parse `/history/{prompt_id}`: how the job ended; None while it runs and when it is not there.

    `output` is the node whose files are the result, None for all nodes' files; where another graph ran than
    the one that has it, its last nodes' files are. Raises BadAnswer.
    """
    history = as_mapping(answer, "the history")
    if prompt_id not in history:
        return None
    entry = as_mapping(history[prompt_id], "a history entry")
    status = as_mapping(entry.get("status"), "its status")
    messages = {
        as_text(kind): as_mapping(data)
        for kind, data in map(_parse_pair, as_list(status.get("messages"), "its messages"))
    }
    # status_str says "error" for an interrupted job, too: the messages show which it is.
    if "execution_interrupted" in messages:
        return Interrupted(node=as_printable(messages["execution_interrupted"].get("node_id")))
    if "execution_error" in messages:
        return Failed(error=parse_node_error(messages["execution_error"]))
    if status.get("status_str") != "success":
        raise BadAnswer(reason="an end that is neither success, fault nor stop")
    return Done(files=_result_files(entry, output), seconds=_duration(messages))


def _parse_pair(message: object) -> tuple[object, object]:
    match as_list(message):
        case [kind, data]:
            return kind, data
        case _:
            raise BadAnswer(reason="a message that is no pair")


def _result_files(entry: Mapping[str, object], output: str | None) -> tuple[OutputFile, ...]:
    outputs = as_mapping(entry.get("outputs") or {}, "its outputs")
    last = _last_nodes(entry.get("prompt"))
    results = last if last and output not in (None, *last) else {output}
    wanted = [as_mapping(value) for node, value in outputs.items() if output is None or node in results]
    return tuple(file for value in wanted for file in parse_files(value))


def _last_nodes(prompt: object) -> AbstractSet[str]:
    """The nodes of the graph that ran which no other node needs; none where the history does not have it."""
    graph = prompt[2] if is_list(prompt) and len(prompt) > 2 else None
    if not is_mapping(graph):
        return frozenset()
    inputs = [each.get("inputs") for each in graph.values() if is_mapping(each)]
    values = [value for each in inputs if is_mapping(each) for value in each.values()]
    links = [value[0] for value in values if is_list(value) and len(value) == 2]
    return graph.keys() - {source for source in links if isinstance(source, str)}


def _duration(messages: Mapping[str, Mapping[str, object]]) -> float | None:
    try:
        start, end = (
            as_number(messages.get(kind, {}).get("timestamp"))
            for kind in ("execution_start", "execution_success")
        )
    except BadAnswer:
        return None
    return (end - start) / 1000 if end >= start else None  # its clock may have been set back


def parse_node_error(data: Mapping[str, object]) -> NodeFailed:
    """Parse an `execution_error`. Raises BadAnswer."""
    message, kind = (data.get(key) for key in ("exception_message", "exception_type"))
    kind = as_printable(kind)
    text = message if isinstance(message, str) else ""
    return NodeFailed(
        node=as_printable(data.get("node_id")),
        class_type=as_printable(data.get("node_type")),
        reason=sanitize(text) or kind,
        out_of_memory="OutOfMemory" in kind or "out of memory" in text[:MAX_MESSAGE_LENGTH].lower(),
    )


def sanitize(message: str) -> str:
    """The first line of an error message, without paths and addresses, at most 200 characters."""
    # Cut first: searching for addresses takes time that grows with the square of a word's length.
    first = next(iter(message[:MAX_MESSAGE_LENGTH].strip().splitlines()), "")
    return PATH_OR_ADDRESS.sub("…", printable(first, MAX_MESSAGE_LENGTH))[:MAX_REASON_LENGTH]


def parse_fault_words(body: bytes) -> str:
    """What the body of a 5xx answer says, in one line; "" for a gateway's page and an empty body."""
    text = body.decode(errors="replace").strip()
    if text.startswith("<"):
        return ""  # its words are the gateway's, and name hosts
    with suppress(BadAnswer):
        text = _message_in(parse_json(text)) or text
    return sanitize(" ".join(text[:MAX_MESSAGE_LENGTH].split()))


def _message_in(value: object) -> str:
    """The first text of `{"error": …}`, `{"error": {"message": …}}` and the like; "" where there is none."""
    if not is_mapping(value):
        return ""
    for key in ("error", "message", "detail"):
        inner = value.get(key)
        if text := inner if isinstance(inner, str) else _message_in(inner):
            return text
    return ""


def parse_rejection(answer: object) -> GraphRejected:
    """Parse the 400 of `POST /prompt`: its first fault. Raises BadAnswer."""
    return parse_rejections(answer)[0]


def parse_rejections(answer: object) -> Sequence[GraphRejected]:
    """Parse the 400 of `POST /prompt`: all its faults, at least one. Raises BadAnswer."""
    body = as_mapping(answer, "the refusal")
    faults = parse_node_faults(body.get("node_errors"))
    return faults or [_parse_error(as_mapping(body.get("error"), "error"))]


def _parse_error(error: Mapping[str, object]) -> GraphRejected:
    info = as_mapping(error.get("extra_info") or {}, "extra_info")
    node, class_type = (as_printable(info.get(key)) for key in ("node_id", "class_type"))
    reason = _reason(error)
    if error.get("type") == "missing_node_type":
        return NodeMissing(node=node, class_type=class_type, reason=reason)
    return GraphRejected(node=node, class_type=class_type, reason=reason)


def parse_node_faults(node_errors: object) -> Sequence[GraphRejected]:
    """Parse `node_errors`: the faults of each node. Raises BadAnswer."""
    return [
        _parse_fault(node, as_text(info.get("class_type"), "class_type"), as_mapping(fault))
        # Some versions send an empty list where there are none.
        for node, value in as_mapping(node_errors or {}, "node_errors").items()
        for info in [as_mapping(value)]
        for fault in as_list(info.get("errors"), "errors")
    ]


def _parse_fault(node: str, class_type: str, fault: Mapping[str, object]) -> GraphRejected:
    info = as_mapping(fault.get("extra_info") or {}, "extra_info")
    field, received = as_printable(info.get("input_name")), as_printable(info.get("received_value"))
    reason = _reason(fault)
    if fault.get("type") == "value_not_in_list" and is_model_file(received):
        file = base_name(received)
        return MissingModel(node=node, class_type=class_type, field=field, reason=reason, file=file)
    return GraphRejected(node=node, class_type=class_type, field=field, reason=reason)


def _reason(fault: Mapping[str, object]) -> str:
    message = fault.get("message")
    return sanitize(message) if isinstance(message, str) else ""
