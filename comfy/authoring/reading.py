"""Read a workflow out of JSON text: either of ComfyUI's formats, in any of the usual wrappers."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from comfy.authoring.api_format import parse_api
from comfy.authoring.page.page_facts import describe_page
from comfy.authoring.page.page_format import is_page, parse_page
from comfy.authoring.page.page_graph import convert_page
from comfy.authoring.source_graph import SourceGraph
from comfy.errors import BadAnswer
from comfy.printable import printable
from comfy.protocol.json_values import is_mapping, parse_json
from comfy.protocol.object_info import NodeClasses

MAX_CHARACTERS = 20_000_000  # the largest pages that people publish have some millions
_MAX_WRAPPERS = 6  # one within another
# The first that holds a graph counts.
_WRAPPERS = (
    *("prompt", "output", "api", "workflow_api", "workflow_json", "workflow", "graph"),
    *("input", "data", "extra_data", "extra_pnginfo", "request", "body"),
)
_MEDIA = (b"\x89PNG", b"RIFF", b"\xff\xd8\xff", b"GIF8", b"\x1a\x45\xdf\xa3")  # how their files begin
_BESIDE = frozenset({"extra_data", "extra", "version", "client_id", "prompt_id", "number", "front"})
_CONFLICT = re.compile(r"^(<{7}|={7}|>{7}|\|{7})(?: .*)?$", re.MULTILINE)


@dataclass(slots=True)
class _Graphs:
    """The first graph of each format in a file."""

    api: Mapping[str, object] | None = None
    page: Mapping[str, object] | None = None


def decode_source(data: bytes) -> str:
    """The text of a file: UTF-8, or UTF-16 as Windows writes it. Raises BadAnswer."""
    if len(data) > 2 * MAX_CHARACTERS:
        raise _too_long()
    if data.startswith(_MEDIA) or data[4:8] == b"ftyp":
        raise BadAnswer(
            reason="it is a picture or clip that holds no workflow; share the file as ComfyUI saved it"
        )
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif data[:2].count(0) == 1:  # the first character of JSON takes one byte
        encoding = "utf-16-le" if data[1] == 0 else "utf-16-be"
    else:
        encoding = "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as err:
        raise BadAnswer(reason="it is no text, and no picture or clip that could hold a workflow") from err


def read_source(text: str, node_classes: NodeClasses | None = None) -> SourceGraph:
    """Read a workflow as API format. `node_classes`: of a server, which win over the recorded ones.

    Raises BadAnswer, whose reason says what is wrong with the file, where, and what to do.
    """
    if len(text) > MAX_CHARACTERS:
        raise _too_long()
    found = _Graphs()
    value = _parse(text.lstrip("\ufeff"))
    _search(value, found, _MAX_WRAPPERS)
    if found.api is not None:
        return _read_api(found.api, found.page)
    if found.page is not None:
        graph = convert_page(parse_page(found.page), node_classes or {})
        return _with_nodes(graph)
    raise BadAnswer(reason=_what_it_is(value))


def _too_long() -> BadAnswer:
    return BadAnswer(reason=f"it is larger than {MAX_CHARACTERS // 10**6} MB, which no workflow is")


def _with_nodes(graph: SourceGraph) -> SourceGraph:
    if not graph.nodes:
        raise BadAnswer(reason="it holds no node that runs: all are notes, muted or bypassed")
    return graph


def _parse(text: str) -> object:
    if not text.strip():
        raise BadAnswer(reason="it is empty")
    try:
        return parse_json(text)
    except BadAnswer as err:
        raise BadAnswer(reason=_why_no_json(text, err.reason)) from err


def _why_no_json(text: str, reason: str) -> str:
    conflict = _CONFLICT.search(text)
    if conflict:
        line = text.count("\n", 0, conflict.start()) + 1
        return f"line {line} is a conflict marker of Git; keep one of the two versions and no marker"
    if text.lstrip()[:15].lower().startswith(("<!doctype", "<html")):
        return "it is a web page, not a workflow; on GitHub, download it by Raw"
    try:
        json.loads(text)
    except json.JSONDecodeError as err:
        return f"it is not JSON: line {err.lineno}, column {err.colno}: {err.msg}"
    except RecursionError:
        return "it is nested too deeply"
    return reason


def _search(value: object, found: _Graphs, depth: int) -> None:
    """Find the first graph of each format: `value` itself, or under a usual name, or in a text of JSON."""
    if isinstance(value, str):
        value = _parse_inner(value)
    if not is_mapping(value) or depth == 0:
        return
    if is_page(value):
        found.page = found.page or value
        value = {name: value[name] for name in ("prompt", "output") if name in value}
    elif _is_api(value):
        found.api = found.api or value
        return
    for name in _WRAPPERS:
        if name in value:
            _search(value[name], found, depth - 1)


def _parse_inner(text: str) -> object:
    if not text.lstrip("\ufeff \t\r\n").startswith("{"):
        return None
    try:
        return parse_json(text.lstrip("\ufeff"))
    except BadAnswer:
        return None


def _is_api(value: Mapping[str, object]) -> bool:
    return any(is_mapping(node) and "class_type" in node for node in value.values())


def _read_api(api: Mapping[str, object], page: Mapping[str, object] | None) -> SourceGraph:
    """Read a graph in API format, with what the same file's page says beside it."""
    kept = {name: node for name, node in api.items() if name not in _BESIDE and not name.startswith("_")}
    for name, node in kept.items():
        if not is_mapping(node) or "class_type" not in node:
            raise BadAnswer(reason=f'"{printable(name)}" is no node: it has no class_type')
    graph = parse_api(kept)
    if page is None:
        return graph
    try:
        told = describe_page(parse_page(page), graph.nodes)
    except BadAnswer:
        return graph  # the graph itself is whole
    return replace(told, titles={**graph.titles, **told.titles})


def _what_it_is(value: object) -> str:
    if isinstance(value, list):
        return "it is a list, not a workflow; export one workflow in ComfyUI with Workflow → Export (API)"
    if not is_mapping(value):
        return "it is a single value, not a workflow"
    if not value:
        return "it is empty"
    if "nodes" in value:
        return "it holds no nodes"
    names = ", ".join(printable(name, 40) for name in list(value)[:5])
    return f"it is JSON, but neither format of ComfyUI's workflows: it has {names}"
