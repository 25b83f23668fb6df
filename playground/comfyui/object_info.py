"""What this ComfyUI has installed: its object_info, with dropdowns that follow options and uploads."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from playground.comfyui.graph import Json, parse_list, parse_object

DATA = Path(__file__).parent.parent / "data"
LIGHTX2V = "lightx2v_I2V_14B_480p_cfg_step_distill_rank64_bf16.safetensors"
_DROPDOWNS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "diffusion_models": (("WanVideoModelLoader", "model"), ("UNETLoader", "unet_name")),
    "text_encoders": (
        ("LoadWanVideoT5TextEncoder", "model_name"),
        ("CLIPLoader", "clip_name"),
        ("LoadWanVideoClipTextEncoder", "model_name"),
    ),
    "clip_vision": (("CLIPVisionLoader", "clip_name"), ("LoadWanVideoClipTextEncoder", "model_name")),
    "vae": (("WanVideoVAELoader", "model_name"), ("VAELoader", "vae_name")),
    "loras": (("WanVideoLoraSelect", "lora"), ("LoraLoaderModelOnly", "lora_name")),
}
"""By model folder, the inputs (node class, name) that offer its files; the first one lists all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input of a node class: `kind` is a type's name or, for a dropdown, its choices."""

    name: str
    kind: str | tuple[object, ...]
    options: Json
    required: bool

    @property
    def config(self) -> list[object]:
        """As validation errors show it: `["INT", {...}]`."""
        return [list(self.kind) if isinstance(self.kind, tuple) else self.kind, self.options]


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """What the owner of this ComfyUI installed; `without` names node classes and model files it lacks.

    `nodes` are more classes, as object_info describes them; they do nothing when they run. `files` are
    more model files by folder (`{"loras": ("mine.safetensors",)}`).
    """

    lora: bool = True
    sageattention: bool = False
    without: frozenset[str] = frozenset()
    backslashes: bool = False
    nodes: Json = field(default_factory=dict[str, object])
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def missing(self, names: Iterable[str]) -> "Installed":
        """The same without these node classes and model files."""
        return replace(self, without=self.without | frozenset(names))

    def having(self, names: Iterable[str]) -> "Installed":
        """The same with these node classes and model files, where they were missing."""
        present = frozenset(names)
        return replace(self, without=self.without - present, lora=self.lora or LIGHTX2V in present)

    def with_file(self, folder: str, name: str) -> "Installed":
        """The same with another file in a model folder."""
        files = {**self.files, folder: (*self.files.get(folder, ()), name)}
        return replace(self, files=files).having((name,))

    def with_nodes(self, nodes: Json) -> "Installed":
        """The same with more node classes, as object_info describes them."""
        return replace(self, nodes={**self.nodes, **nodes}).having(nodes)


class NodeClasses:
    """The node classes that this server knows. `change` installs something else while it runs."""

    def __init__(self, installed: Installed) -> None:
        self._about = parse_object(json.loads((DATA / "comfyui_about.json").read_bytes()))
        self.change(installed)

    def change(self, installed: Installed) -> None:
        """From now on, answer as a server that has this installed."""
        self.installed = installed
        recorded = parse_object(json.loads((DATA / "object_info.json").read_bytes()))
        known = {**recorded, **installed.nodes}.items()
        self._classes = {kind: parse_object(info) for kind, info in known if kind not in installed.without}
        self._arrange_models()

    def object_info(self, kind: str | None, pictures: list[str]) -> Json:
        """The answer to GET /object_info[/kind]; `pictures` are what LoadImage offers."""
        if image := self._slots("LoadImage").get("image"):
            image[0] = pictures
        if kind is None:
            return self._classes
        return {kind: self._classes[kind]} if kind in self._classes else {}

    def about(self, page: str) -> object:
        """The recorded answer to GET /system_stats, /features or /models."""
        return self._about[page]

    def models(self, folder: str) -> list[object] | None:
        """The files in one model folder; None if there is no such folder."""
        if folder not in parse_list(self.about("models")):
            return None
        slots = self._slots_of_folder(folder)
        return list(parse_list(slots[0][0])) if slots else []

    def knows(self, kind: str) -> bool:
        """Whether a node class is installed."""
        return kind in self._classes

    def is_output(self, kind: str) -> bool:
        """Whether a node class ends a graph."""
        return self._classes[kind].get("output_node") is True

    def output_types(self, kind: str) -> list[str]:
        """The types a node class gives, one for each slot."""
        return [str(name) for name in parse_list(self._classes[kind].get("output"))]

    def inputs(self, kind: str) -> Iterator[Input]:
        """The inputs that are validated, required ones first."""
        sections = parse_object(self._classes[kind].get("input"))
        for section in ("required", "optional"):
            for name, spec in parse_object(sections.get(section)).items():
                yield _parse_input(name, parse_list(spec), required=section == "required")

    def _slots(self, kind: str) -> Mapping[str, list[object]]:
        sections = parse_object(self._classes.get(kind, {}).get("input"))
        merged = {**parse_object(sections.get("required")), **parse_object(sections.get("optional"))}
        return cast("Mapping[str, list[object]]", merged)

    def _slots_of_folder(self, folder: str) -> list[list[object]]:
        found = (self._slots(kind).get(name) for kind, name in _DROPDOWNS.get(folder, ()))
        return [slot for slot in found if slot is not None]

    def _arrange_models(self) -> None:
        if self.installed.lora:
            for slot in self._slots_of_folder("loras"):
                slot[0] = [LIGHTX2V]
        for folder, names in self.installed.files.items():
            for slot in self._slots_of_folder(folder):
                slot[0] = list(dict.fromkeys((*parse_list(slot[0]), *names)))
        for kind in self._classes:
            for slot in self._slots(kind).values():
                slot[0] = self._arrange(slot[0])

    def _arrange(self, choices: object) -> object:
        names = parse_list(choices)
        if not any(str(name).endswith(".safetensors") for name in names):
            return choices
        kept = [str(name) for name in names if name not in self.installed.without]
        return [name.replace("/", "\\") for name in kept] if self.installed.backslashes else kept


def _parse_input(name: str, spec: Sequence[object], *, required: bool) -> Input:
    options = parse_object(spec[1]) if len(spec) > 1 else parse_object(None)
    kind = options.get("options") if spec[0] == "COMBO" else spec[0]
    choices = kind if isinstance(kind, str) else tuple(parse_list(kind))
    return Input(name=name, kind=choices, options=options, required=required)
