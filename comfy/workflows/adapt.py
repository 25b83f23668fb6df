"""Whether a workflow fits a server, and how: files by its spelling, inputs by its version. Pure."""

import logging
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from typing import TypeGuard

from comfy.errors import MissingModel, NodeMissing
from comfy.protocol.object_info import Inputs, InputSpec, NodeClasses, base_name, find_choice
from comfy.workflows.graph import fill
from comfy.workflows.workflow import MODEL_SUFFIXES, Choice, NodeInput, Option, Role, TemplateNode, Workflow

log = logging.getLogger(__name__)

MissingRequirement = NodeMissing | MissingModel


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


def find_missing(
    workflow: Workflow, catalogue: NodeClasses, files: ModelFiles
) -> tuple[MissingRequirement, ...]:
    """What the server lacks to run the workflow, nodes first; nothing means that it can."""
    nodes = [
        NodeMissing(node=name, class_type=node.class_type, reason="not installed")
        for name, node in workflow.nodes.items()
        if node.class_type not in catalogue
    ]
    models = [
        MissingModel(
            node=place.node,
            class_type=class_type,
            field=place.input,
            file=base_name(names[0]),
            reason="absent",
        )
        for place, names in _wanted(workflow, files).items()
        if (class_type := workflow.nodes[place.node].class_type) in catalogue
        and _find_first(catalogue, class_type, place.input, names) is None
    ]
    return (*nodes, *models)


def adapt(workflow: Workflow, catalogue: NodeClasses, files: ModelFiles) -> Workflow:
    """The workflow as this server wants it, which must lack nothing of it.

    Models by the server's own spelling; inputs that it does not know left out and required ones that the
    template lacks filled with its defaults (both logged), so that another version of a node breaks nothing.
    Options whose files it lacks are not offered.
    """
    spelled = [
        (place, _find_first(catalogue, workflow.nodes[place.node].class_type, place.input, names))
        for place, names in _wanted(workflow, files).items()
    ]
    nodes = {
        name: _fit_node(node, catalogue[node.class_type].inputs)
        for name, node in fill(workflow.nodes, spelled).items()
    }
    choices = {name: _fit_choice(choice, workflow, catalogue) for name, choice in workflow.choices.items()}
    return replace(workflow, nodes=nodes, choices=choices)


def _find_first(catalogue: NodeClasses, class_type: str, field: str, names: Collection[str]) -> str | None:
    found = (find_choice(catalogue, class_type, field, name) for name in names)
    return next((each for each in found if each is not None), None)


def _wanted(workflow: Workflow, files: ModelFiles) -> Mapping[NodeInput, tuple[str, ...]]:
    """What must be on the server, each with the names that will do: of roles, and named by the template."""
    named = {
        NodeInput(node=name, input=key): (value,)
        for name, node in workflow.nodes.items()
        for key, value in node.inputs.items()
        if is_file(value)
    }
    chosen = {
        place: _names_of(role, workflow, files)
        for role, places in workflow.installed.items()
        for place in places
    }
    return {**named, **chosen}


def _names_of(role: Role, workflow: Workflow, files: ModelFiles) -> tuple[str, ...]:
    """The setting's first, then the manifest's; the setting's all the same where there is no other."""
    setting, others = str(getattr(files, role)), workflow.alternatives.get(role, ())
    patterns = workflow.unusable.get(role, ())
    if others and any(fnmatch(base_name(setting), pattern) for pattern in patterns):
        return others
    return (setting, *others)


def is_file(value: object) -> TypeGuard[str]:
    """Whether an input's value names a model file."""
    return isinstance(value, str) and value.endswith(MODEL_SUFFIXES)


def _fit_choice(choice: Choice, workflow: Workflow, catalogue: NodeClasses) -> Choice:
    fitted = {name: _fit_option(option, workflow, catalogue) for name, option in choice.options.items()}
    return replace(choice, options={name: option for name, option in fitted.items() if option})


def _fit_option(option: Option, workflow: Workflow, catalogue: NodeClasses) -> Option | None:
    """The option by this server's spelling, None when it lacks a file."""
    sets = {
        place: find_choice(catalogue, workflow.nodes[place.node].class_type, place.input, value)
        if is_file(value)
        else value
        for place, value in option.sets.items()
    }
    return None if None in sets.values() else replace(option, sets=sets)


def _fit_node(node: TemplateNode, specs: Inputs) -> TemplateNode:
    known = dict(_expand(specs, node.inputs))
    names = {name: _find_name(name, node, known) for name in node.inputs}
    kept = {new: node.inputs[name] for name, new in names.items() if new}
    filled = {name: spec.default for name, spec in known.items() if _is_lacking(name, spec, kept)}
    if filled or kept.keys() != node.inputs.keys():
        dropped = [name for name, new in names.items() if not new]
        log.info("this server's %s: left out %s, filled in %s", node.class_type, dropped, filled)
    return replace(node, inputs={**kept, **filled})


def _expand(specs: Inputs, given: Mapping[str, object]) -> Iterator[tuple[str, InputSpec]]:
    """All inputs that the node has as it is set: each dropdown's entry brings its own."""
    for name, spec in specs.items():
        yield name, spec
        entry = given.get(name, spec.default if spec.required else None)
        yield from _expand(spec.brings.get(str(entry), {}), given)


def _find_name(name: str, node: TemplateNode, known: Inputs) -> str | None:
    """The name under which the server takes an input: SaveVideo's `codec` was one, then part of `format`."""
    owner = known.get(name.partition(".")[0])
    # An input that may grow (`videos.video0`) does not say how far.
    if name in known or ("." in name and owner and owner.choices is None):
        return name
    others = (each for each in known if each not in node.inputs and _tail(each) == _tail(name))
    return next(others, None)


def _is_lacking(name: str, spec: InputSpec, kept: Mapping[str, object]) -> bool:
    if not spec.required or spec.default is None or name in kept:
        return False
    return "." not in name or _tail(name) not in map(_tail, kept)


def _tail(name: str) -> str:
    return name.rpartition(".")[2]
