"""Where a missing model file belongs, which setting names it, and which files are like it. Pure."""

import re
from collections.abc import Collection, Iterator
from difflib import get_close_matches

from comfy.doctor.findings import MISPLACED_MODEL, MODEL, SIMILAR_MODEL, Finding
from comfy.errors import MissingModel
from comfy.printable import printable
from comfy.protocol.object_info import NodeClasses, base_name, is_model_file
from comfy.workflows.workflow import Role, Workflow

# Folders below ComfyUI/models: by the loader's class, then by the name of its input.
CLASS_FOLDERS = {
    "WanVideoModelLoader": "diffusion_models",
    "LoadWanVideoT5TextEncoder": "text_encoders",
    "LoadWanVideoClipTextEncoder": "clip_vision",
    "CLIPVisionLoader": "clip_vision",
    "WanVideoVAELoader": "vae",
    "WanVideoTinyVAELoader": "vae_approx",
    "UpscaleModelLoader": "upscale_models",
    "LatentUpscaleModelLoader": "latent_upscale_models",
    "LTXVGemmaCLIPModelLoader": "text_encoders",
    "DiffusionModelLoaderKJ": "diffusion_models",
    "GGUFLoaderKJ": "diffusion_models",
}
INPUT_FOLDERS = {
    "unet_name": "diffusion_models",
    "clip_name": "text_encoders",
    "clip_name1": "text_encoders",
    "clip_name2": "text_encoders",
    "clip_name3": "text_encoders",
    "clip_name4": "text_encoders",
    "text_encoder": "text_encoders",
    "vae_name": "vae",
    "lora": "loras",
    "lora_name": "loras",
    "ckpt_name": "checkpoints",
    "control_net_name": "controlnet",
    "style_model_name": "style_models",
    "audio_encoder_name": "audio_encoders",
}
MAX_URL = 500  # characters
OWN_FOLDERS = (" VFI",)  # classes that fetch their files themselves, into a folder of their pack
VARIANTS = re.compile("(DisTorch2?)?MultiGPU$")  # the same loaders for several GPUs
# Of a loader's tooltip: "loaded from 'ComfyUI/models/vae'", "placed in the 'optical_flow' folder".
TOLD_FOLDER = re.compile(r"models[/\\](\w+)|'(\w+)' folder")


def check_missing_model(
    missing: MissingModel, workflow: Workflow, node_classes: NodeClasses, *, needed: bool = False
) -> Finding:
    """The finding of a missing file: its folder, its setting, what is like it or lies in another folder."""
    folder, source = _origin(missing, workflow, node_classes)
    other = _find_elsewhere(missing.file, folder, node_classes)
    near = ", ".join(_similar(missing.file, missing.offered))
    check = MISPLACED_MODEL if other else SIMILAR_MODEL if near else MODEL
    into = f"into ComfyUI/models/{folder}" if folder else f"where {missing.class_type} looks for it"
    place = f"{into}, from {source}" if source else into
    return check.for_jobs(needed).result(
        missing.file,
        ok=False,
        folder=folder,
        near=near,
        place=place,
        other=other,
        settings=_settings(missing, workflow),
    )


def _origin(missing: MissingModel, workflow: Workflow, node_classes: NodeClasses) -> tuple[str, str]:
    """The folder of a missing file and the address that it is got from, "" where nobody knows."""
    folder = folder_of(missing.class_type, missing.field, node_classes)
    told = [each for each in workflow.models if base_name(each.name) == missing.file]
    best = next((each for each in told if each.folder == folder), next(iter(told), None))
    return (folder or printable(best.folder), printable(best.url, MAX_URL)) if best else (folder, "")


def folder_of(class_type: str, field: str, node_classes: NodeClasses) -> str:
    """The folder below ComfyUI/models that a loader reads: as its own tooltip says, "" where nobody knows."""
    spec = node_classes[class_type].inputs.get(field) if class_type in node_classes else None
    if spec and (told := TOLD_FOLDER.search(spec.tooltip)):
        return told[1] or told[2]
    if class_type.endswith(OWN_FOLDERS):
        return ""
    plain = VARIANTS.sub("", class_type)
    if plain in CLASS_FOLDERS:
        return CLASS_FOLDERS[plain]
    return "clip_vision" if "CLIPVision" in plain else INPUT_FOLDERS.get(field, "")


def _settings(missing: MissingModel, workflow: Workflow) -> str:
    """The setting that names this file, else all of them."""
    target = (missing.node, missing.field)
    for role, inputs in workflow.installed.items():
        if role is not Role.ATTENTION and target in {(each.node, each.input) for each in inputs}:
            return f"the settings ({role.upper()}_FILE)"
    return "the workflow's file"


def _similar(file: str, offered: Collection[str]) -> list[str]:
    """The three files that are most like it; what differs in case alone is the first."""
    names = {base_name(each).lower(): base_name(each) for each in sorted(offered) if is_model_file(each)}
    return [names[each] for each in get_close_matches(file.lower(), names, n=3, cutoff=0.5)]


def _find_elsewhere(file: str, folder: str, node_classes: NodeClasses) -> str:
    """The folder in which another loader finds a file of that name, "" where none does."""
    found = {
        other
        for class_type, field, name in _offered_files(node_classes)
        if base_name(name).lower() == file.lower()
        and (other := folder_of(class_type, field, node_classes)) != folder
    }
    return min(found - {""}, default="")


def _offered_files(node_classes: NodeClasses) -> Iterator[tuple[str, str, str]]:
    for class_type, node_class in node_classes.items():
        for field, spec in node_class.inputs.items():
            yield from ((class_type, field, name) for name in spec.choices or () if is_model_file(name))
