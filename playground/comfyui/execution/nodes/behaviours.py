"""Which behaviour a node class has: its own, or the one that its inputs and outputs ask for."""

from collections.abc import Mapping
from dataclasses import dataclass

from playground.comfyui.execution.node_environment import Behaviour
from playground.comfyui.execution.nodes.decoding import (
    create_video,
    decode,
    decode_sound,
    make_sound,
    take_apart,
)
from playground.comfyui.execution.nodes.latents import (
    change_latent,
    image_clip_encode,
    join_sound,
    make_latent,
    make_sound_latent,
    separate_sound,
)
from playground.comfyui.execution.nodes.loaders import load_image, load_model
from playground.comfyui.execution.nodes.passing import pass_on
from playground.comfyui.execution.nodes.pictures import change_frames, measure_frames
from playground.comfyui.execution.nodes.primitives import (
    PRIMITIVES,
    compute,
    compute_operation,
    join_texts,
    list_cfg,
    logic,
    switch,
)
from playground.comfyui.execution.nodes.samplers import (
    SAMPLERS,
    list_sigmas,
    make_noise,
    sample,
    schedule,
    split_sigmas,
)
from playground.comfyui.execution.nodes.saving import (
    preview_any,
    save_image,
    save_moving_picture,
    save_sound,
    save_vhs,
    save_video,
    save_webm,
)
from playground.comfyui.execution.nodes.texts import encode_both_texts, encode_text, encode_vision
from playground.comfyui.object_info import NodeClasses

_OWN: Mapping[str, Behaviour] = {
    "LoadImage": load_image,
    "LoadImageOutput": load_image,
    "WanVideoTextEncode": encode_both_texts,
    "WanVideoTextEncodeMultiGPU": encode_both_texts,
    "WanVideoImageClipEncode": image_clip_encode,
    "LTXVEmptyLatentAudio": make_sound_latent,
    "EmptyLatentAudio": make_sound_latent,
    "LTXVConcatAVLatent": join_sound,
    "LTXVSeparateAVLatent": separate_sound,
    "ManualSigmas": list_sigmas,
    "SplitSigmas": split_sigmas,
    "SplitSigmasDenoise": split_sigmas,
    "SimpleMath+": compute,
    "easy mathInt": compute_operation,
    "ComfySwitchNode": switch,
    "ResizeImageMaskNode": change_frames,
    "RandomNoise": make_noise,
    "DisableNoise": make_noise,
    "ComfyNotNode": logic,
    "ComfyAndNode": logic,
    "ComfyOrNode": logic,
    "StringConcatenate": join_texts,
    "CreateCFGScheduleFloatList": list_cfg,
    "GetVideoComponents": take_apart,
    "VHS_VideoCombine": save_vhs,
    "SaveVideo": save_video,
    "SaveWEBM": save_webm,
    "SaveAnimatedWEBP": save_moving_picture,
    "SaveAnimatedPNG": save_moving_picture,
    "SaveImage": save_image,
    "PreviewImage": save_image,
    "SaveAudio": save_sound,
    "PreviewAudio": save_sound,
    **SAMPLERS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """A class by the types of its inputs, of those that it cannot do without, and of its outputs."""

    kind: str
    inputs: Mapping[str, str]
    required: frozenset[str]
    outputs: frozenset[str]


def behaviour_of(kind: str, classes: NodeClasses) -> Behaviour:
    """What a class does: an output node that is not known shows a text, any other passes on what it gets."""
    if kind in _OWN:
        return _OWN[kind]
    if classes.is_output(kind):
        return preview_any
    shape = _shape(kind, classes)
    return _by_latent(shape) or _by_media(shape) or _by_frames(shape) or _by_values(shape)


def samples(kind: str, classes: NodeClasses) -> bool:
    """Whether a class is a sampler, which costs a GPU's time."""
    return kind in SAMPLERS or _samples(_shape(kind, classes))


def _shape(kind: str, classes: NodeClasses) -> _Shape:
    declared = list(classes.inputs(kind, {}))
    return _Shape(
        kind=kind,
        inputs={spec.name: spec.type_name for spec in declared},
        required=frozenset(spec.type_name for spec in declared if spec.required),
        outputs=frozenset(classes.output_types(kind)),
    )


def _samples(shape: _Shape) -> bool:
    """A sampler makes a latent, with noise and steps."""
    names = shape.inputs.keys()
    has_noise = names & {"seed", "noise_seed", "noise"}
    return "LATENT" in shape.outputs and bool(has_noise) and bool(names & {"steps", "sigmas"})


def _by_latent(shape: _Shape) -> Behaviour | None:
    taken, makes = set(shape.inputs.values()), shape.outputs & {"LATENT", "WANVIDIMAGE_EMBEDS"}
    if _samples(shape):
        return sample
    if makes and shape.inputs.keys() >= {"width", "height"} and "LATENT" not in shape.required:
        return make_latent
    if makes:
        return change_latent
    if "LATENT" in taken and shape.outputs & {"IMAGE", "AUDIO"}:
        return decode if "IMAGE" in shape.outputs else decode_sound
    return None


def _by_media(shape: _Shape) -> Behaviour | None:
    if "SIGMAS" in shape.outputs and "SIGMAS" not in shape.required and "steps" in shape.inputs:
        return schedule
    if "VIDEO" in shape.outputs and "IMAGE" in shape.required:
        return create_video
    if "AUDIO" in shape.outputs:
        return make_sound
    if shape.outputs & {"CLIP_VISION_OUTPUT", "WANVIDIMAGE_CLIPEMBEDS"}:
        return encode_vision
    if "CONDITIONING" in shape.outputs and "CONDITIONING" not in shape.required:
        return encode_text
    return None


def _by_frames(shape: _Shape) -> Behaviour | None:
    if "IMAGE" in shape.outputs:
        return change_frames
    return measure_frames if "IMAGE" in shape.required and shape.outputs == frozenset(("INT",)) else None


def _by_values(shape: _Shape) -> Behaviour:
    if "expression" in shape.inputs and shape.outputs <= set(PRIMITIVES):
        return compute
    if "Load" in shape.kind and not shape.required - {*PRIMITIVES, "COMBO"}:
        return load_model
    return pass_on
