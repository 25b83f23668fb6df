"""Adapt a workflow to a server: file names as it spells them, node inputs of its versions. Pure."""

import logging
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatch

from comfy.errors import MissingModel, NodeMissing
from comfy.graphs.nodes import NodeInput, TemplateNode, is_link
from comfy.protocol.object_info import (
    Inputs,
    InputSpec,
    NodeClasses,
    base_name,
    dropdown,
    find_choice,
    is_model_file,
)
from comfy.workflows.graph import fill
from comfy.workflows.needed_nodes import needed_nodes
from comfy.workflows.workflow import Choice, Option, Role, Workflow

log = logging.getLogger(__name__)

MissingRequirement = NodeMissing | MissingModel


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFiles:
    """The model files to use, by any path or by their bare names, and the attention.

    `attention` is "sdpa" because servers offer the faster "sageattn" even where it is not installed.
    """

    model: str = "Wan2_1-I2V-14B-480P_fp8_e4m3fn.safetensors"
    t5: str = "wan2.1/umt5-xxl-enc-bf16.safetensors"
    vae: str = "wan2.1/Wan2_1_VAE_bf16.safetensors"
    clip_vision: str = "wan2.1/open-clip-xlm-roberta-large-vit-huge-14_visual_fp16.safetensors"
    lora: str = "lightx2v_I2V_14B_480p_cfg_step_distill_rank64_bf16.safetensors"
    attention: str = "sdpa"


def find_missing(
    workflow: Workflow, node_classes: NodeClasses, files: ModelFiles
) -> tuple[MissingRequirement, ...]:
    """List what the server lacks to run the workflow, nodes first; empty when it can."""
    nodes = [
        NodeMissing(node=name, class_type=node.class_type, reason="not installed")
        for name, node in needed_nodes(workflow).items()
        if node.class_type not in node_classes
    ]
    models = [
        MissingModel(
            node=target.node,
            class_type=class_type,
            field=target.input,
            file=base_name(names[0]),
            reason="absent",
            offered=dropdown(node_classes, class_type, target.input),
        )
        for target, names in _required_files(workflow, files).items()
        if (class_type := workflow.nodes[target.node].class_type) in node_classes
        and _find_first(node_classes, class_type, target.input, names) is None
    ]
    return (*nodes, *models)


def adapt(workflow: Workflow, node_classes: NodeClasses, files: ModelFiles) -> Workflow:
    """Adapt the workflow to this server, which must lack nothing of it (see `find_missing`).

    Model files get the server's spelling. Inputs get the names that its version of a node gives them, and
    required ones that the template lacks their defaults; in built-in workflows links to inputs that it does
    not have are left out (all logged). Options whose files it lacks are left out, and the LoRAs that it has
    are named. Nodes that the output does not need stay as they are: they are not sent.
    """
    needed = needed_nodes(workflow)
    spelled = [
        (target, _find_first(node_classes, workflow.nodes[target.node].class_type, target.input, names))
        for target, names in _required_files(workflow, files).items()
    ]
    nodes = {
        name: _adapt_node(node, node_classes[node.class_type].inputs, drops_links=workflow.built_in)
        if name in needed
        else node
        for name, node in fill(workflow.nodes, spelled).items()
    }
    choices = {
        name: _adapt_choice(choice, workflow, node_classes) for name, choice in workflow.choices.items()
    }
    sent = {name: nodes[name] for name in needed}
    loras = workflow.loras.offering(node_classes, sent) if workflow.loras else None
    return replace(workflow, nodes=nodes, choices=choices, loras=loras)


def _find_first(node_classes: NodeClasses, class_type: str, field: str, names: Collection[str]) -> str | None:
    found = (find_choice(node_classes, class_type, field, name) for name in names)
    return next((each for each in found if each is not None), None)


def _required_files(workflow: Workflow, files: ModelFiles) -> Mapping[NodeInput, tuple[str, ...]]:
    """The node inputs whose file must be on the server, each with the names that are accepted."""
    needed = needed_nodes(workflow)
    named = {
        NodeInput(node=name, input=key): (value,)
        for name, node in needed.items()
        for key, value in node.inputs.items()
        if is_model_file(value)
    }
    chosen = {
        target: _file_names(role, workflow, files)
        for role, targets in workflow.installed.items()
        for target in targets
        if target.node in needed
    }
    return {**named, **chosen}


def _file_names(role: Role, workflow: Workflow, files: ModelFiles) -> tuple[str, ...]:
    """The setting's name, unless a pattern of `unusable` matches it, then the manifest's alternatives."""
    setting, others = str(getattr(files, role)), workflow.alternatives.get(role, ())
    patterns = workflow.unusable.get(role, ())
    if others and any(fnmatch(base_name(setting), pattern) for pattern in patterns):
        return others
    return (setting, *others)


def _adapt_choice(choice: Choice, workflow: Workflow, node_classes: NodeClasses) -> Choice:
    adapted = {name: _adapt_option(option, workflow, node_classes) for name, option in choice.options.items()}
    return replace(choice, options={name: option for name, option in adapted.items() if option})


def _adapt_option(option: Option, workflow: Workflow, node_classes: NodeClasses) -> Option | None:
    """The option in this server's spelling, None when it lacks a file."""
    needed = needed_nodes(workflow)
    sets = {
        target: find_choice(node_classes, needed[target.node].class_type, target.input, value)
        if target.node in needed and is_model_file(value)
        else value
        for target, value in option.sets.items()
    }
    return None if None in sets.values() else replace(option, sets=sets)


def _adapt_node(node: TemplateNode, specs: Inputs, *, drops_links: bool) -> TemplateNode:
    known = dict(_expand(specs, node.inputs))
    names = {name: _find_name(name, node, known) for name in node.inputs}
    # ComfyUI ignores values that a class does not list, and some classes read them all the same.
    dropped = [name for name, new in names.items() if not new and drops_links and is_link(node.inputs[name])]
    kept = {new or name: node.inputs[name] for name, new in names.items() if name not in dropped}
    filled = {name: spec.default for name, spec in known.items() if _is_missing(name, spec, kept)}
    if filled or kept.keys() != node.inputs.keys():
        log.info("this server's %s: left out %s, filled in %s", node.class_type, dropped, filled)
    return replace(node, inputs={**kept, **filled})


def _expand(specs: Inputs, given: Mapping[str, object]) -> Iterator[tuple[str, InputSpec]]:
    """All inputs that the node has with these values: each dropdown's entry adds its own."""
    for name, spec in specs.items():
        yield name, spec
        entry = given.get(name, spec.default if spec.required else None)
        yield from _expand(spec.brings.get(str(entry), {}), given)


def _find_name(name: str, node: TemplateNode, known: Inputs) -> str | None:
    """The server's name of an input (SaveVideo's `codec` became `format.codec`), None when it has none."""
    owner = known.get(name.partition(".")[0])
    # An input that may grow (`videos.video0`) does not say how far.
    if name in known or ("." in name and owner and owner.choices is None):
        return name
    others = (each for each in known if each not in node.inputs and _last_part(each) == _last_part(name))
    return next(others, None)


def _is_missing(name: str, spec: InputSpec, kept: Mapping[str, object]) -> bool:
    if not spec.required or spec.default is None or name in kept:
        return False
    return "." not in name or _last_part(name) not in map(_last_part, kept)


def _last_part(name: str) -> str:
    return name.rpartition(".")[2]
