"""Which pack of custom nodes provides a node class, and where it comes from. Pure but for its table.

node_packs.json holds the table: the `python_module` of each class in `/object_info` of a ComfyUI 0.33.0 with
these packs. Classes that are newer than the table are found by what their pack adds to all its names.
"""

import functools
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

CORE = "ComfyUI"
CORE_IDS = ("comfy-core", "comfyui-core")  # in files of ComfyUI's page
TABLE = Path(__file__).with_name("node_packs.json")
PREFIXES = {
    "WanVideo": "ComfyUI-WanVideoWrapper",
    "LoadWanVideo": "ComfyUI-WanVideoWrapper",
    "VHS_": "ComfyUI-VideoHelperSuite",
    "LTXVQ8": "ComfyUI-LTXVideo",
    "easy ": "ComfyUI-Easy-Use",
    "Impact": "ComfyUI-Impact-Pack",
}
NOTHING_TOLD: Mapping[str, str] = MappingProxyType({})
SUFFIXES = {
    "MultiGPU": "ComfyUI-MultiGPU",
    "(rgthree)": "rgthree-comfy",
    "KJ": "ComfyUI-KJNodes",
    "GGUF": "ComfyUI-GGUF",
    " VFI": "ComfyUI-Frame-Interpolation",
    "|pysssss": "ComfyUI-Custom-Scripts",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeTable:
    """node_packs.json: the pack of each class, the repository of each pack, classes of the page alone."""

    packs: Mapping[str, str]
    repositories: Mapping[str, str]
    page: Collection[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePack:
    """A pack by its name, "" where it is not known; `fix`: how a server gets its nodes."""

    name: str
    fix: str


def pack_of(class_type: str, told: Mapping[str, str] = NOTHING_TOLD) -> NodePack:
    """The pack that provides a node class: CORE for ComfyUI itself.

    `told`: the pack by class, as a workflow's file names it; that counts where the table knows none.
    """
    if class_type in _table().page:
        return NodePack(
            name="ComfyUI's page", fix="Export the workflow as API: the page leaves such nodes out of that."
        )
    name = _table().packs.get(class_type) or _by_affix(class_type)
    if not name and told.get(class_type):
        name = CORE if told[class_type] in CORE_IDS else told[class_type]
    if name == CORE:
        return NodePack(name=CORE, fix="Update ComfyUI and restart it.")
    if not name:
        fix = "Search ComfyUI's manager for the pack that brings it, install that, and restart ComfyUI."
        return NodePack(name="", fix=fix)
    repository = _table().repositories.get(name)
    place = (
        f", with ComfyUI's manager or from github.com/{repository},"
        if repository
        else " with ComfyUI's manager"
    )
    fix = f"Install or update {name}{place} "
    return NodePack(name=name, fix=f"{fix}and restart ComfyUI.")


def _by_affix(class_type: str) -> str:
    starts = (pack for start, pack in PREFIXES.items() if class_type.startswith(start))
    ends = (pack for end, pack in SUFFIXES.items() if class_type.endswith(end))
    return next(starts, "") or next(ends, "")


@functools.cache
def _table() -> NodeTable:
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    return NodeTable(
        packs={name: pack for pack, names in table["classes"].items() for name in names},
        repositories=table["repositories"],
        page=table["page"],
    )
