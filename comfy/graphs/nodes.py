"""A graph in ComfyUI's API format: its nodes by name, and the places of their inputs."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeGuard

from comfy.protocol.json_values import is_list


class Stage(StrEnum):
    """What a node does for the clip."""

    LOADING = "loading"
    ENCODING = "encoding"
    SAMPLING = "sampling"
    DECODING = "decoding"
    SAVING = "saving"


@dataclass(frozen=True, kw_only=True)
class TemplateNode:
    """One node: its class, and its inputs (a value, or a link `[node, output]`)."""

    class_type: str
    inputs: Mapping[str, object]

    @functools.cached_property
    def sources(self) -> Mapping[str, str]:
        """For each input that is linked: the node that its link comes from."""
        return {name: source for name, value in self.inputs.items() if (source := linked_node(value))}


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeInput:
    """An input of a node, written `NODE.INPUT` in a manifest."""

    node: str
    input: str

    def __str__(self) -> str:
        return f"{self.node}.{self.input}"


Nodes = Mapping[str, TemplateNode]
NodeInputs = tuple[NodeInput, ...]


def is_link(value: object) -> TypeGuard[list[object]]:
    """Whether an input's value is a link `[node, output]`."""
    return is_list(value) and len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], int)


def linked_node(value: object) -> str | None:
    """The node that a link comes from; None for what is no link."""
    return str(value[0]) if is_link(value) else None
