"""What the owner of the simulated ComfyUI installed: node classes, model files, versions of packs."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from playground.comfyui.graph import Json

LIGHTX2V = "lightx2v_I2V_14B_480p_cfg_step_distill_rank64_bf16.safetensors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """`without` names node classes and model files that are missing.

    `nodes` are more classes, as object_info describes them. `files` are more model files by folder
    (`{"loras": ("mine.safetensors",)}`). `graphs` are graphs that can run: the files, choices and classes
    that they name are there, in the versions that they were made with.
    """

    lora: bool = True
    sageattention: bool = False
    without: frozenset[str] = frozenset()
    backslashes: bool = False
    nodes: Json = field(default_factory=dict[str, object])
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    graphs: Collection[Json] = ()

    def __hash__(self) -> int:
        return hash((self.lora, self.sageattention, self.without, self.backslashes))  # not of dicts

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

    def with_graph(self, graph: Json) -> "Installed":
        """The same where this graph can run."""
        return replace(self, graphs=(*self.graphs, graph))
