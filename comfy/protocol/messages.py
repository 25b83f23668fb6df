"""Websocket frames parsed into messages.

A message names a job and a node and knows nothing of the graph; `comfy.server.progress` turns messages
into the events of a job.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from comfy.errors import BadAnswer
from comfy.protocol.files import OutputFile, parse_output_file
from comfy.protocol.json_values import (
    as_list,
    as_mapping,
    as_number,
    as_text,
    is_list,
    is_mapping,
    parse_json,
)

log = logging.getLogger(__name__)

PREVIEW, PREVIEW_WITH_METADATA = 1, 4
# With the taesd previewer VideoHelperSuite puts 24 bytes of its own before the image.
MAX_IMAGE_OFFSET = 64
MAX_TEXT_BYTES = 64 * 2**10  # only an execution_error is larger, and the history has it too
MAX_PREVIEW_BYTES = 2**20
MAX_FILES = 64  # of one node
MAX_NODES = 1000  # of one job


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueChanged:
    """A job of any client was added to the queue or removed from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStarted:
    """The job left the queue at `at`, Unix time in seconds by the server's clock."""

    prompt_id: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NodesCached:
    """Nodes of the job that do not run: their results of an earlier job are used."""

    prompt_id: str
    nodes: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeStarted:
    """A node of the job started; one that another made while it ran is `shown_as` a node of the graph."""

    prompt_id: str
    node: str
    shown_as: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeProgress:
    """The progress bar of a node: sampling steps, but also weights, frames and tiles."""

    prompt_id: str
    node: str
    value: int
    maximum: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeState:
    """How far a node is; `shown_as`: the node of the graph that stands for it.

    Without a progress bar, `value` and `maximum` are 0 and 1 until it is finished.
    """

    node: str
    shown_as: str
    value: int
    maximum: int
    finished: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeStates:
    """All nodes of the job that run or have run, as servers since 2025 tell it beside each NodeProgress."""

    prompt_id: str
    states: tuple[NodeState, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSaved:
    """A node wrote files, or named those of its last run."""

    prompt_id: str
    node: str
    files: tuple[OutputFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewSent:
    """A preview of the job that runs; older servers do not say which that is."""

    prompt_id: str | None
    image: bytes
    kind: Literal["jpeg", "png"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEnding:
    """The job is ending, well or not: the history may not have it yet."""

    prompt_id: str
    success: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEnded:
    """The job has ended, well or not: the history says how."""

    prompt_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagesMissed:
    """The websocket was closed or opened, and messages may be lost. Made by the reader, never received."""


SocketMessage = (
    MessagesMissed
    | QueueChanged
    | JobStarted
    | NodesCached
    | NodeStarted
    | NodeProgress
    | NodeStates
    | NodeSaved
    | PreviewSent
    | JobEnding
    | JobEnded
)


def parse_message(frame: str | bytes) -> SocketMessage | None:
    """Parse a frame; None for a type that is not used and for what cannot be parsed. Never raises.

    A frame over its limit is not looked at: a preview of a megabyte, a text of 64 KiB.
    """
    if len(frame) > (MAX_PREVIEW_BYTES if isinstance(frame, bytes) else MAX_TEXT_BYTES):
        log.debug("dropped a frame of %d bytes", len(frame))
        return None
    try:
        return _parse_preview(frame) if isinstance(frame, bytes) else _parse_text(frame)
    except BadAnswer as err:
        log.debug("dropped a frame that could not be parsed: %s", err)
        return None


def parse_files(output: Mapping[str, object]) -> tuple[OutputFile, ...]:
    """List the files in a node's output: `gifs` of VideoHelperSuite, `images` of the core's nodes."""
    entries = [entry for value in output.values() if is_list(value) for entry in value]
    files = (each for each in entries if is_mapping(each) and "filename" in each)
    return tuple(parse_output_file(each) for each in islice(files, MAX_FILES))


def _parse_text(frame: str) -> SocketMessage | None:
    message = as_mapping(parse_json(frame))
    kind = as_text(message.get("type"))
    if kind not in PARSERS:
        log.debug("dropped a message of type %.40r", kind)
        return None
    return PARSERS[kind](as_mapping(message.get("data")))


def _parse_status(data: Mapping[str, object]) -> SocketMessage:
    return QueueChanged()


def _parse_start(data: Mapping[str, object]) -> SocketMessage:
    try:
        at = as_number(data.get("timestamp")) / 1000
    except BadAnswer:
        at = time.time()  # it started all the same
    return JobStarted(prompt_id=as_text(data.get("prompt_id")), at=at)


def _parse_executing(data: Mapping[str, object]) -> SocketMessage:
    # After a reconnection it comes without a prompt_id: the job of that node is unknown.
    prompt_id = as_text(data.get("prompt_id"))
    if data.get("node") is None:
        return JobEnded(prompt_id=prompt_id)
    node = as_text(data.get("node"))
    return NodeStarted(prompt_id=prompt_id, node=node, shown_as=as_text(data.get("display_node") or node))


def _parse_cached(data: Mapping[str, object]) -> SocketMessage:
    nodes = frozenset(map(as_text, as_list(data.get("nodes"))))
    return NodesCached(prompt_id=as_text(data.get("prompt_id")), nodes=nodes)


def _parse_progress(data: Mapping[str, object]) -> SocketMessage:
    return NodeProgress(
        prompt_id=as_text(data.get("prompt_id")),
        node=as_text(data.get("node")),
        value=int(as_number(data.get("value"))),
        maximum=int(as_number(data.get("max"))),
    )


def _parse_states(data: Mapping[str, object]) -> SocketMessage:
    nodes = as_mapping(data.get("nodes"))
    states = tuple(_parse_state(name, as_mapping(each)) for name, each in islice(nodes.items(), MAX_NODES))
    return NodeStates(prompt_id=as_text(data.get("prompt_id")), states=states)


def _parse_state(name: str, state: Mapping[str, object]) -> NodeState:
    return NodeState(
        node=name,
        shown_as=as_text(state.get("display_node_id") or name),
        value=int(as_number(state.get("value"))),
        maximum=int(as_number(state.get("max"))),
        finished=state.get("state") == "finished",
    )


def _parse_executed(data: Mapping[str, object]) -> SocketMessage:
    return NodeSaved(
        prompt_id=as_text(data.get("prompt_id")),
        node=as_text(data.get("node")),
        files=parse_files(as_mapping(data.get("output") or {})),
    )


def _parse_end(data: Mapping[str, object]) -> SocketMessage:
    return JobEnding(prompt_id=as_text(data.get("prompt_id")))


def _parse_success(data: Mapping[str, object]) -> SocketMessage:
    return JobEnding(prompt_id=as_text(data.get("prompt_id")), success=True)


PARSERS: Mapping[str, Callable[[Mapping[str, object]], SocketMessage]] = {
    "status": _parse_status,
    "execution_start": _parse_start,
    "execution_cached": _parse_cached,
    "executing": _parse_executing,
    "progress": _parse_progress,
    "progress_state": _parse_states,
    "executed": _parse_executed,
    "execution_success": _parse_success,
    "execution_error": _parse_end,
    "execution_interrupted": _parse_end,
}


def _parse_preview(frame: bytes) -> PreviewSent | None:
    """Parse a binary frame: type, then format and image, or length, metadata and image (see protocol.py)."""
    kind = int.from_bytes(frame[:4], "big")
    if kind == PREVIEW:
        return _find_image(frame[8:], prompt_id=None)
    if kind == PREVIEW_WITH_METADATA:
        end = 8 + int.from_bytes(frame[4:8], "big")
        metadata = as_mapping(parse_json(frame[8:end]))
        return _find_image(frame[end:], prompt_id=as_text(metadata.get("prompt_id")))
    log.debug("dropped a binary frame of type %d", kind)
    return None


def _find_image(content: bytes, *, prompt_id: str | None) -> PreviewSent:
    # The format field is no help: VideoHelperSuite's frames say 1 and carry a header before the image.
    head = content[:MAX_IMAGE_OFFSET]
    if (start := head.find(b"\xff\xd8\xff")) >= 0:
        return PreviewSent(prompt_id=prompt_id, image=content[start:], kind="jpeg")
    if (start := head.find(b"\x89PNG\r\n")) >= 0:
        return PreviewSent(prompt_id=prompt_id, image=content[start:], kind="png")
    raise BadAnswer(reason="a preview that is neither JPEG nor PNG")
