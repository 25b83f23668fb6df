"""What each node class does here instead of what it does on a GPU."""

import asyncio
from collections.abc import Mapping

from PIL import Image, ImageOps, UnidentifiedImageError

from playground.comfyui.errors import NodeFailed
from playground.comfyui.execution.cache import Made
from playground.comfyui.execution.fake_video import FakeVideo, Video, make_fake_video
from playground.comfyui.execution.node_environment import Behaviour, Work
from playground.comfyui.execution.saving import save_image, save_vhs, save_video
from playground.comfyui.execution.sizes import Canvas, cells, check_frames, check_patches, fit, fit_area
from playground.comfyui.values import Stage

_WEIGHTS = 983  # what WanVideoSampler counts before its steps (recordings 41, 42)
_LOAD, _ENCODE, _STEP, _DECODE = 0.2, 0.15, 0.12, 0.4  # seconds at speed 1
_USUAL_PIXELS = 832 * 480 * 81


async def load_model(work: Work) -> Made:
    """Every loader."""
    await work.reach(Stage.LOADING)
    await work.wait(_LOAD)
    if work.text("attention_mode").startswith("sageattn") and not work.environment.installed.sageattention:
        raise NodeFailed("ValueError", "Can't import SageAttention: No module named 'sageattention'\n")
    return Made(values=(work.node.kind,))


async def settings(work: Work) -> Made:
    """Nodes that only hold values."""
    return Made(values=(dict(work.inputs),))


async def load_image(work: Work) -> Made:
    """LoadImage: the picture as RGB."""
    path = work.environment.folders.annotated(work.text("image"))
    try:
        picture = await asyncio.to_thread(_open, path)
    except (UnidentifiedImageError, OSError) as err:
        text = f"cannot identify image file '{path}'\n"
        raise NodeFailed("PIL.UnidentifiedImageError", text) from err
    return Made(values=(picture, None))


async def scale_image(work: Work) -> Made:
    """ImageScale: cut to the aspect if `crop` says center, else stretch."""
    picture, size = work.value("image", Image.Image), (work.whole("width"), work.whole("height"))
    if work.text("crop") == "center":
        return Made(values=(await asyncio.to_thread(ImageOps.fit, picture, size),))
    return Made(values=(await asyncio.to_thread(picture.resize, size),))


async def encode_text(work: Work) -> Made:
    """Both prompts, with the wrapper's two small bars; the result is the wanted prompt."""
    await work.reach(Stage.ENCODING)
    for value in (1, 2, 1, 2):
        await work.tick(value, 2, _ENCODE / 4)
    return Made(values=(work.text("positive_prompt"),))


async def encode_native_text(work: Work) -> Made:
    """CLIPTextEncode."""
    await work.reach(Stage.ENCODING)
    await work.wait(_ENCODE)
    return Made(values=(work.text("text"),))


async def encode_vision(work: Work) -> Made:
    """CLIP vision of the picture."""
    await work.reach(Stage.ENCODING)
    await work.wait(_ENCODE)
    return Made(values=(work.node.kind,))


async def image_to_video(work: Work) -> Made:
    """WanVideoImageToVideoEncode."""
    picture = work.value("start_image", Image.Image)
    canvas = fit(picture, work.whole("width"), work.whole("height"), work.whole("num_frames"))
    return await _encode_canvas(work, canvas)


async def image_clip_encode(work: Work) -> Made:
    """The deprecated WanVideoImageClipEncode."""
    picture, frames = work.value("image", Image.Image), work.whole("num_frames")
    width, height = work.whole("generation_width"), work.whole("generation_height")
    if work.inputs.get("adjust_resolution", True):
        return await _encode_canvas(work, fit_area(picture, width, height, frames))
    return await _encode_canvas(work, check_frames(picture, cells(width), cells(height), frames))


async def native_image_to_video(work: Work) -> Made:
    """WanImageToVideo: hands the prompts on and gives the latent."""
    await work.reach(Stage.ENCODING)
    await work.wait(_ENCODE)
    picture = work.value("start_image", Image.Image)
    canvas = fit(picture, work.whole("width"), work.whole("height"), work.whole("length"))
    return Made(values=(work.inputs.get("positive"), work.inputs.get("negative"), canvas))


async def sample(work: Work) -> Made:
    """WanVideoSampler: the weights on the same bar, then the steps (fact 13)."""
    canvas = work.value("image_embeds", Canvas)
    for value in (1, _WEIGHTS // 3, 2 * _WEIGHTS // 3, _WEIGHTS, 0):
        await work.tick(value, _WEIGHTS, _LOAD / 5)
    check_patches(canvas)
    steps, denoise = work.whole("steps"), work.number("denoise_strength", 1)
    count = steps if denoise >= 1 else int(steps * denoise) + 1
    return await _sample(work, canvas, count, work.text("text_embeds"))


async def native_sample(work: Work) -> Made:
    """KSampler."""
    return await _sample(work, work.value("latent_image", Canvas), work.whole("steps"), work.text("positive"))


async def decode(work: Work) -> Made:
    """WanVideoDecode: one tick for each latent frame."""
    await work.reach(Stage.DECODING)
    fake_video = work.value("samples", FakeVideo)
    latents = (fake_video.frames - 1) // 4 + 1
    for value in range(1, latents + 1):
        await work.tick(value, latents, _DECODE / latents)
    return Made(values=(fake_video,))


async def native_decode(work: Work) -> Made:
    """VAEDecode: no bar."""
    await work.reach(Stage.DECODING)
    await work.wait(_DECODE)
    return Made(values=(work.value("samples", FakeVideo),))


async def create_video(work: Work) -> Made:
    """CreateVideo: frames and their rate."""
    return Made(values=(Video(fake_video=work.value("images", FakeVideo), fps=work.number("fps")),))


async def _encode_canvas(work: Work, canvas: Canvas) -> Made:
    await work.reach(Stage.ENCODING)
    for value in range(1, canvas.latents + 1):
        await work.tick(value, canvas.latents, _ENCODE / canvas.latents)
    return Made(values=(canvas,))


async def _sample(work: Work, canvas: Canvas, steps: int, prompt: str) -> Made:
    size = canvas.width * canvas.height * canvas.frames
    guided = 1 if work.number("cfg") > 1 else 0.5  # without guidance the model runs once a step, not twice
    for step in range(1, steps + 1):
        await work.step(step, steps, _STEP * guided * size / _USUAL_PIXELS, canvas.picture)
    seed = work.whole("seed")
    fake_video = make_fake_video(canvas.picture, canvas.width, canvas.height, canvas.frames, seed, prompt)
    return Made(values=(fake_video, fake_video))


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
