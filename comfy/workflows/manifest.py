"""Workflows out of files: NAME.json in ComfyUI's API format, and NAME.toml that says what is what in it."""

import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields
from pathlib import Path

from comfy.errors import BadAnswer, WorkflowInvalid
from comfy.protocol.json_values import as_mapping, as_number, as_text, parse_json
from comfy.workflows.choices import apply_defaults, parse_choices
from comfy.workflows.events import Stage
from comfy.workflows.manifest_fields import parse_place, refuse_others, sub_table, text_lists, texts
from comfy.workflows.workflow import VALUES, NodeInput, Nodes, Places, Range, Role, TemplateNode, Workflow

BUILT_IN = Path(__file__).parent

KEYS = frozenset(field.name for field in fields(Workflow)) - {"name", "nodes"}
# Read from the top: the first word found in a class name decides ("LoadWanVideoT5TextEncoder" loads).
STAGE_WORDS = {
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
    """All workflows of the folders, smallest `priority` first; of two with one name the later folder's.

    Raises WorkflowInvalid, which names the workflow and says what is wrong with which file.
    """
    homes = {file.stem: folder for folder in folders for file in _files(folder)}
    loaded = [_load(home, name) for name, home in sorted(homes.items())]
    return {workflow.name: workflow for workflow in sorted(loaded, key=lambda workflow: workflow.priority)}


def parse_workflow(name: str, *, template: str, manifest: str) -> Workflow:
    """The workflow that the texts of its two files describe. Raises WorkflowInvalid."""
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


def _files(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        raise WorkflowInvalid(workflow=folder.name, reason="there is no such folder of workflows")
    return (file for file in folder.iterdir() if file.suffix in (".json", ".toml"))


def _load(home: Path, name: str) -> Workflow:
    try:
        template, manifest = ((home / f"{name}{suffix}").read_text("utf-8") for suffix in (".json", ".toml"))
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
    refuse_others("key", manifest, KEYS)
    output = as_text(manifest.get("output"), "output")
    refuse_others("output", [output], nodes)
    choices = parse_choices(manifest, nodes)
    return Workflow(
        name=name,
        family=as_text(manifest.get("family", name), "family"),
        title=texts(manifest, "title"),
        description=texts(manifest, "description"),
        priority=int(as_number(manifest.get("priority", 100), "priority")),
        nodes=apply_defaults(nodes, choices),
        inputs=_places(manifest, "inputs", nodes, VALUES | {"image"}),
        installed={
            Role(role): places for role, places in _places(manifest, "installed", nodes, set(Role)).items()
        },
        alternatives=_names(manifest, "alternatives"),
        unusable=_names(manifest, "unusable"),
        choices=choices,
        stages=_stages(manifest, nodes, output),
        presets={
            key: _numbers(value, f"presets.{key}") for key, value in sub_table(manifest, "presets").items()
        },
        ranges={
            name: _range(value, f"ranges.{name}") for name, value in sub_table(manifest, "ranges").items()
        },
        output=output,
        crf=_crf(manifest, nodes, output),
    )


def _crf(manifest: Mapping[str, object], nodes: Nodes, output: str) -> NodeInput | None:
    if "crf" not in manifest:
        return None
    place = parse_place(as_text(manifest["crf"], "crf"), "crf", nodes)
    if place.node != output:
        raise BadAnswer(reason=f"crf: it must be an input of node {output}, the output")
    return place


def _numbers(value: object, what: str) -> Mapping[str, float]:
    table = as_mapping(value, what)
    refuse_others(what, table, VALUES)
    return {name: as_number(number, f"{what}.{name}") for name, number in table.items()}


def _range(value: object, what: str) -> Range:
    table = as_mapping(value, what)
    refuse_others(what, table, {"least", "most", "step"})
    least, most, step = (as_number(table.get(key, 0), f"{what}.{key}") for key in ("least", "most", "step"))
    return Range(least=least, most=most, step=step)


def _places(
    manifest: Mapping[str, object], key: str, nodes: Nodes, names: Collection[str]
) -> Mapping[str, Places]:
    table = text_lists(manifest, key)
    refuse_others(key, table, names)
    return {
        name: tuple(parse_place(text, f"{key}.{name}", nodes) for text in listed)
        for name, listed in table.items()
    }


def _names(manifest: Mapping[str, object], key: str) -> Mapping[Role, tuple[str, ...]]:
    table = text_lists(manifest, key)
    refuse_others(key, table, set(Role))
    return {Role(role): names for role, names in table.items()}


def _stages(manifest: Mapping[str, object], nodes: Nodes, output: str) -> Mapping[str, Stage]:
    given = texts(manifest, "stages")
    refuse_others("stages", given, nodes)
    refuse_others("stages", given.values(), set(Stage))
    guessed = {name: _guess_stage(node.class_type) for name, node in nodes.items()}
    return {**guessed, output: Stage.SAVING, **{node: Stage(stage) for node, stage in given.items()}}


def _guess_stage(class_type: str) -> Stage:
    return next((stage for word, stage in STAGE_WORDS.items() if word in class_type), Stage.LOADING)
