"""The stage of each node: what it does for the clip, from the manifest, else guessed from its class."""

from collections.abc import Mapping

from comfy.workflows.manifest_fields import refuse_unknown, texts
from comfy.workflows.workflow import Nodes, Stage

# In this order: the first that is part of a class name decides ("LoadWanVideoT5TextEncoder" loads).
STAGES_BY_CLASS_NAME = {
    "Load": Stage.LOADING,
    "Sampler": Stage.SAMPLING,
    "Decode": Stage.DECODING,
    "Encode": Stage.ENCODING,
    "ToVideo": Stage.ENCODING,
    "Save": Stage.SAVING,
    "Combine": Stage.SAVING,
    "CreateVideo": Stage.SAVING,
}


def parse_stages(manifest: Mapping[str, object], nodes: Nodes, output: str) -> Mapping[str, Stage]:
    """The table `[stages]`, with all nodes that it does not name. Raises BadAnswer."""
    given = texts(manifest, "stages")
    refuse_unknown("stages", given, nodes)
    refuse_unknown("stages", given.values(), set(Stage))
    guessed = {name: _guess_stage(node.class_type) for name, node in nodes.items()}
    return {**guessed, output: Stage.SAVING, **{node: Stage(stage) for node, stage in given.items()}}


def _guess_stage(class_type: str) -> Stage:
    return next((stage for part, stage in STAGES_BY_CLASS_NAME.items() if part in class_type), Stage.LOADING)
