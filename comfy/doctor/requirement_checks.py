"""Check what a server has of what the workflows need: packs, nodes, files. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from comfy.errors import MissingModel, NodeMissing
from comfy.protocol.object_info import NodeClasses, base_name, is_model_file
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
Missing = Mapping[str, Sequence[MissingRequirement]]


def check_requirements(
    workflows: Workflows, node_classes: NodeClasses, files: ModelFiles
) -> Iterator[Finding]:
    """Packs, nodes, files and deprecated nodes; then each workflow, needed where no other can run."""
    missing = {name: find_missing(workflow, node_classes, files) for name, workflow in workflows.items()}
    runnable = {name: adapt(workflows[name], node_classes, files) for name in workflows if not missing[name]}
    yield from _check_nodes(workflows, node_classes)
    yield from _check_files(runnable)
    yield from _check_missing_files(workflows, missing)
    yield from _check_deprecated(runnable, node_classes)
    for name in workflows:
        check = WORKFLOW if name in runnable or not runnable else OTHER_WORKFLOW
        yield check.result(name, ok=name in runnable)


def describe_missing(workflow: Workflow, missing: Iterable[MissingRequirement]) -> str:
    """What a server lacks to run the workflow, and what to do about it, in one line of a log."""
    lacks = list(missing)
    classes = {each.class_type for each in lacks if isinstance(each, NodeMissing)}
    findings = [NODE.result(each, ok=False, pack=pack_of(each)) for each in sorted(classes)]
    findings += _check_missing_files({workflow.name: workflow}, {workflow.name: lacks})
    texts, fixes = ([getattr(each, name) for each in findings] for name in ("text", "fix"))
    return f"{', '.join(texts)}. {' '.join(dict.fromkeys(fixes))}"


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


def _check_missing_files(workflows: Workflows, missing: Missing) -> Iterator[Finding]:
    models = {
        (not _is_attention(each, workflows[name]), each.file): each
        for name, requirements in missing.items()
        for each in requirements
        if isinstance(each, MissingModel)
    }
    for (is_file, _), model in sorted(models.items()):
        if is_file:
            yield _missing_file(model)
        else:
            yield ATTENTION.result(model.file, ok=False, offered=", ".join(model.offered))


def _is_attention(missing: MissingModel, workflow: Workflow) -> bool:
    inputs = workflow.installed.get(Role.ATTENTION, ())
    return (missing.node, missing.field) in {(each.node, each.input) for each in inputs}


def _missing_file(missing: MissingModel) -> Finding:
    names = sorted({base_name(each) for each in missing.offered if is_model_file(each)})
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
