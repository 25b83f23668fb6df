"""A workflow: a template of nodes, and its manifest's mapping of values, files and stages to node inputs."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from comfy.authoring.source_graph import ModelFile
from comfy.graphs.expression import Expression
from comfy.graphs.nodes import NodeInput, NodeInputs, Nodes, Stage
from comfy.graphs.ranges import Range
from comfy.graphs.tracing import LastPicture
from comfy.workflows.loras import LoraRule

TEXTS = frozenset({"prompt", "negative_prompt", "prefix"})
WHOLE_NUMBERS = frozenset({"seed", "steps", "width", "height", "frames"})
VALUES = TEXTS | WHOLE_NUMBERS | {"cfg", "shift", "denoise", "fps", "seconds"}
SETTINGS = ("steps", "cfg", "shift", "denoise")
"""The numbers that a preset gives and a person may change."""
MAX_SEED = 2**32 - 1  # Discord's integers end at 2^53, so that every seed can be typed back
MAX_RATIO = 2.5  # of the longer side to the shorter
PICTURES = ("image", "last_image")
LORA_CHOICE = "@lora"
"""Under this name a server offers its LoRAs beside the choices of a workflow; no manifest's can have it."""


class Role(StrEnum):
    """A file (or the attention) that a server must have installed and whose name is a setting."""

    MODEL = "model"
    T5 = "t5"
    VAE = "vae"
    CLIP_VISION = "clip_vision"
    LORA = "lora"
    ATTENTION = "attention"


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


def lora_choice(names: Iterable[str]) -> Choice:
    """The LoRAs of these names as something to choose, of which none is the default."""
    return Choice(title={}, default="", options={name: Option(title={}, sets={}) for name in names})


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Values by name, and further node inputs, that are set together. `title`: by language code."""

    values: Mapping[str, float | str] = field(default_factory=dict[str, float | str])
    sets: Mapping[NodeInput, object] = field(default_factory=dict[NodeInput, object])
    title: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeRule:
    """The sizes of a workflow's clips, in pixels.

    One of `sizes`, else about `area` in any shape, with sides between `least` and `most` that are multiples
    of `multiple`.
    """

    sizes: tuple[tuple[int, int], ...] = ()
    area: int = 0
    multiple: int = 16
    least: int = 64
    most: int = 4096

    def fit(self, ratio: float) -> tuple[int, int]:
        """The width and height whose quotient is nearest to `ratio`, at most MAX_RATIO either way.

        By its logarithm: 2:1 and 1:2 are equally far from 1:1.
        """
        if self.sizes:
            return min(self.sizes, key=lambda size: abs(math.log(size[0] / size[1]) - math.log(ratio)))
        ratio = min(max(ratio, 1 / MAX_RATIO), MAX_RATIO)
        width = math.sqrt(self.area * ratio)
        return self.round(width), self.round(width / ratio)

    def round(self, side: float) -> int:
        """The length of a side that is nearest to this."""
        least, most = math.ceil(self.least / self.multiple), self.most // self.multiple
        return self.multiple * min(max(round(side / self.multiple), least), most)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a workflow's clips can be, as its manifest says, else its graph and the classes of its nodes.

    `ranges`: of every number that a job fills in. `defaults`: values that count where neither a person nor
    the preset gives one. `fps`, `size`: None where nothing tells. `frames`: how many there are where nobody
    can choose. `seconds`: the durations that are suggested. `sound`: whether there is any.
    """

    ranges: Mapping[str, Range]
    defaults: Mapping[str, float | str]
    fps: float | None = None
    frames: int | None = None
    seconds: tuple[float, ...] = ()
    size: SizeRule | None = None
    sound: bool = False
    last_picture: LastPicture | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """A template and its manifest.

    `inputs`: the node inputs that each value of a job fills; the pictures are `image` and `last_image`.
    `derived`: values computed from others. `prompt_prefix`, `prompt_suffix`: stand around each prompt.
    `installed`: the dropdowns that name a file of the server; the settings' file, unless its name
    matches a pattern of `unusable`, else the first of the `alternatives` that the server has.
    `output`: the node whose files are the result; `crf`: its input that makes them coarser and smaller.
    `loras`: what a person may add to the model; None where nothing.
    `title`, `description`: by language code.
    `family`: workflows of one family replace one another where they have the same preset.
    `models`, `packs`: where a server gets files and node classes that it lacks: a node pack's name by class.
    `operator`: the node inputs that the operator of the bot may set, by name.
    `built_in`: whether its template comes with the program, and may be fitted to versions of nodes.
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
    presets: Mapping[str, Preset]
    derived: Mapping[str, Expression]
    rules: Rules
    output: str
    crf: NodeInput | None
    prompt_prefix: str = ""
    prompt_suffix: str = ""
    models: tuple[ModelFile, ...] = ()
    packs: Mapping[str, str] = field(default_factory=dict[str, str])
    loras: LoraRule | None = None
    built_in: bool = False
    operator: Mapping[str, NodeInputs] = field(default_factory=dict[str, NodeInputs])

    @property
    def offered(self) -> Mapping[str, Choice]:
        """What may be chosen: the choices, and under LORA_CHOICE the LoRAs of the server it is adapted to."""
        return {**self.choices, **({LORA_CHOICE: lora_choice(self.loras.files)} if self.loras else {})}

    def default(self, preset: str, name: str) -> float | str | None:
        """The value that counts where nobody chooses one; None where neither preset nor graph has one."""
        values = self.presets.get(preset, Preset()).values
        return values.get(name, self.rules.defaults.get(name))

    def frames_for(self, seconds: float) -> int | None:
        """The number of frames nearest to `seconds` after the first, which is the picture itself."""
        if not self.rules.fps or not {"frames", "seconds"} & self.inputs.keys():
            return self.rules.frames
        wanted = seconds * self.rules.fps + 1
        return int(self.rules.ranges["frames"].nearest(wanted)) if "frames" in self.inputs else round(wanted)

    @property
    def duration(self) -> Range | None:
        """The seconds that a person may choose; None where the length is fixed."""
        if "seconds" in self.inputs:
            return self.rules.ranges["seconds"]
        if "frames" not in self.inputs or not self.rules.fps:
            return None
        frames = self.rules.ranges["frames"]
        return Range(least=(frames.least - 1) / self.rules.fps, most=(frames.most - 1) / self.rules.fps)


def seeds_of(workflow: Workflow | None) -> range:
    """The seeds that a clip of the workflow may have, up to MAX_SEED."""
    allowed = workflow.rules.ranges.get("seed") if workflow else None
    if allowed is None:
        return range(MAX_SEED + 1)
    return range(max(math.ceil(allowed.least), 0), math.floor(min(allowed.most, MAX_SEED)) + 1)
