"""What the inputs of a graph are, as tracing finds them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from comfy.graphs.nodes import NodeInput, NodeInputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Where one value of a job goes, how that was found, and what stands there now.

    `how`: a short reason in English. `value`: None where only a run tells.
    """

    places: NodeInputs
    how: str
    value: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which of several places a value goes to, where the graph does not tell; `default` is one of them."""

    name: str
    candidates: NodeInputs
    default: NodeInput


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedPreset:
    """A preset: the values it stands for, by their names in manifests, and the inputs it sets itself."""

    values: Mapping[str, float | str]
    sets: Mapping[NodeInput, object]
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """The inputs of a graph by their names in manifests: image, prompt, seed, steps, width, and so on.

    `output`: the node that saves the clip. `crf`: the input of that node which takes the quality.
    `questions`: of each value that may go to several places. `rules`: further keys of the manifest, such as
    `size` or `derived`. `notes`: one sentence each.
    """

    output: str
    found: Mapping[str, Found] = field(default_factory=dict[str, Found])
    questions: tuple[Question, ...] = ()
    presets: Mapping[str, TracedPreset] = field(default_factory=dict[str, TracedPreset])
    rules: Mapping[str, object] = field(default_factory=dict[str, object])
    notes: tuple[str, ...] = ()
    crf: NodeInput | None = None
