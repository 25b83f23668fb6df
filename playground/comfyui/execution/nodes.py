"""What each node class does here instead of what it does on a GPU."""

import asyncio
from collections.abc import Mapping

from PIL import Image, ImageOps, UnidentifiedImageError

from playground.comfyui.errors import NodeFailed
from playground.comfyui.execution.cache import NodeResult
from playground.comfyui.execution.fake_video import FakeVideo, Video, make_fake_video
from playground.comfyui.execution.node_environment import Behaviour, NodeRun
from playground.comfyui.execution.saving import save_image, save_vhs, save_video
from playground.comfyui.execution.sizes import Canvas, cells, check_frames, check_patches, fit, fit_area
from playground.comfyui.values import Stage

_WEIGHTS = 983  # what WanVideoSampler counts before its steps (recordings 41, 42)
_LOAD, _ENCODE, _STEP, _DECODE = 0.2, 0.15, 0.12, 0.4  # seconds at speed 1
_USUAL_PIXELS = 832 * 480 * 81


async def load_model(node_run: NodeRun) -> NodeResult:
    """Every loader."""
    await node_run.reach(Stage.LOADING)
    await node_run.wait(_LOAD)
    if (
        node_run.text("attention_mode").startswith("sageattn")
        and not node_run.environment.node_classes.installed.sageattention
    ):
        raise NodeFailed("ValueError", "Can't import SageAttention: No module named 'sageattention'\n")
    return NodeResult(values=(node_run.node.kind,))


async def settings(node_run: NodeRun) -> NodeResult:
    """Nodes that only hold values."""
    return NodeResult(values=(dict(node_run.inputs),))


async def load_image(node_run: NodeRun) -> NodeResult:
    """LoadImage: the picture as RGB."""
    path = node_run.environment.folders.annotated(node_run.text("image"))
    try:
        picture = await asyncio.to_thread(_open, path)
    except (UnidentifiedImageError, OSError) as err:
        text = f"cannot identify image file '{path}'\n"
        raise NodeFailed("PIL.UnidentifiedImageError", text) from err
    return NodeResult(values=(picture, None))


async def scale_image(node_run: NodeRun) -> NodeResult:
    """ImageScale: crop to the aspect if `crop` is "center", else stretch."""
    picture, size = node_run.value("image", Image.Image), (node_run.whole("width"), node_run.whole("height"))
    if node_run.text("crop") == "center":
        return NodeResult(values=(await asyncio.to_thread(ImageOps.fit, picture, size),))
    return NodeResult(values=(await asyncio.to_thread(picture.resize, size),))


async def encode_text(node_run: NodeRun) -> NodeResult:
    """Both prompts, each with its own progress; the result is the positive prompt."""
    await node_run.reach(Stage.ENCODING)
    for value in (1, 2, 1, 2):
        await node_run.tick(value, 2, _ENCODE / 4)
    return NodeResult(values=(node_run.text("positive_prompt"),))


async def encode_native_text(node_run: NodeRun) -> NodeResult:
    """CLIPTextEncode."""
    await node_run.reach(Stage.ENCODING)
    await node_run.wait(_ENCODE)
    return NodeResult(values=(node_run.text("text"),))


async def encode_vision(node_run: NodeRun) -> NodeResult:
    """CLIP vision of the picture."""
    await node_run.reach(Stage.ENCODING)
    await node_run.wait(_ENCODE)
    return NodeResult(values=(node_run.node.kind,))


async def image_to_video(node_run: NodeRun) -> NodeResult:
    """WanVideoImageToVideoEncode."""
    picture = node_run.value("start_image", Image.Image)
    canvas = fit(picture, node_run.whole("width"), node_run.whole("height"), node_run.whole("num_frames"))
    return await _encode_canvas(node_run, canvas)


async def image_clip_encode(node_run: NodeRun) -> NodeResult:
    """The deprecated WanVideoImageClipEncode."""
    picture, frames = node_run.value("image", Image.Image), node_run.whole("num_frames")
    width, height = node_run.whole("generation_width"), node_run.whole("generation_height")
    if node_run.inputs.get("adjust_resolution", True):
        return await _encode_canvas(node_run, fit_area(picture, width, height, frames))
    return await _encode_canvas(node_run, check_frames(picture, cells(width), cells(height), frames))


async def native_image_to_video(node_run: NodeRun) -> NodeResult:
    """WanImageToVideo: hands the prompts on and gives the latent."""
    await node_run.reach(Stage.ENCODING)
    await node_run.wait(_ENCODE)
    picture = node_run.value("start_image", Image.Image)
    canvas = fit(picture, node_run.whole("width"), node_run.whole("height"), node_run.whole("length"))
    return NodeResult(values=(node_run.inputs.get("positive"), node_run.inputs.get("negative"), canvas))


async def sample(node_run: NodeRun) -> NodeResult:
    """WanVideoSampler: one progress of the weights, then of the steps (fact 13)."""
    canvas = node_run.value("image_embeds", Canvas)
    for value in (1, _WEIGHTS // 3, 2 * _WEIGHTS // 3, _WEIGHTS, 0):
        await node_run.tick(value, _WEIGHTS, _LOAD / 5)
    check_patches(canvas)
    steps, denoise = node_run.whole("steps"), node_run.number("denoise_strength", 1)
    count = steps if denoise >= 1 else int(steps * denoise) + 1
    return await _sample(node_run, canvas, count, node_run.text("text_embeds"))


async def native_sample(node_run: NodeRun) -> NodeResult:
    """KSampler."""
    return await _sample(
        node_run, node_run.value("latent_image", Canvas), node_run.whole("steps"), node_run.text("positive")
    )


async def decode(node_run: NodeRun) -> NodeResult:
    """WanVideoDecode: one tick for each latent frame."""
    await node_run.reach(Stage.DECODING)
    fake_video = node_run.value("samples", FakeVideo)
    latents = (fake_video.frames - 1) // 4 + 1
    for value in range(1, latents + 1):
        await node_run.tick(value, latents, _DECODE / latents)
    return NodeResult(values=(fake_video,))


async def native_decode(node_run: NodeRun) -> NodeResult:
    """VAEDecode: sends no progress."""
    await node_run.reach(Stage.DECODING)
    await node_run.wait(_DECODE)
    return NodeResult(values=(node_run.value("samples", FakeVideo),))


async def create_video(node_run: NodeRun) -> NodeResult:
    """CreateVideo: frames and their rate."""
    return NodeResult(
        values=(Video(fake_video=node_run.value("images", FakeVideo), fps=node_run.number("fps")),)
    )


async def _encode_canvas(node_run: NodeRun, canvas: Canvas) -> NodeResult:
    await node_run.reach(Stage.ENCODING)
    for value in range(1, canvas.latents + 1):
        await node_run.tick(value, canvas.latents, _ENCODE / canvas.latents)
    return NodeResult(values=(canvas,))


async def _sample(node_run: NodeRun, canvas: Canvas, steps: int, prompt: str) -> NodeResult:
    size = canvas.width * canvas.height * canvas.frames
    guided = (
        1 if node_run.number("cfg") > 1 else 0.5
    )  # without guidance the model runs once a step, not twice
    for step in range(1, steps + 1):
        await node_run.step(step, steps, _STEP * guided * size / _USUAL_PIXELS, canvas.picture)
    seed = node_run.whole("seed")
    fake_video = make_fake_video(canvas.picture, canvas.width, canvas.height, canvas.frames, seed, prompt)
    return NodeResult(values=(fake_video, fake_video))


def _open(path: object) -> Image.Image:
    with Image.open(str(path)) as image:
        return (ImageOps.exif_transpose(image) or image).convert("RGB")


BEHAVIOURS: Mapping[str, Behaviour] = {
    "LoadImage": load_image,
    "ImageScale": scale_image,
    "WanVideoVAELoader": load_model,
    "LoadWanVideoClipTextEncoder": load_model,
    "LoadWanVideoT5TextEncoder": load_model,
    "WanVideoModelLoader": load_model,
    "UNETLoader": load_model,
    "CLIPLoader": load_model,
    "CLIPVisionLoader": load_model,
    "VAELoader": load_model,
    "LoraLoaderModelOnly": load_model,
    "WanVideoTextEncode": encode_text,
    "CLIPTextEncode": encode_native_text,
    "WanVideoClipVisionEncode": encode_vision,
    "CLIPVisionEncode": encode_vision,
    "WanVideoImageToVideoEncode": image_to_video,
    "WanVideoImageClipEncode": image_clip_encode,
    "WanImageToVideo": native_image_to_video,
    "WanVideoSampler": sample,
    "KSampler": native_sample,
    "WanVideoDecode": decode,
    "VAEDecode": native_decode,
    "VAEDecodeTiled": native_decode,
    "CreateVideo": create_video,
    "VHS_VideoCombine": save_vhs,
    "SaveVideo": save_video,
    "SaveImage": save_image,
    "PreviewImage": save_image,
}
"""Classes that are not here only hold settings."""
