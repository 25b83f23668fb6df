"""What ComfyUI answers over HTTP: its queue, a job's history, a refusal."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from comfy.errors import BadAnswer, GraphRejected, MissingModel, NodeFailed, NodeMissing
from comfy.protocol.files import OutputFile
from comfy.protocol.json_values import as_list, as_mapping, as_number, as_text
from comfy.protocol.messages import parse_files
from comfy.protocol.object_info import base_name
from comfy.workflows.events import Done, Failed, Interrupted, Outcome
from comfy.workflows.workflow import MODEL_SUFFIXES

# A path or an address in the words of an error: /srv/x.png, C:\x.png, \\host\x, http://host/x, 10.0.0.1:8188.
PLACE = re.compile(
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
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """The job waits behind `ahead` others, whoever sent them."""

    ahead: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The job is at work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The job has ended, well or not."""

    outcome: Outcome


JobPosition = Pending | Running | Finished


def parse_history(answer: object, prompt_id: str, output: str | None = None) -> Outcome | None:
    """How the job ended by `/history/{prompt_id}`; None while it runs, and when it is not known.

    `output` is the node whose files are the result, None for all nodes' files. Raises BadAnswer.
    """
    history = as_mapping(answer, "the history")
    if prompt_id not in history:
        return None
    entry = as_mapping(history[prompt_id], "a history entry")
    status = as_mapping(entry.get("status"), "its status")
    messages = {
        as_text(kind): as_mapping(data)
        for kind, data in map(_pair, as_list(status.get("messages"), "its messages"))
    }
    # status_str says "error" for a stop, too: the messages tell which.
    if "execution_interrupted" in messages:
        return Interrupted(node=as_text(messages["execution_interrupted"].get("node_id", "")))
    if "execution_error" in messages:
        return Failed(error=parse_node_error(messages["execution_error"]))
    if status.get("status_str") != "success":
        raise BadAnswer(reason="an end that is neither success, fault nor stop")
    outputs = as_mapping(entry.get("outputs"), "its outputs")
    return Done(files=_result(outputs, output), seconds=_seconds(messages))


def _pair(message: object) -> tuple[object, object]:
    match as_list(message):
        case [kind, data]:
            return kind, data
        case _:
            raise BadAnswer(reason="a message that is no pair")


def _result(outputs: Mapping[str, object], output: str | None) -> tuple[OutputFile, ...]:
    wanted = [as_mapping(value) for node, value in outputs.items() if output in (node, None)]
    files = tuple(file for value in wanted for file in parse_files(value))
    if not files:
        raise BadAnswer(reason="the job succeeded without a file")
    return files


def _seconds(messages: Mapping[str, Mapping[str, object]]) -> float:
    start, end = (
        as_number(messages.get(kind, {}).get("timestamp"), f"the time of {kind}")
        for kind in ("execution_start", "execution_success")
    )
    return (end - start) / 1000


def parse_node_error(data: Mapping[str, object]) -> NodeFailed:
    """The fault in an `execution_error`. Raises BadAnswer."""
    words = as_text(data.get("exception_message", ""))
    kind = as_text(data.get("exception_type", ""))
    return NodeFailed(
        node=as_text(data.get("node_id")),
        class_type=as_text(data.get("node_type")),
        reason=clean(words) or kind,
        out_of_memory="OutOfMemory" in kind or "out of memory" in words.lower(),
    )


def clean(words: str) -> str:
    """One line that may be shown to anybody: no path, no address, no second line, at most 200 characters."""
    first = next(iter(words.strip().splitlines()), "")
    return PLACE.sub("…", first)[:LONGEST_REASON]


def parse_rejection(answer: object) -> GraphRejected:
    """Why `POST /prompt` refused, out of its 400. Raises BadAnswer."""
    body = as_mapping(answer, "the refusal")
    faults = parse_node_faults(body.get("node_errors"))
    return faults[0] if faults else _parse_refusal(as_mapping(body.get("error"), "error"))


def _parse_refusal(error: Mapping[str, object]) -> GraphRejected:
    about = as_mapping(error.get("extra_info") or {}, "extra_info")
    node, class_type = (str(about.get(key) or "") for key in ("node_id", "class_type"))
    reason = clean(as_text(error.get("message", "")))
    if error.get("type") == "missing_node_type":
        return NodeMissing(node=node, class_type=class_type, reason=reason)
    return GraphRejected(node=node, class_type=class_type, reason=reason)


def parse_node_faults(node_errors: object) -> Sequence[GraphRejected]:
    """What is wrong with each node, out of `node_errors`. Raises BadAnswer."""
    return [
        _parse_fault(node, as_text(about.get("class_type"), "class_type"), as_mapping(fault))
        # Some versions send an empty list where there are none.
        for node, value in as_mapping(node_errors or {}, "node_errors").items()
        for about in [as_mapping(value)]
        for fault in as_list(about.get("errors"), "errors")
    ]


def _parse_fault(node: str, class_type: str, fault: Mapping[str, object]) -> GraphRejected:
    about = as_mapping(fault.get("extra_info") or {}, "extra_info")
    field, received = str(about.get("input_name") or ""), str(about.get("received_value"))
    reason = clean(as_text(fault.get("message", "")))
    if fault.get("type") == "value_not_in_list" and received.endswith(MODEL_SUFFIXES):
        file = base_name(received)
        return MissingModel(node=node, class_type=class_type, field=field, reason=reason, file=file)
    return GraphRejected(node=node, class_type=class_type, field=field, reason=reason)
