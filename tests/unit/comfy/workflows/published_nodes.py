"""Image-to-video graphs that people published (tests/data/workflows/api), and parts to build others of."""

import json
from pathlib import Path

from comfy.graphs.nodes import Nodes, TemplateNode

FOLDER = Path(__file__).parents[3] / "data" / "workflows" / "api"
NAMES = tuple(sorted(file.stem for file in FOLDER.glob("*.json")))


def load(name: str) -> Nodes:
    """The nodes of a published graph."""
    graph = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return {key: node(each["class_type"], **each["inputs"]) for key, each in graph.items()}


def node(class_type: str, **inputs: object) -> TemplateNode:
    """A node of a graph."""
    return TemplateNode(class_type=class_type, inputs=inputs)
