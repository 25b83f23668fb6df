"""Load workflows from files: NAME.json in ComfyUI's API format, and its manifest NAME.toml."""

import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields
from pathlib import Path

from comfy.errors import BadAnswer, WorkflowInvalid
from comfy.protocol.json_values import as_mapping, as_number, as_text, parse_json
from comfy.workflows.choices import apply_defaults, parse_choices
from comfy.workflows.manifest_fields import parse_node_input, refuse_unknown, sub_table, text_lists, texts
from comfy.workflows.workflow import (
    VALUES,
    NodeInput,
    NodeInputs,
    Nodes,
    Range,
    Role,
    Stage,
    TemplateNode,
    Workflow,
)

BUILT_IN = Path(__file__).parent

KEYS = frozenset(field.name for field in fields(Workflow)) - {"name", "nodes"}
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


def load_workflows(*folders: Path) -> Mapping[str, Workflow]:
    """Load all workflows of the folders, smallest `priority` first; of two with one name the later folder's.

    Raises WorkflowInvalid, with the workflow's name and what is wrong in which file.
    """
    found = {file.stem: folder for folder in folders for file in _workflow_files(folder)}
    loaded = [_load(folder, name) for name, folder in sorted(found.items())]
    return {workflow.name: workflow for workflow in sorted(loaded, key=lambda workflow: workflow.priority)}


def parse_workflow(name: str, *, template: str, manifest: str) -> Workflow:
    """Parse a workflow from the texts of its two files. Raises WorkflowInvalid."""
    try:
        nodes = _parse_template(template)
    except BadAnswer as err:
        raise WorkflowInvalid(workflow=name, reason=f"{name}.json: {err.reason}") from err
    try:
        return _parse_manifest(name, nodes, tomllib.loads(manifest))
    except BadAnswer as err:
        raise WorkflowInvalid(workflow=name, reason=f"{name}.toml: {err.reason}") from err
    except tomllib.TOMLDecodeError as err:
        raise WorkflowInvalid(workflow=name, reason=f"{name}.toml: {err}") from err


def _workflow_files(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        raise WorkflowInvalid(workflow=folder.name, reason="there is no such folder of workflows")
    return (file for file in folder.iterdir() if file.suffix in (".json", ".toml"))


def _load(folder: Path, name: str) -> Workflow:
    try:
        template, manifest = (
            (folder / f"{name}{suffix}").read_text("utf-8") for suffix in (".json", ".toml")
        )
    except (OSError, UnicodeDecodeError) as err:
        raise WorkflowInvalid(
            workflow=name, reason=f"{name}.json and {name}.toml must both be there"
        ) from err
    return parse_workflow(name, template=template, manifest=manifest)


def _parse_template(text: str) -> Nodes:
    template = as_mapping(parse_json(text), "the template")
    if "nodes" in template and "links" in template:
        raise BadAnswer(reason="that is the web page's own format; in ComfyUI use Workflow → Export (API)")
    return {name: _parse_node(f"node {name}", node) for name, node in template.items()}


def _parse_node(what: str, value: object) -> TemplateNode:
    node = as_mapping(value, what)
    return TemplateNode(
        class_type=as_text(node.get("class_type"), f"class_type of {what}"),
        inputs=as_mapping(node.get("inputs"), f"inputs of {what}"),
    )


def _parse_manifest(name: str, nodes: Nodes, manifest: Mapping[str, object]) -> Workflow:
    refuse_unknown("key", manifest, KEYS)
    output = as_text(manifest.get("output"), "output")
    refuse_unknown("output", [output], nodes)
    choices = parse_choices(manifest, nodes)
    return Workflow(
        name=name,
        family=as_text(manifest.get("family", name), "family"),
        title=texts(manifest, "title"),
        description=texts(manifest, "description"),
        priority=int(as_number(manifest.get("priority", 100), "priority")),
        nodes=apply_defaults(nodes, choices),
        inputs=_parse_inputs(manifest, "inputs", nodes, VALUES | {"image"}),
        installed={
            Role(role): inputs
            for role, inputs in _parse_inputs(manifest, "installed", nodes, set(Role)).items()
        },
        alternatives=_parse_names(manifest, "alternatives"),
        unusable=_parse_names(manifest, "unusable"),
        choices=choices,
        stages=_parse_stages(manifest, nodes, output),
        presets={
            key: _parse_numbers(value, f"presets.{key}")
            for key, value in sub_table(manifest, "presets").items()
        },
        ranges={
            name: _parse_range(value, f"ranges.{name}")
            for name, value in sub_table(manifest, "ranges").items()
        },
        output=output,
        crf=_parse_crf(manifest, nodes, output),
    )


def _parse_crf(manifest: Mapping[str, object], nodes: Nodes, output: str) -> NodeInput | None:
    if "crf" not in manifest:
        return None
    target = parse_node_input(as_text(manifest["crf"], "crf"), "crf", nodes)
    if target.node != output:
        raise BadAnswer(reason=f"crf: it must be an input of node {output}, the output")
    return target


def _parse_numbers(value: object, what: str) -> Mapping[str, float]:
    table = as_mapping(value, what)
    refuse_unknown(what, table, VALUES)
    return {name: as_number(number, f"{what}.{name}") for name, number in table.items()}


def _parse_range(value: object, what: str) -> Range:
    table = as_mapping(value, what)
    refuse_unknown(what, table, {"least", "most", "step"})
    least, most, step = (as_number(table.get(key, 0), f"{what}.{key}") for key in ("least", "most", "step"))
    return Range(least=least, most=most, step=step)


def _parse_inputs(
    manifest: Mapping[str, object], key: str, nodes: Nodes, names: Collection[str]
) -> Mapping[str, NodeInputs]:
    table = text_lists(manifest, key)
    refuse_unknown(key, table, names)
    return {
        name: tuple(parse_node_input(text, f"{key}.{name}", nodes) for text in listed)
        for name, listed in table.items()
    }


def _parse_names(manifest: Mapping[str, object], key: str) -> Mapping[Role, tuple[str, ...]]:
    table = text_lists(manifest, key)
    refuse_unknown(key, table, set(Role))
    return {Role(role): names for role, names in table.items()}


def _parse_stages(manifest: Mapping[str, object], nodes: Nodes, output: str) -> Mapping[str, Stage]:
    given = texts(manifest, "stages")
    refuse_unknown("stages", given, nodes)
    refuse_unknown("stages", given.values(), set(Stage))
    guessed = {name: _guess_stage(node.class_type) for name, node in nodes.items()}
    return {**guessed, output: Stage.SAVING, **{node: Stage(stage) for node, stage in given.items()}}


def _guess_stage(class_type: str) -> Stage:
    return next((stage for part, stage in STAGES_BY_CLASS_NAME.items() if part in class_type), Stage.LOADING)
