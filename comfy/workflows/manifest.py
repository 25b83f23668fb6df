"""Parse a workflow: its template in ComfyUI's API format, and its manifest in TOML."""

from collections.abc import Mapping
from dataclasses import replace

from comfy.authoring.completion import complete_manifest
from comfy.authoring.reading import read_source
from comfy.authoring.source_graph import ModelFile
from comfy.errors import BadAnswer, WorkflowInvalid
from comfy.graphs.ancestors import find_output
from comfy.graphs.expression import Expression
from comfy.graphs.lora_places import SELECTORS
from comfy.graphs.nodes import NodeInput, NodeInputs, Nodes
from comfy.graphs.recorded_classes import recorded_classes
from comfy.protocol.json_values import as_list, as_mapping, as_number, as_text
from comfy.protocol.object_info import NodeClasses
from comfy.workflows.checks import check_workflow
from comfy.workflows.choices import apply_defaults, parse_choices
from comfy.workflows.loras import parse_loras
from comfy.workflows.manifest_fields import (
    parse_node_input,
    refuse_unknown,
    sub_table,
    text_lists,
    texts,
)
from comfy.workflows.manifest_keys import KEYS
from comfy.workflows.node_edits import edit_nodes
from comfy.workflows.picture_loaders import connect_pictures
from comfy.workflows.presets import parse_presets
from comfy.workflows.rules import derive_rules
from comfy.workflows.stages import parse_stages
from comfy.workflows.workflow import PICTURES, VALUES, Role, Workflow

NO_CLASSES: NodeClasses = {}
LORA_CLASSES = frozenset(each.class_type for each in SELECTORS.values())


def build_workflow(
    name: str, *, template: str, manifest: Mapping[str, object], node_classes: NodeClasses = NO_CLASSES
) -> Workflow:
    """Build a workflow from its template and its parsed manifest. Raises WorkflowInvalid.

    `node_classes`: what a server says of its classes; of others the recorded ones count.
    """
    try:
        graph = read_source(template, node_classes)
    except BadAnswer as err:
        raise WorkflowInvalid(workflow=name, reason=f"{name}.json: {err.reason}") from err
    try:
        graph = replace(graph, nodes=edit_nodes(graph.nodes, manifest))
    except BadAnswer as err:
        raise WorkflowInvalid(workflow=name, reason=f"{name}.toml: {err.reason}") from err
    names = {node.class_type for node in graph.nodes.values()} | LORA_CLASSES
    classes = {**recorded_classes(names), **node_classes}
    try:
        manifest = complete_manifest(manifest, graph, classes)
    except BadAnswer as err:
        raise WorkflowInvalid(workflow=name, reason=f"{name}.json: {err.reason}") from err
    try:
        workflow = _parse_manifest(name, graph.nodes, manifest, classes)
        check_workflow(workflow, classes, wordless=text_lists(manifest, "inputs").get("prompt") == ())
    except BadAnswer as err:
        raise WorkflowInvalid(workflow=name, reason=f"{name}.toml: {err.reason}") from err
    return workflow


def _parse_manifest(
    name: str, nodes: Nodes, manifest: Mapping[str, object], classes: NodeClasses
) -> Workflow:
    refuse_unknown("key", manifest, KEYS)
    output = as_text(manifest.get("output", find_output(nodes, classes) or ""), "output")
    if not output:
        raise BadAnswer(reason="output: no node saves a clip; add a VHS_VideoCombine or SaveVideo")
    refuse_unknown("output", [output], nodes)
    derived, named = _parse_derived(manifest), text_lists(manifest, "inputs")
    refuse_unknown("inputs", named, VALUES | {*PICTURES} | derived.keys())
    nodes, named = connect_pictures(nodes, named, classes)
    inputs = {**_find_prefix(nodes, output, named), **_parse_targets(named, "inputs", nodes)}
    choices = parse_choices(manifest, nodes)
    nodes = apply_defaults(nodes, choices)
    presets = parse_presets(manifest, nodes)
    return Workflow(
        name=name,
        family=as_text(manifest.get("family", name), "family"),
        title=texts(manifest, "title"),
        description=texts(manifest, "description"),
        priority=int(as_number(manifest.get("priority", 100), "priority")),
        nodes=nodes,
        inputs=inputs,
        installed=_parse_installed(manifest, nodes),
        alternatives=_parse_names(manifest, "alternatives"),
        unusable=_parse_names(manifest, "unusable"),
        choices=choices,
        stages=parse_stages(manifest, nodes, output),
        presets=presets,
        derived=derived,
        output=output,
        crf=_parse_crf(manifest, nodes, output),
        loras=parse_loras(manifest, nodes, output, classes),
        prompt_prefix=as_text(manifest.get("prompt_prefix", ""), "prompt_prefix"),
        operator=_parse_operator(manifest, nodes),
        prompt_suffix=as_text(manifest.get("prompt_suffix", ""), "prompt_suffix"),
        models=tuple(_parse_model(each) for each in as_list(manifest.get("models", []), "models")),
        packs=texts(manifest, "packs"),
        rules=derive_rules(manifest, nodes, output, inputs, presets, classes),
    )


def _parse_derived(manifest: Mapping[str, object]) -> Mapping[str, Expression]:
    """The table `[derived]`; `split` is half of the steps where the manifest only names its place."""
    table = sub_table(manifest, "derived")
    given = {name: _parse_formula(as_text(value, f"derived.{name}"), name) for name, value in table.items()}
    refuse_unknown("derived", given.keys() & VALUES, ())
    if "split" in text_lists(manifest, "inputs"):
        return {"split": Expression("steps / 2"), **given}
    return given


def _parse_formula(text: str, name: str) -> Expression:
    formula = Expression(text)
    try:
        _ = formula.names
    except BadAnswer as err:
        raise BadAnswer(reason=f"derived.{name}: {err.reason}") from err
    return formula


def _find_prefix(nodes: Nodes, output: str, inputs: Mapping[str, object]) -> Mapping[str, NodeInputs]:
    """The output's file name, where the manifest does not name its place."""
    target = NodeInput(node=output, input="filename_prefix")
    is_there = isinstance(nodes[output].inputs.get(target.input), str)
    return {"prefix": (target,)} if is_there and "prefix" not in inputs else {}


def _parse_crf(manifest: Mapping[str, object], nodes: Nodes, output: str) -> NodeInput | None:
    if "crf" not in manifest:
        return None
    target = parse_node_input(as_text(manifest["crf"], "crf"), "crf", nodes)
    if target.node != output:
        raise BadAnswer(reason=f"crf: it must be an input of node {output}, the output")
    return target


def _parse_model(value: object) -> ModelFile:
    table = as_mapping(value, "models")
    refuse_unknown("models", table, {"name", "folder", "url"})
    name, folder, url = (as_text(table.get(key, ""), f"models.{key}") for key in ("name", "folder", "url"))
    return ModelFile(name=name, folder=folder, url=url)


def _parse_targets(table: Mapping[str, tuple[str, ...]], key: str, nodes: Nodes) -> Mapping[str, NodeInputs]:
    return {
        name: tuple(parse_node_input(text, f"{key}.{name}", nodes) for text in listed)
        for name, listed in table.items()
        if listed
    }


def _parse_installed(manifest: Mapping[str, object], nodes: Nodes) -> Mapping[Role, NodeInputs]:
    table = text_lists(manifest, "installed")
    refuse_unknown("installed", table, set(Role))
    return {Role(role): targets for role, targets in _parse_targets(table, "installed", nodes).items()}


def _parse_operator(manifest: Mapping[str, object], nodes: Nodes) -> Mapping[str, NodeInputs]:
    """The table `[operator]`: the places of values that a setting of the bot may give."""
    targets = _parse_targets(text_lists(manifest, "operator"), "operator", nodes)
    for name, places in targets.items():
        for place in places:
            if isinstance(nodes[place.node].inputs[place.input], list):
                raise BadAnswer(
                    reason=f"operator.{name}: {place.node}.{place.input} is linked to another node"
                )
    return targets


def _parse_names(manifest: Mapping[str, object], key: str) -> Mapping[Role, tuple[str, ...]]:
    table = text_lists(manifest, key)
    refuse_unknown(key, table, set(Role))
    return {Role(role): names for role, names in table.items()}
