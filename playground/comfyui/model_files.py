"""The dropdowns of object_info that offer model files, by the folder they list."""

from collections.abc import Mapping, Sequence

from playground.comfyui.graph import Json
from playground.comfyui.installed import LIGHTX2V, Installed
from playground.comfyui.node_inputs import choices_of, map_specs, spec_of, with_choices

_LORAS = tuple(("WanVideoLoraSelectMulti", f"lora_{number}") for number in range(5))
DROPDOWNS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "diffusion_models": (
        ("WanVideoModelLoader", "model"),
        ("UNETLoader", "unet_name"),
        ("WanVideoModelLoaderMultiGPU", "model"),
        ("UNETLoaderMultiGPU", "unet_name"),
    ),
    "text_encoders": (
        ("LoadWanVideoT5TextEncoder", "model_name"),
        ("CLIPLoader", "clip_name"),
        ("LoadWanVideoClipTextEncoder", "model_name"),
        ("DualCLIPLoader", "clip_name1"),
        ("DualCLIPLoader", "clip_name2"),
        ("LTXAVTextEncoderLoader", "text_encoder"),
        ("LoadWanVideoT5TextEncoderMultiGPU", "model_name"),
    ),
    "clip_vision": (("CLIPVisionLoader", "clip_name"), ("LoadWanVideoClipTextEncoder", "model_name")),
    "vae": (
        ("WanVideoVAELoader", "model_name"),
        ("VAELoader", "vae_name"),
        ("WanVideoVAELoaderMultiGPU", "model_name"),
    ),
    "loras": (
        ("WanVideoLoraSelect", "lora"),
        ("LoraLoaderModelOnly", "lora_name"),
        ("LoraLoader", "lora_name"),
        ("FramePackLoraSelect", "lora"),
        *_LORAS,
    ),
    "checkpoints": (
        ("CheckpointLoaderSimple", "ckpt_name"),
        ("ImageOnlyCheckpointLoader", "ckpt_name"),
        ("LTXVAudioVAELoader", "ckpt_name"),
        ("LTXAVTextEncoderLoader", "ckpt_name"),
    ),
    "latent_upscale_models": (("LatentUpscaleModelLoader", "model_name"),),
    "upscale_models": (("UpscaleModelLoader", "model_name"),),
}
"""By model folder, the inputs (node class, name) that offer its files; the first one lists all of them."""
_FILES = (".safetensors", ".gguf", ".pt", ".pth", ".ckpt", ".bin")


def with_model_files(classes: Mapping[str, Json], installed: Installed) -> dict[str, Json]:
    """The same classes, whose dropdowns offer the files that are installed."""
    files = _files(classes, installed)
    loaders = {kind for kind, _ in files if kind in classes}
    return {**classes, **{kind: _offer_files(kind, classes[kind], files) for kind in loaders}}


def arrange_model_files(info: Json, installed: Installed) -> Json:
    """Leave out the model files that are missing, and write the others as the system does."""
    if not installed.without and not installed.backslashes:
        return info

    def arrange(_: str, spec: Sequence[object]) -> Sequence[object]:
        names = choices_of(spec) or ()
        if not any(str(name).endswith(_FILES) for name in names):
            return spec
        kept = [str(name) for name in names if name not in installed.without]
        return with_choices(
            spec, [name.replace("/", "\\") if installed.backslashes else name for name in kept]
        )

    return map_specs(info, arrange)


def _files(classes: Mapping[str, Json], installed: Installed) -> Mapping[tuple[str, str], Sequence[object]]:
    """The files that are offered, by node class and input."""
    files: dict[tuple[str, str], list[object]] = {}
    for folder, slots in DROPDOWNS.items():
        own = choices_of(spec_of(classes.get(slots[0][0], {}), slots[0][1])) or ()
        lora: list[object] = [LIGHTX2V] if folder == "loras" and installed.lora else []
        for slot in slots:
            files[slot] = [*files.get(slot, ()), *own, *lora, *installed.files.get(folder, ())]
    return files


def _offer_files(kind: str, info: Json, files: Mapping[tuple[str, str], Sequence[object]]) -> Json:
    def offer(name: str, spec: Sequence[object]) -> Sequence[object]:
        choices = choices_of(spec)
        if choices is None:
            return spec
        offered = list(dict.fromkeys((*choices, *files.get((kind, name), ()))))
        return spec if offered == list(choices) else with_choices(spec, offered)

    return map_specs(info, offer)
