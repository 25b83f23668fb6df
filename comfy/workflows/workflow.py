"""A workflow: a template of nodes, and its manifest's mapping of values, files and stages to node inputs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

TEXTS = frozenset({"prompt", "negative_prompt", "prefix"})
WHOLE_NUMBERS = frozenset({"seed", "steps", "width", "height", "frames", "fps"})
VALUES = TEXTS | WHOLE_NUMBERS | {"cfg", "shift", "denoise"}


class Stage(StrEnum):
    """What a node does for the clip."""

    LOADING = "loading"
    ENCODING = "encoding"
    SAMPLING = "sampling"
    DECODING = "decoding"
    SAVING = "saving"


class Role(StrEnum):
    """A file (or the attention) that a server must have installed and whose name is a setting."""

    MODEL = "model"
    T5 = "t5"
    VAE = "vae"
    CLIP_VISION = "clip_vision"
    LORA = "lora"
    ATTENTION = "attention"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """The numbers `least`, `least + step`, … up to `most`; all in between where `step` is 0."""

    least: float
    most: float
    step: float = 0

    def __contains__(self, value: float) -> bool:
        return self.least <= value <= self.most and (not self.step or (value - self.least) % self.step == 0)

    def __str__(self) -> str:
        return f"{self.least} … {self.most}" + (f" in steps of {self.step}" if self.step else "")


Nodes = Mapping[str, TemplateNode]
NodeInputs = tuple[NodeInput, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One entry of a choice, and the node inputs that it sets."""

    title: Mapping[str, str]
    sets: Mapping[NodeInput, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Something that a person may choose for a clip; `default` is the option when nobody chooses."""

    title: Mapping[str, str]
    default: str
    options: Mapping[str, Option]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """A template and its manifest.

    `inputs`: the node inputs that each value of a job fills (the picture is named `image`).
    `installed`: the dropdowns that name a file of the server; the settings' file, unless its name
    matches a pattern of `unusable`, else the first of the `alternatives` that the server has.
    `output`: the node whose files are the result; `crf`: its input that makes them coarser and smaller.
    `title`, `description`: by language code.
    `family`: workflows of one family replace one another where they have the same preset.
    """

    name: str
    family: str
    title: Mapping[str, str]
    description: Mapping[str, str]
    priority: int
    nodes: Nodes
    inputs: Mapping[str, NodeInputs]
    installed: Mapping[Role, NodeInputs]
    alternatives: Mapping[Role, tuple[str, ...]]
    unusable: Mapping[Role, tuple[str, ...]]
    choices: Mapping[str, Choice]
    stages: Mapping[str, Stage]
    presets: Mapping[str, Mapping[str, float]]
    ranges: Mapping[str, Range]
    output: str
    crf: NodeInput | None


def used_classes(workflows: Iterable[Workflow]) -> frozenset[str]:
    """The node classes that these workflows use."""
    return frozenset(node.class_type for workflow in workflows for node in workflow.nodes.values())
