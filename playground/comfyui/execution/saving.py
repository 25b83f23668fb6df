"""The output nodes: clips and pictures on disk, listed as the original lists them (fact 16)."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PIL import Image

from playground.comfyui.errors import NodeFailed
from playground.comfyui.execution.cache import Made
from playground.comfyui.execution.clip import Clip, write_metadata_png
from playground.comfyui.execution.fake_video import FakeVideo, Video
from playground.comfyui.execution.node_environment import Work
from playground.comfyui.graph import Json, parse_object
from playground.comfyui.values import Stage

_SAVE_VIDEO_CRF = 23
_CHUNK = 8  # frames encoded between two ticks, at which a stop is obeyed


async def save_vhs(work: Work) -> Made:
    """VHS_VideoCombine with video/h264-mp4. The PNG beside the clip holds the graph unless told otherwise."""
    if work.text("format") != "video/h264-mp4":
        raise NodeFailed("Exception", "the playground only encodes video/h264-mp4\n")
    await work.reach(Stage.SAVING)
    fake_video, kind = (
        work.value("images", FakeVideo),
        "output" if work.inputs.get("save_output", True) else "temp",
    )
    path = _next_path(work, kind, "{name}_{number:05}.mp4")
    texts = _texts(work)
    if _wants_metadata_png(work):
        frame = await asyncio.to_thread(fake_video.frame, 0)
        await asyncio.to_thread(write_metadata_png, path.with_suffix(".png"), frame, texts)
    metadata = {"comment": json.dumps(texts)} if work.inputs.get("save_metadata", True) else {}
    fps, crf = work.number("frame_rate"), work.whole("crf", 19)
    clip = await asyncio.to_thread(Clip, path, (fake_video.width, fake_video.height), fps, crf, metadata)
    order = _there_and_back(fake_video) if work.inputs.get("pingpong") else range(fake_video.frames)
    await _encode(
        work, fake_video, order, clip, lambda done: work.events.progressed(work.node.id, done, len(order))
    )
    entry = {
        **_entry(work, kind, path),
        "format": work.text("format"),
        "frame_rate": fps,
        "workflow": path.with_suffix(".png").name,
        "fullpath": str(path),
    }
    return Made(ui={"gifs": [entry]}, files=(path,))


async def save_video(work: Work) -> Made:
    """SaveVideo: no bar; the graph goes into the file's metadata."""
    await work.reach(Stage.SAVING)
    video = work.value("video", Video)
    fake_video = video.fake_video
    path = _next_path(work, "output", "{name}_{number:05}_.mp4")
    metadata = {name: json.dumps(value) for name, value in _texts(work).items()}
    size = fake_video.width, fake_video.height
    clip = await asyncio.to_thread(Clip, path, size, video.fps, _SAVE_VIDEO_CRF, metadata)
    await _encode(work, fake_video, range(fake_video.frames), clip, lambda _: None)
    return Made(ui={"images": [_entry(work, "output", path)], "animated": [True]}, files=(path,))


async def save_image(work: Work) -> Made:
    """SaveImage and PreviewImage: the picture, or a film's first frame."""
    await work.reach(Stage.SAVING)
    source = work.inputs.get("images")
    picture = source.frame(0) if isinstance(source, FakeVideo) else work.value("images", Image.Image)
    kind = "output" if work.node.kind == "SaveImage" else "temp"
    path = _next_path(work, kind, "{name}_{number:05}_.png")
    await asyncio.to_thread(write_metadata_png, path, picture, _texts(work))
    return Made(ui={"images": [_entry(work, kind, path)]}, files=(path,))


async def _encode(
    work: Work, fake_video: FakeVideo, order: Sequence[int], clip: Clip, tell: Callable[[int], None]
) -> None:
    """Write the film's frames in `order`; `tell` hears how many are done."""
    try:
        for start in range(0, len(order), _CHUNK):
            chunk = order[start : start + _CHUNK]
            await asyncio.to_thread(clip.add, map(fake_video.frame, chunk))
            tell(start + len(chunk))
            await work.reach(Stage.SAVING, start + len(chunk))
        await asyncio.to_thread(clip.close)
    finally:
        await asyncio.to_thread(clip.abandon)


def _there_and_back(fake_video: FakeVideo) -> Sequence[int]:
    return [*range(fake_video.frames), *range(fake_video.frames - 2, 0, -1)]


def _next_path(work: Work, kind: str, pattern: str) -> Path:
    return work.environment.folders.next_output(kind, work.text("filename_prefix", "ComfyUI"), pattern)


def _entry(work: Work, kind: str, path: Path) -> Json:
    below = path.parent.relative_to(work.environment.folders.of(kind).resolve())
    return {"filename": path.name, "subfolder": "" if below == Path() else str(below), "type": kind}


def _texts(work: Work) -> Mapping[str, Json]:
    pnginfo = parse_object(work.prompt.extra.get("extra_pnginfo"))
    return {"prompt": work.prompt.graph, **{name: parse_object(value) for name, value in pnginfo.items()}}


def _wants_metadata_png(work: Work) -> bool:
    extra = parse_object(parse_object(_texts(work).get("workflow")).get("extra"))
    return extra.get("VHS_MetadataImage", True) is not False
