"""What a page says of its nodes beside the graph: their titles and packs, and the model files they need."""

import re
from collections.abc import Iterable, Iterator, Mapping

from comfy.authoring.page.page_format import PageFile, PageNode
from comfy.authoring.page.placement import PlacedGraph, place
from comfy.authoring.page.promoted import pack_of
from comfy.authoring.source_graph import ModelFile, SourceGraph
from comfy.graphs.nodes import Nodes
from comfy.protocol.json_values import is_list, is_mapping

_URL = re.compile(r"https://[^\s/?#@\\\"'<>]+\.[^\s/?#@\\\"'<>]+/[^\s\\\"'<>]*")
_NAME = re.compile(r"[^\x00-\x1f:*?\"<>|]{1,255}")
_MAX_URL = 2_000  # characters


def describe_page(page: PageFile, nodes: Nodes) -> SourceGraph:
    """The nodes of a file that has them in API format too, with what the page says of them."""
    placed = [(scope, node) for scope, node in place(page).walk() if scope.name_of(node) in nodes]
    found = [(scope, node) for scope, node in placed if nodes[scope.name_of(node)].class_type == node.kind]
    return SourceGraph(
        nodes=nodes,
        titles=titles(found),
        packs=packs(node for _, node in found),
        models=model_files([node for _, node in found], page.models),
    )


def titles(placed: Iterable[tuple[PlacedGraph, PageNode]]) -> Mapping[str, str]:
    """The titles that somebody gave, by the names of the nodes."""
    return {scope.name_of(node): node.title for scope, node in placed if node.title not in ("", node.kind)}


def packs(nodes: Iterable[PageNode]) -> Mapping[str, str]:
    """The pack of each class, where the file names it."""
    return {node.kind: pack for node in nodes if (pack := pack_of(node))}


def model_files(nodes: Iterable[PageNode], others: object) -> tuple[ModelFile, ...]:
    """The model files that the nodes and the file itself name, each once; those of odd form are left out."""
    lists = (*(node.properties.get("models") for node in nodes), others)
    return tuple(dict.fromkeys(model for each in lists for model in _parse_models(each)))


def _parse_models(value: object) -> Iterator[ModelFile]:
    for entry in value if is_list(value) else ():
        match entry:
            case {"name": str(name), "url": str(url), "directory": str(folder)} if is_mapping(entry):
                if len(url) <= _MAX_URL and _URL.fullmatch(url) and _is_path(name) and _is_path(folder):
                    yield ModelFile(name=name, folder=folder, url=url)
            case _:
                pass


def _is_path(text: str) -> bool:
    """Whether it stays below the folder that it is put in."""
    parts = text.replace("\\", "/").split("/")
    return bool(_NAME.fullmatch(text)) and not {"", ".", ".."} & set(parts)
