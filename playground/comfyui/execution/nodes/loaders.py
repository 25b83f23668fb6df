"""Loaders of models and pictures."""

import asyncio

from PIL import Image, ImageOps, UnidentifiedImageError

from playground.comfyui.errors import NodeFailed
from playground.comfyui.execution.cache import NodeResult
from playground.comfyui.execution.node_environment import NodeRun
from playground.comfyui.values import Stage

_LOAD = 0.2  # seconds at speed 1


async def load_model(node_run: NodeRun) -> NodeResult:
    """Every loader: its outputs only stand for what was loaded."""
    await node_run.reach(Stage.LOADING)
    await node_run.wait(_LOAD)
    if (
        node_run.text("attention_mode").startswith("sageattn")
        and not node_run.environment.node_classes.installed.sageattention
    ):
        raise NodeFailed("ValueError", "Can't import SageAttention: No module named 'sageattention'\n")
    return NodeResult(values=tuple(node_run.node.kind for _ in node_run.output_types))


async def load_image(node_run: NodeRun) -> NodeResult:
    """LoadImage: the picture as RGB."""
    path = node_run.environment.folders.annotated(node_run.text("image"))
    try:
        picture = await asyncio.to_thread(_open, path)
    except (UnidentifiedImageError, OSError) as err:
        text = f"cannot identify image file '{path}'\n"
        raise NodeFailed("PIL.UnidentifiedImageError", text) from err
    return NodeResult(values=(picture, None))


def _open(path: object) -> Image.Image:
    with Image.open(str(path)) as image:
        return (ImageOps.exif_transpose(image) or image).convert("RGB")
