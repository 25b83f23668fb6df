"""What this ComfyUI has installed: its object_info, with dropdowns that follow options and uploads."""

import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from playground.comfyui.fitting import fit_classes
from playground.comfyui.graph import Json, parse_list, parse_object
from playground.comfyui.installed import LIGHTX2V, Installed
from playground.comfyui.model_files import DROPDOWNS, arrange_model_files, with_model_files
from playground.comfyui.node_inputs import Input, choices_of, expand_inputs, map_specs, spec_of, with_choices

__all__ = ["DATA", "LIGHTX2V", "Input", "Installed", "NodeClasses"]

DATA = Path(__file__).parent.parent / "data"


class NodeClasses:
    """The node classes that this server knows. `change` installs something else while it runs."""

    def __init__(self, installed: Installed) -> None:
        self._about = parse_object(json.loads((DATA / "comfyui_about.json").read_bytes()))
        self.change(installed)

    def change(self, installed: Installed) -> None:
        """From now on, answer as a server that has this installed."""
        self.installed = installed
        self._built: Mapping[str, Json] = {}

    def object_info(self, kind: str | None, pictures: Sequence[str]) -> str:
        """The JSON that answers GET /object_info[/kind]; `pictures` are what nodes that load one offer."""
        return _object_info(self.installed, kind, tuple(pictures))

    def about(self, page: str) -> object:
        """The recorded answer to GET /system_stats, /features or /models."""
        return self._about[page]

    def models(self, folder: str) -> list[object] | None:
        """The files in one model folder; None if there is no such folder."""
        if folder not in parse_list(self.about("models")):
            return None
        dropdowns = (spec_of(self._classes.get(kind, {}), name) for kind, name in DROPDOWNS.get(folder, ()))
        return list(next((choices_of(spec) or () for spec in dropdowns if spec), ()))

    def knows(self, kind: str) -> bool:
        """Whether a node class is installed."""
        return kind in self._classes

    def is_output(self, kind: str) -> bool:
        """Whether a node class ends a graph."""
        return self._classes[kind].get("output_node") is True

    def output_types(self, kind: str) -> list[str]:
        """The types a node class gives, one for each slot."""
        return [str(name) for name in parse_list(self._classes[kind].get("output"))]

    def inputs(self, kind: str, live: Json) -> Iterator[Input]:
        """The inputs that are validated for a node with the values `live`, required ones first."""
        return expand_inputs(parse_object(self._classes[kind].get("input")), live)

    def lazy_inputs(self, kind: str) -> frozenset[str]:
        """The inputs that a node asks for only when it needs them."""
        return frozenset(spec.name for spec in self.inputs(kind, {}) if spec.is_lazy)

    @property
    def _classes(self) -> Mapping[str, Json]:
        if not self._built:
            self._built = _classes(self.installed)
        return self._built


_PICTURE_LOADERS = ("LoadImage", "LoadImageMask")


@functools.cache
def _recorded_classes() -> Mapping[str, Json]:
    """Every recorded class. What is read here is shared, and changed by nobody."""
    names = ("object_info.json", "object_info_video.json")
    parts = [parse_object(json.loads((DATA / name).read_bytes())) for name in names]
    return {kind: parse_object(info) for part in parts for kind, info in part.items()}


@functools.lru_cache(maxsize=8)  # the tests start many servers that have the same
def _classes(installed: Installed) -> Mapping[str, Json]:
    known = {
        **_recorded_classes(),
        **{kind: parse_object(info) for kind, info in installed.nodes.items()},
    }
    present = {kind: info for kind, info in known.items() if kind not in installed.without}
    classes = with_model_files(present, installed)
    for graph in installed.graphs:
        fit_classes(classes, graph)
    return {kind: arrange_model_files(info, installed) for kind, info in classes.items()}


@functools.lru_cache(maxsize=32)
def _object_info(installed: Installed, kind: str | None, pictures: tuple[str, ...]) -> str:
    classes = _classes(installed)
    known = classes if kind is None else {kind: classes[kind]} if kind in classes else {}
    offering = {name: _offering(known[name], pictures) for name in _PICTURE_LOADERS if name in known}
    return json.dumps({**known, **offering})


def _offering(info: Json, pictures: Sequence[str]) -> Json:
    def offer(_: str, spec: Sequence[object]) -> Sequence[object]:
        is_picture = len(spec) > 1 and parse_object(spec[1]).get("image_upload") is True
        return with_choices(spec, pictures) if is_picture else spec

    return map_specs(info, offer)
