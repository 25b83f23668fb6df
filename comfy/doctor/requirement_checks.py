"""Check what a server has of what the workflows need: packs, nodes, files. Pure."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from comfy.doctor.findings import (
    ATTENTION,
    DEPRECATED,
    MODEL,
    NODE,
    OTHER_WORKFLOW,
    PACK,
    SIMILAR_MODEL,
    WORKFLOW,
    Finding,
)
from comfy.errors import MissingModel
from comfy.protocol.object_info import NodeClasses, base_name, dropdown, is_model_file
from comfy.workflows.adapt import MissingRequirement, ModelFiles, adapt, find_missing
from comfy.workflows.workflow import Role, Workflow, used_classes

CORE = "ComfyUI"
# By the beginning of a node's class name.
PACKS = {
    "WanVideo": "ComfyUI-WanVideoWrapper",
    "LoadWanVideo": "ComfyUI-WanVideoWrapper",
    "VHS_": "ComfyUI-VideoHelperSuite",
}
FOLDERS = {
    "WanVideoModelLoader": "diffusion_models",
    "UNETLoader": "diffusion_models",
    "LoadWanVideoT5TextEncoder": "text_encoders",
    "CLIPLoader": "text_encoders",
    "LoadWanVideoClipTextEncoder": "clip_vision",
    "CLIPVisionLoader": "clip_vision",
    "WanVideoVAELoader": "vae",
    "VAELoader": "vae",
    "WanVideoLoraSelect": "loras",
    "LoraLoaderModelOnly": "loras",
}

Workflows = Mapping[str, Workflow]
Missing = Mapping[str, tuple[MissingRequirement, ...]]


def check_requirements(
    workflows: Workflows, node_classes: NodeClasses, files: ModelFiles
) -> Iterator[Finding]:
    """Packs, nodes, files and deprecated nodes; then each workflow, needed where no other can run."""
    missing = {name: find_missing(workflow, node_classes, files) for name, workflow in workflows.items()}
    runnable = {name: adapt(workflows[name], node_classes, files) for name in workflows if not missing[name]}
    yield from _check_nodes(workflows, node_classes)
    yield from _check_files(runnable)
    yield from _check_missing_files(workflows, missing, node_classes)
    yield from _check_deprecated(runnable, node_classes)
    for name in workflows:
        check = WORKFLOW if name in runnable or not runnable else OTHER_WORKFLOW
        yield check.result(name, ok=name in runnable)


def pack_of(class_type: str) -> str:
    """The pack that provides a node class, ComfyUI itself for those of no known pack."""
    return next((pack for start, pack in PACKS.items() if class_type.startswith(start)), CORE)


def _check_nodes(workflows: Workflows, node_classes: NodeClasses) -> Iterator[Finding]:
    used = sorted(used_classes(workflows.values()))
    for pack in sorted({pack_of(each) for each in used}):
        absent = [each for each in used if pack_of(each) == pack and each not in node_classes]
        if not absent:
            yield PACK.result(pack, ok=True)
        for each in absent:
            yield NODE.result(each, ok=False, pack=pack)


def _check_files(runnable: Workflows) -> Iterator[Finding]:
    used = {
        value
        for workflow in runnable.values()
        for node in workflow.nodes.values()
        for value in node.inputs.values()
        if is_model_file(value)
    }
    for file in sorted(used):
        yield MODEL.result(file, ok=True)


def _check_missing_files(
    workflows: Workflows, missing: Missing, node_classes: NodeClasses
) -> Iterator[Finding]:
    models = {
        (not _is_attention(each, workflows[name]), each.file): each
        for name, requirements in missing.items()
        for each in requirements
        if isinstance(each, MissingModel)
    }
    for (is_file, _), model in sorted(models.items()):
        offered = dropdown(node_classes, model.class_type, model.field)
        if is_file:
            yield _missing_file(model, offered)
        else:
            yield ATTENTION.result(model.file, ok=False, offered=", ".join(offered))


def _is_attention(missing: MissingModel, workflow: Workflow) -> bool:
    inputs = workflow.installed.get(Role.ATTENTION, ())
    return (missing.node, missing.field) in {(each.node, each.input) for each in inputs}


def _missing_file(missing: MissingModel, offered: tuple[str, ...]) -> Finding:
    names = sorted({base_name(each) for each in offered if is_model_file(each)})
    near = get_close_matches(missing.file, names, n=3, cutoff=0.5)
    check = SIMILAR_MODEL if near else MODEL
    folder = FOLDERS.get(missing.class_type, "")
    return check.result(missing.file, ok=False, folder=folder, near=", ".join(near))


def _check_deprecated(runnable: Workflows, node_classes: NodeClasses) -> Iterator[Finding]:
    """Deprecated nodes are removed some day; a workflow without them may be there already."""
    deprecated = {
        (node.class_type, name)
        for name, workflow in runnable.items()
        for node in workflow.nodes.values()
        if node_classes[node.class_type].deprecated
    }
    for class_type, name in sorted(deprecated):
        yield DEPRECATED.result(class_type, ok=False, workflows=name)
