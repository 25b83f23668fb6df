"""The stage of each node: what it does for the clip, from the manifest, else guessed from its class."""

from collections.abc import Mapping

from comfy.graphs.nodes import Nodes, Stage
from comfy.graphs.stages import guess_stage
from comfy.workflows.manifest_fields import refuse_unknown, texts


def parse_stages(manifest: Mapping[str, object], nodes: Nodes, output: str) -> Mapping[str, Stage]:
    """The table `[stages]`, with all nodes that it does not name. Raises BadAnswer."""
    given = texts(manifest, "stages")
    refuse_unknown("stages", given, nodes)
    refuse_unknown("stages", given.values(), set(Stage))
    guessed = {name: guess_stage(node.class_type) for name, node in nodes.items()}
    return {**guessed, output: Stage.SAVING, **{node: Stage(stage) for node, stage in given.items()}}
