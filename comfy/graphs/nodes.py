"""A graph in ComfyUI's API format: its nodes by name, and the places of their inputs."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """What a node does for the clip."""

    LOADING = "loading"
    ENCODING = "encoding"
    SAMPLING = "sampling"
    DECODING = "decoding"
    SAVING = "saving"


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateNode:
    """One node: its class, and its inputs (a value, or a link `[node, output]`)."""

    class_type: str
    inputs: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeInput:
    """An input of a node, written `NODE.INPUT` in a manifest."""

    node: str
    input: str

    def __str__(self) -> str:
        return f"{self.node}.{self.input}"


Nodes = Mapping[str, TemplateNode]
NodeInputs = tuple[NodeInput, ...]
