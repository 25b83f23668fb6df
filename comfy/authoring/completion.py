"""Complete a manifest with what tracing finds in its graph. Pure."""

from collections.abc import Mapping

from comfy.authoring.source_graph import SourceGraph
from comfy.authoring.trace import trace_inputs
from comfy.authoring.traced import Traced, TracedPreset
from comfy.protocol.json_values import is_mapping
from comfy.protocol.object_info import NodeClasses

COMPLETE = ("image", "prompt", "seed")  # a manifest that names one of these lists all its inputs


def complete_manifest(
    manifest: Mapping[str, object], graph: SourceGraph, node_classes: NodeClasses
) -> Mapping[str, object]:
    """The manifest with the inputs, presets and rules of its graph that it does not name itself.

    As it is where it names the place of the picture, the prompt or the seed, and so lists all its inputs.
    Raises BadAnswer.
    """
    inputs, output = manifest.get("inputs", {}), manifest.get("output")
    if not is_mapping(inputs) or any(name in inputs for name in COMPLETE):
        return manifest
    if "output" in manifest and (not isinstance(output, str) or output not in graph.nodes):
        return manifest
    traced = traced_manifest(trace_inputs(graph, node_classes, output if isinstance(output, str) else None))
    found = traced["inputs"]
    return {**traced, **manifest, "inputs": {**found, **inputs} if is_mapping(found) else inputs}


def traced_manifest(traced: Traced) -> Mapping[str, object]:
    """What was found, as the keys of a manifest."""
    inputs = {name: [str(place) for place in found.places] for name, found in traced.found.items()}
    presets = {name: _preset(preset) for name, preset in traced.presets.items()}
    crf = {"crf": str(traced.crf)} if traced.crf else {}
    return {
        "output": traced.output,
        **crf,
        **traced.rules,
        **({"presets": presets} if presets else {}),
        "inputs": inputs,
    }


def _preset(preset: TracedPreset) -> Mapping[str, object]:
    return {**preset.values, "set": {str(place): value for place, value in preset.sets.items()}}
