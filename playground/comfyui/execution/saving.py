"""The output nodes: clips and pictures on disk, listed as the original lists them (fact 16)."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PIL import Image

from playground.comfyui.errors import NodeFailed
from playground.comfyui.execution.cache import NodeResult
from playground.comfyui.execution.clip import Clip, write_metadata_png
from playground.comfyui.execution.fake_video import FakeVideo, Video
from playground.comfyui.execution.node_environment import NodeRun
from playground.comfyui.graph import Json, parse_object
from playground.comfyui.values import Stage

_SAVE_VIDEO_CRF = 23
_CHUNK = 8  # frames encoded between two ticks, at which a stop is obeyed


async def save_vhs(node_run: NodeRun) -> NodeResult:
    """VHS_VideoCombine with video/h264-mp4, and unless `VHS_MetadataImage` is false a PNG with the graph."""
    if node_run.text("format") != "video/h264-mp4":
        raise NodeFailed("Exception", "the playground only encodes video/h264-mp4\n")
    await node_run.reach(Stage.SAVING)
    fake_video, kind = (
        node_run.value("images", FakeVideo),
        "output" if node_run.inputs.get("save_output", True) else "temp",
    )
    path = _next_path(node_run, kind, "{name}_{number:05}.mp4")
    texts = _texts(node_run)
    if _wants_metadata_png(node_run):
        frame = await asyncio.to_thread(fake_video.frame, 0)
        await asyncio.to_thread(write_metadata_png, path.with_suffix(".png"), frame, texts)
    metadata = {"comment": json.dumps(texts)} if node_run.inputs.get("save_metadata", True) else {}
    fps, crf = node_run.number("frame_rate"), node_run.whole("crf", 19)
    clip = await asyncio.to_thread(Clip, path, (fake_video.width, fake_video.height), fps, crf, metadata)
    order = _there_and_back(fake_video) if node_run.inputs.get("pingpong") else range(fake_video.frames)
    await _encode(
        node_run,
        fake_video,
        order,
        clip,
        lambda done: node_run.events.progressed(node_run.node.id, done, len(order)),
    )
    entry = {
        **_entry(node_run, kind, path),
        "format": node_run.text("format"),
        "frame_rate": fps,
        "workflow": path.with_suffix(".png").name,
        "fullpath": str(path),
    }
    return NodeResult(ui={"gifs": [entry]}, files=(path,))


async def save_video(node_run: NodeRun) -> NodeResult:
    """SaveVideo: sends no progress; the graph goes into the file's metadata."""
    await node_run.reach(Stage.SAVING)
    video = node_run.value("video", Video)
    fake_video = video.fake_video
    path = _next_path(node_run, "output", "{name}_{number:05}_.mp4")
    metadata = {name: json.dumps(value) for name, value in _texts(node_run).items()}
    size = fake_video.width, fake_video.height
    clip = await asyncio.to_thread(Clip, path, size, video.fps, _SAVE_VIDEO_CRF, metadata)
    await _encode(node_run, fake_video, range(fake_video.frames), clip, lambda _: None)
    return NodeResult(ui={"images": [_entry(node_run, "output", path)], "animated": [True]}, files=(path,))


async def save_image(node_run: NodeRun) -> NodeResult:
    """SaveImage and PreviewImage: the picture, or a fake video's first frame."""
    await node_run.reach(Stage.SAVING)
    source = node_run.inputs.get("images")
    picture = source.frame(0) if isinstance(source, FakeVideo) else node_run.value("images", Image.Image)
    kind = "output" if node_run.node.kind == "SaveImage" else "temp"
    path = _next_path(node_run, kind, "{name}_{number:05}_.png")
    await asyncio.to_thread(write_metadata_png, path, picture, _texts(node_run))
    return NodeResult(ui={"images": [_entry(node_run, kind, path)]}, files=(path,))


async def _encode(
    node_run: NodeRun,
    fake_video: FakeVideo,
    order: Sequence[int],
    clip: Clip,
    on_progress: Callable[[int], None],
) -> None:
    """Encode the frames in `order`; `on_progress` gets the number of those done."""
    try:
        for start in range(0, len(order), _CHUNK):
            chunk = order[start : start + _CHUNK]
            await asyncio.to_thread(clip.add, map(fake_video.frame, chunk))
            on_progress(start + len(chunk))
            await node_run.reach(Stage.SAVING, start + len(chunk))
        await asyncio.to_thread(clip.close)
    finally:
        await asyncio.to_thread(clip.abandon)


def _there_and_back(fake_video: FakeVideo) -> Sequence[int]:
    return [*range(fake_video.frames), *range(fake_video.frames - 2, 0, -1)]


def _next_path(node_run: NodeRun, kind: str, pattern: str) -> Path:
    return node_run.environment.folders.next_output(
        kind, node_run.text("filename_prefix", "ComfyUI"), pattern
    )


def _entry(node_run: NodeRun, kind: str, path: Path) -> Json:
    below = path.parent.relative_to(node_run.environment.folders.of(kind).resolve())
    return {"filename": path.name, "subfolder": "" if below == Path() else str(below), "type": kind}


def _texts(node_run: NodeRun) -> Mapping[str, Json]:
    pnginfo = parse_object(node_run.prompt.extra.get("extra_pnginfo"))
    return {"prompt": node_run.prompt.graph, **{name: parse_object(value) for name, value in pnginfo.items()}}


def _wants_metadata_png(node_run: NodeRun) -> bool:
    extra = parse_object(parse_object(_texts(node_run).get("workflow")).get("extra"))
    return extra.get("VHS_MetadataImage", True) is not False
