"""Latents: of an image-to-video conditioning, empty ones, of pictures, and what changes them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from PIL import Image

from playground.comfyui.execution.cache import NodeResult
from playground.comfyui.execution.fake_video import FakeVideo
from playground.comfyui.execution.media import Grid, Latent, Sound
from playground.comfyui.execution.node_environment import NodeRun
from playground.comfyui.execution.nodes.passing import pass_on_with
from playground.comfyui.execution.nodes.pictures import Frames, as_picture, first_frames, measure
from playground.comfyui.execution.nodes.wan_wrapper import cells, check_frames, fit_area
from playground.comfyui.values import Stage

_ENCODE = 0.15  # seconds at speed 1
_LENGTHS = ("length", "num_frames", "video_frames", "frames", "frames_number")
_LAST, _FIRST = re.compile("end|last"), re.compile("start|first|init")
_NOT_SHOWN = re.compile("control|pad|pose|face|mask|background|motion|uncond|negative")
_H3_FIRST, _H3_STEP, _H3_RATE = 5, 17, 24
_GRIDS: tuple[tuple[str, Grid], ...] = (
    (r".*LTXV.*", Grid(pixels=32, frames=8)),
    (r"Wan22ImageToVideoLatent|.*HunyuanVideo15.*", Grid(pixels=16)),
    (r".*MiniMaxH3.*", Grid(pixels=16, frames=_H3_STEP)),
    (r"CosmosImageToVideoLatent|EmptyCosmosLatentVideo", Grid(frames=8)),
    (r".*Mochi.*", Grid(frames=6)),
    (r"SVD_.*|Empty(SD3)?LatentImage", Grid(frames=1)),
)
"""By node class, what a cell of its latent stands for (ComfyUI 0.33.0, comfy_extras); others are as Wan's."""


async def make_latent(node_run: NodeRun) -> NodeResult:
    """A conditioning or an empty latent, of the size and length that its class makes of the inputs."""
    await node_run.reach(Stage.ENCODING)
    latent = fit_latent(node_run)
    trim = [0]
    if node_run.node.kind == "WanVaceToVideo" and "reference_image" in node_run.inputs:
        trim, latent = [1], replace(latent, frames=latent.frames + latent.grid.frames)
    await _encode(node_run, latent)
    made = {"LATENT": latent, "WANVIDIMAGE_EMBEDS": latent}
    return pass_on_with(node_run, made, trim)


async def image_clip_encode(node_run: NodeRun) -> NodeResult:
    """The deprecated WanVideoImageClipEncode."""
    await node_run.reach(Stage.ENCODING)
    picture, frames = node_run.value("image", Image.Image), node_run.whole("num_frames")
    width, height = node_run.whole("generation_width"), node_run.whole("generation_height")
    if node_run.inputs.get("adjust_resolution", True):
        latent = fit_area(picture, width, height, frames)
    else:
        latent = check_frames(picture, cells(width), cells(height), frames)
    await _encode(node_run, latent)
    return NodeResult(values=(latent,))


async def change_latent(node_run: NodeRun) -> NodeResult:
    """A node that gives a latent for a latent or for pictures; pictures become its first and last one."""
    found = next(iter(node_run.values_of(Latent).values()), None)
    if found is None and (sound := next(iter(node_run.values_of(Sound).values()), None)):
        return pass_on_with(node_run, {"LATENT": sound})
    latent = found or await _encoded(node_run)
    change = _CHANGES.get(node_run.node.kind, _with_pictures)
    return pass_on_with(node_run, {"LATENT": change(node_run, latent)})


async def make_sound_latent(node_run: NodeRun) -> NodeResult:
    """EmptyLatentAudio and LTXVEmptyLatentAudio."""
    if node_run.has("frames_number"):
        seconds = node_run.whole("frames_number") / max(node_run.number("frame_rate", 25), 1)
    else:
        seconds = node_run.number("seconds")
    return NodeResult(values=(Sound(seconds=seconds),))


async def join_sound(node_run: NodeRun) -> NodeResult:
    """LTXVConcatAVLatent."""
    latent = node_run.value("video_latent", Latent)
    return NodeResult(values=(replace(latent, sound=node_run.value("audio_latent", Sound)),))


async def separate_sound(node_run: NodeRun) -> NodeResult:
    """LTXVSeparateAVLatent."""
    latent = node_run.value("av_latent", Latent)
    return NodeResult(values=(replace(latent, sound=None), latent.sound))


def fit_latent(node_run: NodeRun) -> Latent:
    """The latent that a class makes of a node's size, length and pictures."""
    first, last = _pictures(node_run)
    grid = next((grid for name, grid in _GRIDS if re.fullmatch(name, node_run.node.kind)), Grid())
    asked = node_run.whole(node_run.has(*_LENGTHS) or "batch_size", 1)
    is_h3 = grid.frames == _H3_STEP
    frames = _round_up(asked) if is_h3 else (asked - 1) // grid.frames * grid.frames + 1
    return Latent(
        grid=grid,
        width=node_run.whole("width") // grid.pixels * grid.pixels,
        height=node_run.whole("height") // grid.pixels * grid.pixels,
        frames=frames,
        first=first,
        last=last,
        sound=Sound(seconds=frames / _H3_RATE) if is_h3 else None,
    )


def _round_up(frames: int) -> int:
    """MiniMax H3 makes 17n + 5 frames, as many as asked for or the next more."""
    return frames + (_H3_FIRST - frames) % _H3_STEP if frames > _H3_FIRST else _H3_FIRST


def _pictures(node_run: NodeRun) -> tuple[Image.Image | None, Image.Image | None]:
    """The pictures that a video is to begin and to end with, found by the names of the inputs."""
    found: Mapping[str, Frames] = {**node_run.values_of(Image.Image), **node_run.values_of(FakeVideo)}
    shown = {name: frames for name, frames in found.items() if not _NOT_SHOWN.search(name)}
    last = next((frames for name, frames in shown.items() if _LAST.search(name)), None)
    others = [name for name in shown if not _LAST.search(name)]
    first = next((shown[name] for name in sorted(others, key=lambda name: not _FIRST.search(name))), None)
    return first and as_picture(first), last and as_picture(last)


async def _encode(node_run: NodeRun, latent: Latent) -> None:
    """WanVideoWrapper counts the cells; ComfyUI's own nodes send no progress."""
    if "WANVIDIMAGE_EMBEDS" not in node_run.output_types:
        await node_run.wait(_ENCODE)
        return
    for value in range(1, latent.length + 1):
        await node_run.tick(value, latent.length, _ENCODE / latent.length)


async def _encoded(node_run: NodeRun) -> Latent:
    """VAEEncode and its like: a latent of pictures."""
    await node_run.reach(Stage.ENCODING)
    await node_run.wait(_ENCODE)
    source = first_frames(node_run)
    width, height, frames = measure(source) if source else (512, 512, 1)
    grid = Grid()
    size = (width // grid.pixels * grid.pixels, height // grid.pixels * grid.pixels)
    first, last = _pictures(node_run)
    return Latent(width=size[0], height=size[1], frames=frames, first=first, last=last)


def _with_pictures(node_run: NodeRun, latent: Latent) -> Latent:
    if node_run.inputs.get("bypass") is True:
        return latent
    first, last = _pictures(node_run)
    if first and node_run.whole("frame_idx"):
        return replace(latent, last=first)
    return replace(latent, first=first or latent.first, last=last or latent.last)


def _resized(node_run: NodeRun, latent: Latent) -> Latent:
    return replace(latent, width=node_run.whole("width"), height=node_run.whole("height"))


_CHANGES: Mapping[str, Callable[[NodeRun, Latent], Latent]] = {
    "TrimVideoLatent": lambda node_run, latent: latent.without(node_run.whole("trim_amount")),
    "LTXVLatentUpsampler": lambda _, latent: latent.scaled(2),
    "LatentUpscaleBy": lambda node_run, latent: latent.scaled(node_run.number("scale_by", 1)),
    "LatentUpscale": _resized,
    "HunyuanVideo15LatentUpscaleWithModel": _resized,
}
