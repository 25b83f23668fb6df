"""Decoders: frames and sound of a latent, and videos of these."""

import asyncio
import math

from playground.comfyui.errors import NodeFailed
from playground.comfyui.execution.cache import NodeResult
from playground.comfyui.execution.media import Latent, Sound, Video
from playground.comfyui.execution.node_environment import NodeRun
from playground.comfyui.execution.nodes.passing import pass_on_with
from playground.comfyui.execution.nodes.pictures import as_frames, first_frames
from playground.comfyui.values import Stage

_DECODE = 0.4  # seconds at speed 1


async def decode(node_run: NodeRun) -> NodeResult:
    """VAEDecode and its like: the frames of a latent."""
    await node_run.reach(Stage.DECODING)
    latent = _latent(node_run)
    ticks = _ticks(node_run, latent)
    if ticks == 0:
        await node_run.wait(_DECODE)
    for value in range(1, ticks + 1):
        await node_run.tick(value, ticks, _DECODE / ticks)
    return pass_on_with(node_run, {"IMAGE": await asyncio.to_thread(latent.decoded)})


async def decode_sound(node_run: NodeRun) -> NodeResult:
    """VAEDecodeAudio and LTXVAudioVAEDecode: the sound of a latent."""
    await node_run.reach(Stage.DECODING)
    found = [*node_run.values_of(Sound).values(), *(one.sound for one in node_run.values_of(Latent).values())]
    return pass_on_with(node_run, {"AUDIO": next((sound for sound in found if sound), None)})


async def make_sound(node_run: NodeRun) -> NodeResult:
    """EmptyAudio, LoadAudio and their like."""
    found = next(iter(node_run.values_of(Sound).values()), Sound(seconds=node_run.number("duration", 10)))
    return pass_on_with(node_run, {"AUDIO": found})


async def create_video(node_run: NodeRun) -> NodeResult:
    """CreateVideo: frames, their rate, and sound."""
    frames = first_frames(node_run)
    if frames is None:
        raise NodeFailed("TypeError", f"the playground cannot run {node_run.node.kind} without images\n")
    sound = next(iter(node_run.values_of(Sound).values()), None)
    video = Video(fake_video=as_frames(frames), fps=node_run.number("fps", 24), sound=sound)
    return pass_on_with(node_run, {"VIDEO": video})


async def take_apart(node_run: NodeRun) -> NodeResult:
    """GetVideoComponents."""
    video = node_run.value("video", Video)
    return pass_on_with(node_run, {"IMAGE": video.fake_video, "AUDIO": video.sound, "FLOAT": video.fps}, (8,))


def _latent(node_run: NodeRun) -> Latent:
    return next(iter(node_run.values_of(Latent).values()), None) or node_run.value("samples", Latent)


def _ticks(node_run: NodeRun, latent: Latent) -> int:
    """How many values the bar has; 0: the node sends no progress."""
    match node_run.node.kind:
        case "WanVideoDecode" | "WanVideoDecodeMultiGPU":
            return _wan_tiles(node_run, latent) if node_run.inputs.get("enable_vae_tiling") else latent.length
        case "VAEDecodeTiled" if latent.grid.frames == 1:  # only latents of single pictures are counted
            return latent.frames * _tiles_of_three_passes(node_run, latent)
        case _:
            return 0


def _wan_tiles(node_run: NodeRun, latent: Latent) -> int:
    sides = ((latent.rows, "tile_y", "tile_stride_y"), (latent.columns, "tile_x", "tile_stride_x"))
    return math.prod(
        _tiles_along(side, node_run.whole(tile) // 8, node_run.whole(stride) // 8)
        for side, tile, stride in sides
    )


def _tiles_along(side: int, tile: int, stride: int) -> int:
    starts = range(0, side, stride)
    return sum(1 for start in starts if start < stride or start - stride + tile < side)


def _tiles_of_three_passes(node_run: NodeRun, latent: Latent) -> int:
    tile, overlap = node_run.whole("tile_size", 512), node_run.whole("overlap", 64)
    overlap = min(overlap, tile // 4) // 8 if tile < overlap * 4 else overlap // 8
    tile //= 8
    shapes = ((tile, tile), (tile // 2, tile * 2), (tile * 2, tile // 2))
    return sum(
        _overlapping(latent.rows, high, overlap) * _overlapping(latent.columns, wide, overlap)
        for wide, high in shapes
    )


def _overlapping(side: int, tile: int, overlap: int) -> int:
    return 1 if side <= tile else math.ceil((side - overlap) / (tile - overlap))
