"""A graph as somebody's file has it, in API format, with what else the file says of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from comfy.graphs.nodes import Nodes


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """A model file that the graph needs: its name, the folder below `models/`, and where it is found."""

    name: str
    folder: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceGraph:
    """The nodes of a file.

    `titles`: of the nodes that have one. `packs`: the node pack of each class, as the file names it.
    `models`: the files it needs, where it names them. `notes`: what was changed, one sentence each.
    """

    nodes: Nodes
    titles: Mapping[str, str] = field(default_factory=dict[str, str])
    packs: Mapping[str, str] = field(default_factory=dict[str, str])
    models: tuple[ModelFile, ...] = ()
    notes: tuple[str, ...] = ()
