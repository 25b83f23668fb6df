"""What a server has: its nodes and model files, out of `/object_info`, and whether a workflow fits. Pure."""

import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from comfy.errors import BadAnswer, MissingModel, NodeMissing
from comfy.graph import fill
from comfy.shapes import as_list, as_mapping, as_text, is_list
from comfy.workflow import MODEL_SUFFIXES, Place, Role, TemplateNode, Workflow

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFiles:
    """The files to use, by any path or by their bare names, and the attention.

    `attention` is "sdpa" because servers offer the faster "sageattn" even where it is not installed.
    """

    model: str = "Wan2_1-I2V-14B-480P_fp8_e4m3fn.safetensors"
    t5: str = "wan2.1/umt5-xxl-enc-bf16.safetensors"
    vae: str = "wan2.1/Wan2_1_VAE_bf16.safetensors"
    clip_vision: str = "wan2.1/open-clip-xlm-roberta-large-vit-huge-14_visual_fp16.safetensors"
    lora: str = "lightx2v_I2V_14B_480p_cfg_step_distill_rank64_bf16.safetensors"
    attention: str = "sdpa"


@dataclass(frozen=True, slots=True, kw_only=True)
class InputSpec:
    """An input of a node class.

    `choices`: a dropdown's entries, None where it is no dropdown.
    `widgets`: the further inputs that an entry brings with it (VideoHelperSuite's formats).
    """

    required: bool
    choices: tuple[str, ...] | None
    default: object
    widgets: Mapping[str, frozenset[str]]


Catalogue = Mapping[str, Mapping[str, InputSpec]]


def parse_catalogue(answer: object, classes: Collection[str]) -> Catalogue:
    """What `/object_info` says of these node classes; those it does not know are left out.

    Raises BadAnswer.
    """
    known = as_mapping(answer, "object_info")
    return {name: _parse_class(as_mapping(known[name], name)) for name in classes if name in known}


def find_missing(
    workflow: Workflow, catalogue: Catalogue, files: ModelFiles
) -> tuple[NodeMissing | MissingModel, ...]:
    """What the server lacks to run the workflow, nodes first; nothing means that it can."""
    nodes = [
        NodeMissing(node=name, class_type=node.class_type, reason="not installed")
        for name, node in workflow.nodes.items()
        if node.class_type not in catalogue
    ]
    models = [
        MissingModel(
            node=place.node, class_type=class_type, field=place.input, file=base_name(wanted), reason="absent"
        )
        for place, wanted in _wanted(workflow, files)
        if (class_type := workflow.nodes[place.node].class_type) in catalogue
        and find_choice(catalogue, class_type, place.input, wanted) is None
    ]
    return (*nodes, *models)


def fit(workflow: Workflow, catalogue: Catalogue, files: ModelFiles) -> Workflow:
    """The workflow as this server wants it, which must lack nothing of it.

    Models by the server's own spelling; inputs that it does not know left out and required ones that the
    template lacks filled with its defaults (both logged), so that another version of a node breaks nothing.
    """
    spelled = [
        (place, find_choice(catalogue, workflow.nodes[place.node].class_type, place.input, wanted))
        for place, wanted in _wanted(workflow, files)
    ]
    nodes = fill(workflow.nodes, spelled)
    return replace(
        workflow, nodes={name: _fit_node(node, catalogue[node.class_type]) for name, node in nodes.items()}
    )


def base_name(file: str) -> str:
    """The name without its folders, which Windows servers write with backslashes."""
    return file.replace("\\", "/").rsplit("/", 1)[-1]


def find_choice(catalogue: Catalogue, class_type: str, name: str, wanted: str) -> str | None:
    """The dropdown's own spelling of `wanted`: itself, else the first with the same base name (case kept)."""
    spec = catalogue[class_type].get(name)
    choices = (spec and spec.choices) or ()
    if wanted in choices:
        return wanted
    return next((choice for choice in choices if base_name(choice) == base_name(wanted)), None)


def _wanted(workflow: Workflow, files: ModelFiles) -> Iterable[tuple[Place, str]]:
    """What must be on the server: the settings' names, and files that the template itself names."""
    settings: Mapping[Role, str] = {role: getattr(files, role) for role in Role}
    chosen = {place: settings[role] for role, places in workflow.installed.items() for place in places}
    named = {
        Place(node=name, input=key): value
        for name, node in workflow.nodes.items()
        for key, value in node.inputs.items()
        if isinstance(value, str) and value.endswith(MODEL_SUFFIXES)
    }
    return (named | chosen).items()


def _fit_node(node: TemplateNode, specs: Mapping[str, InputSpec]) -> TemplateNode:
    dropped = [name for name in node.inputs if not _is_known(name, node, specs)]
    filled = {
        name: spec.default
        for name, spec in specs.items()
        if spec.required and name not in node.inputs and spec.default is not None
    }
    if dropped or filled:
        log.info("this server's %s: left out %s, filled in %s", node.class_type, dropped, filled)
    kept = {name: value for name, value in node.inputs.items() if name not in dropped}
    return replace(node, inputs={**kept, **filled})


def _is_known(name: str, node: TemplateNode, specs: Mapping[str, InputSpec]) -> bool:
    # Without save_metadata, a widget of one format, the prompt would be in the clip again.
    of_choice = (spec.widgets.get(str(node.inputs.get(owner)), frozenset()) for owner, spec in specs.items())
    return name.partition(".")[0] in specs or any(name in widgets for widgets in of_choice)


def _parse_class(value: Mapping[str, object]) -> Mapping[str, InputSpec]:
    inputs = as_mapping(value.get("input"), "input")
    return {
        name: _parse_input(spec, required=group == "required")
        for group in ("required", "optional")
        for name, spec in as_mapping(inputs.get(group, {}), group).items()
    }


def _parse_input(value: object, *, required: bool) -> InputSpec:
    match as_list(value):
        case [kind, options, *_]:
            return _make_input(kind, as_mapping(options), required=required)
        case [kind]:
            return _make_input(kind, {}, required=required)
        case _:
            raise BadAnswer(reason="an input without a type")


def _make_input(kind: object, options: Mapping[str, object], *, required: bool) -> InputSpec:
    # A dropdown is a bare list, or since 2025 a COMBO with its list among the options.
    listed = options.get("options") if kind == "COMBO" else kind
    choices = tuple(str(choice) for choice in listed) if is_list(listed) else None
    return InputSpec(
        required=required,
        choices=choices,
        default=options.get("default", choices[0] if choices else None),
        widgets=_parse_widgets(options.get("formats", {})),
    )


def _parse_widgets(value: object) -> Mapping[str, frozenset[str]]:
    """VideoHelperSuite: `{format: [[name, type, options?], …]}`."""
    return {
        choice: frozenset(as_text(as_list(widget)[0]) for widget in as_list(widgets))
        for choice, widgets in as_mapping(value).items()
    }
