"""Pictures and frames: sizes, crops, counts."""

import asyncio
import math
from collections.abc import Callable, Mapping

from PIL import Image, ImageOps

from playground.comfyui.execution.cache import NodeResult
from playground.comfyui.execution.fake_video import FakeVideo, make_fake_video
from playground.comfyui.execution.node_environment import NodeRun
from playground.comfyui.execution.nodes.passing import pass_on_with

Frames = Image.Image | FakeVideo
_MOST_FILTERED = 4 * 2**20  # pixels; larger pictures are made for the time that they take a real server
_MOST = 16384  # pixels; what ComfyUI takes as its greatest size


async def change_frames(node_run: NodeRun) -> NodeResult:
    """A node that gives pictures for pictures: in another size or number, as its inputs say."""
    source = first_frames(node_run)
    if source is None:
        return await make_picture(node_run)
    counted = _counted(node_run, source)
    size = _wanted_size(node_run, *size_of(counted))
    changed = (
        counted if size == size_of(counted) else await asyncio.to_thread(_resize, node_run, counted, size)
    )
    return pass_on_with(node_run, {"IMAGE": changed, "COMFY_MATCHTYPE_V3": changed}, measure(changed))


async def measure_frames(node_run: NodeRun) -> NodeResult:
    """GetImageSize and its like: width, height and number of the pictures."""
    source = first_frames(node_run)
    width, height, count = measure(source) if source else (0, 0, 0)
    is_count = len(node_run.output_types) == 1
    return NodeResult(values=(count,) if is_count else (width, height, count))


async def make_picture(node_run: NodeRun) -> NodeResult:
    """EmptyImage."""
    size = (node_run.whole("width", 512), node_run.whole("height", 512))
    return pass_on_with(node_run, {"IMAGE": Image.new("RGB", size, node_run.whole("color"))})


def first_frames(node_run: NodeRun) -> Frames | None:
    """The first picture or frames among the inputs."""
    found: Mapping[str, Frames] = {**node_run.values_of(Image.Image), **node_run.values_of(FakeVideo)}
    return next(iter(found.values()), None)


def size_of(frames: Frames) -> tuple[int, int]:
    """Width and height."""
    return frames.width, frames.height


def measure(frames: Frames) -> tuple[int, int, int]:
    """Width, height and number."""
    return frames.width, frames.height, frames.frames if isinstance(frames, FakeVideo) else 1


def as_picture(frames: Frames) -> Image.Image:
    """A picture; of frames the first one."""
    return frames.frame(0) if isinstance(frames, FakeVideo) else frames


def as_frames(frames: Frames) -> FakeVideo:
    """Frames; a picture is one that does not move."""
    if isinstance(frames, FakeVideo):
        return frames
    return make_fake_video(frames, frames.width, frames.height, 1, "")


def _counted(node_run: NodeRun, source: Frames) -> Frames:
    change = _COUNTS.get(node_run.node.kind)
    if change is None or not isinstance(source, FakeVideo):
        return source
    return source.with_frames(change(node_run, source.frames))


def _wanted_size(node_run: NodeRun, width: int, height: int) -> tuple[int, int]:
    """The size that the node's inputs ask for, of a picture of this size."""
    if factor := node_run.has("scale_by", "resize_type.multiplier"):
        return round(width * node_run.number(factor)), round(height * node_run.number(factor))
    if area := node_run.has("megapixels", "resize_type.megapixels"):
        factor = math.sqrt(node_run.number(area) * 1024 * 1024 / (width * height))
        step = node_run.whole("resolution_steps", 1)
        return round(width * factor / step) * step, round(height * factor / step) * step
    if side := node_run.has("largest_size", "longer_edge", "resize_type.longer_size"):
        return _scaled(width, height, node_run.whole(side) / max(width, height))
    if side := node_run.has("shorter_edge", "resize_type.shorter_size"):
        return _scaled(width, height, node_run.whole(side) / min(width, height))
    if multiple := node_run.has("resize_type.multiple"):
        step = node_run.whole(multiple)
        return width // step * step, height // step * step
    return _exact_size(node_run, width, height)


def _exact_size(node_run: NodeRun, width: int, height: int) -> tuple[int, int]:
    wide = node_run.has("width", "resize_type.width", "target_width")
    high = node_run.has("height", "resize_type.height", "target_height")
    asked_width = _side(node_run, wide)
    asked_height = _side(node_run, high)
    if wide is None and high is None:
        return width, height
    if node_run.inputs.get("keep_proportion") in (True, "resize") or "resize_type" in node_run.inputs:
        factors = [asked / side for asked, side in ((asked_width, width), (asked_height, height)) if asked]
        is_free = "resize_type" not in node_run.inputs or len(factors) == 1
        if is_free and factors:
            asked_width, asked_height = _scaled(width, height, min(factors))
    step = node_run.whole("divisible_by", 1)
    return _divisible(asked_width or width, step), _divisible(asked_height or height, step)


def _side(node_run: NodeRun, name: str | None) -> int:
    value = node_run.inputs.get(name) if name else 0
    return min(int(value), _MOST) if isinstance(value, int | float) else 0


def _divisible(side: int, step: int) -> int:
    return side - side % step if 1 < step <= side else side


def _scaled(width: int, height: int, factor: float) -> tuple[int, int]:
    return max(round(width * factor), 1), max(round(height * factor), 1)


def _resize(node_run: NodeRun, frames: Frames, size: tuple[int, int]) -> Frames:
    """Crop to the aspect or add a border where the node asks for it, else stretch."""
    if isinstance(frames, FakeVideo):
        return frames.resized(*size)
    keep = str(node_run.inputs.get("keep_proportion"))
    if keep.startswith("pad"):
        return ImageOps.pad(frames, size)
    crop = node_run.has("crop", "resize_type.crop")
    if keep == "crop" or (crop and node_run.inputs[crop] in ("center", 0)):
        return ImageOps.fit(frames, size)
    is_huge = size[0] * size[1] > _MOST_FILTERED
    return frames.resize(size, Image.Resampling.NEAREST if is_huge else Image.Resampling.BILINEAR)


def _between(node_run: NodeRun, count: int) -> int:
    return (count - 1) * node_run.whole("multiplier", 2) + 1


def _part(node_run: NodeRun, count: int) -> int:
    begin = node_run.whole(node_run.has("batch_index", "start_index") or "", 0)
    return min(node_run.whole(node_run.has("length", "num_frames") or "", 1), count - max(begin, 0))


def _every(node_run: NodeRun, count: int) -> int:
    left = count - node_run.whole("skip_first_images")
    return math.ceil(left / max(node_run.whole("select_every_nth", 1), 1))


_COUNTS: Mapping[str, Callable[[NodeRun, int], int]] = {
    "FrameInterpolate": _between,
    "RIFE VFI": _between,
    "FILM VFI": _between,
    "ImageFromBatch": _part,
    "GetImageRangeFromBatch": _part,
    "VHS_SelectEveryNthImage": _every,
    "RepeatImageBatch": lambda node_run, count: count * node_run.whole("amount", 1),
    "VHS_DuplicateImages": lambda node_run, count: count * node_run.whole("multiply_by", 1),
}
