"""Node results kept between prompts: only those of the last prompt (fact 11)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from playground.comfyui.folders import Folders
from playground.comfyui.graph import Graph, Json, Node


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeResult:
    """What a node made: a value for each slot, and for output nodes the files it lists (`ui`)."""

    values: tuple[object, ...] = ()
    ui: Json | None = None
    files: tuple[Path, ...] = ()

    def listing(self, ui: Json, *files: Path) -> "NodeResult":
        """The same of an output node, which lists these files."""
        return replace(self, ui=ui, files=files)

    @property
    def is_there(self) -> bool:
        """Whether the files still exist (recording 30: else the node runs again)."""
        return all(path.exists() for path in self.files)


class Cache:
    """Results by signature: a node's class and inputs, and those of everything before it."""

    def __init__(self) -> None:
        self._kept: dict[str, NodeResult] = {}

    def get(self, signature: str) -> NodeResult | None:
        """What a node made before, if it is still there."""
        result = self._kept.get(signature)
        return result if result and result.is_there else None

    def put(self, signature: str, result: NodeResult) -> None:
        """Keep a result."""
        self._kept[signature] = result

    def keep_only(self, signatures: Mapping[str, str]) -> None:
        """Forget what the prompt with these nodes does not use."""
        used = set(signatures.values())
        self._kept = {signature: result for signature, result in self._kept.items() if signature in used}

    def clear(self) -> None:
        """POST /free."""
        self._kept.clear()


def sign(graph: Graph, node_ids: list[str], folders: Folders) -> dict[str, str]:
    """A signature for each node. Reads the pictures: use it in a thread."""
    signatures: dict[str, str] = {}

    def signature(node: Node) -> str:
        if node.id not in signatures:
            before = {name: [signature(graph[link.node]), link.slot] for name, link in node.links()}
            parts = [node.kind, {**node.inputs, **before}, _picture(node, folders)]
            signatures[node.id] = _digest(json.dumps(parts, sort_keys=True).encode())
        return signatures[node.id]

    for node_id in node_ids:
        signature(graph[node_id])
    return signatures


def _picture(node: Node, folders: Folders) -> str:
    path = folders.annotated(str(node.inputs.get("image")))
    return _digest(path.read_bytes()) if node.kind.startswith("LoadImage") and path.is_file() else ""


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
