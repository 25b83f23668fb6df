"""What a server has of what the workflows need, as findings. Pure."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from comfy.doctor.findings import Check, Finding, Fix
from comfy.errors import MissingModel
from comfy.protocol.object_info import NodeClasses, base_name, dropdown
from comfy.workflows.adapt import MissingRequirement, ModelFiles, adapt, find_missing, is_file
from comfy.workflows.workflow import MODEL_SUFFIXES, Role, Workflow

CORE = "ComfyUI"
# By the words that begin a node's class.
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


def inspect(
    workflows: Mapping[str, Workflow], catalogue: NodeClasses, files: ModelFiles
) -> Iterator[Finding]:
    """Packs, nodes, files and deprecated nodes; then each workflow, needed where no other can run."""
    lacks = {name: find_missing(workflow, catalogue, files) for name, workflow in workflows.items()}
    fitted = {
        name: adapt(workflow, catalogue, files) for name, workflow in workflows.items() if not lacks[name]
    }
    yield from _inspect_nodes(workflows, catalogue)
    yield from _inspect_files(fitted, lacks, workflows, catalogue)
    yield from _inspect_age(fitted, catalogue)
    for name in workflows:
        runs = name in fitted
        yield Finding(
            check=Check.WORKFLOW,
            ok=runs,
            subject=name,
            needed=runs or not fitted,
            fix=None if runs else Fix.SEE_ABOVE,
        )


def pack_of(class_type: str) -> str:
    """The pack that brings a class of nodes, ComfyUI itself for those that are in no known pack."""
    return next((pack for start, pack in PACKS.items() if class_type.startswith(start)), CORE)


def _inspect_nodes(workflows: Mapping[str, Workflow], catalogue: NodeClasses) -> Iterator[Finding]:
    classes = sorted({node.class_type for workflow in workflows.values() for node in workflow.nodes.values()})
    for pack in sorted({pack_of(each) for each in classes}):
        absent = [each for each in classes if pack_of(each) == pack and each not in catalogue]
        if not absent:
            yield Finding(check=Check.PACK, ok=True, subject=pack)
        for each in absent:
            yield Finding(
                check=Check.NODE, ok=False, subject=each, fix=Fix.INSTALL_PACK, fields={"pack": pack}
            )


def _inspect_files(
    fitted: Mapping[str, Workflow],
    lacks: Mapping[str, tuple[MissingRequirement, ...]],
    workflows: Mapping[str, Workflow],
    catalogue: NodeClasses,
) -> Iterator[Finding]:
    used = {
        value
        for workflow in fitted.values()
        for node in workflow.nodes.values()
        for value in node.inputs.values()
        if is_file(value)
    }
    for file in sorted(used):
        yield Finding(check=Check.MODEL, ok=True, subject=file)
    absent = {
        _about(lack, workflows[name]): lack
        for name, lacking in lacks.items()
        for lack in lacking
        if isinstance(lack, MissingModel)
    }
    for (check, file), lack in sorted(absent.items()):
        yield _absent(check, file, dropdown(catalogue, lack.class_type, lack.field), lack.class_type)


def _about(lack: MissingModel, workflow: Workflow) -> tuple[Check, str]:
    attention = {(place.node, place.input) for place in workflow.installed.get(Role.ATTENTION, ())}
    return Check.ATTENTION if (lack.node, lack.field) in attention else Check.MODEL, lack.file


def _absent(check: Check, file: str, offered: tuple[str, ...], class_type: str) -> Finding:
    if check is Check.ATTENTION:
        fields = {"offered": ", ".join(offered)}
        return Finding(check=check, ok=False, subject=file, fix=Fix.SET_ATTENTION, fields=fields)
    names = sorted({base_name(each) for each in offered if each.endswith(MODEL_SUFFIXES)})
    near = get_close_matches(file, names, n=3, cutoff=0.5)
    fields = {"folder": FOLDERS.get(class_type, ""), "near": ", ".join(near)}
    return Finding(check=check, ok=False, subject=file, fix=Fix.PUT_FILE, fields=fields)


def _inspect_age(fitted: Mapping[str, Workflow], catalogue: NodeClasses) -> Iterator[Finding]:
    """Deprecated nodes go some day; a workflow without them may be there already."""
    old = {
        (node.class_type, name)
        for name, workflow in fitted.items()
        for node in workflow.nodes.values()
        if catalogue[node.class_type].deprecated
    }
    for class_type, name in sorted(old):
        fields = {"workflows": name}
        yield Finding(
            check=Check.DEPRECATED, ok=False, subject=class_type, fix=Fix.REPLACE_NODE, fields=fields
        )
