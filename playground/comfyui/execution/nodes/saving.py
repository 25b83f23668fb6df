"""The output nodes: clips, pictures and sounds on disk, listed as the original lists them (fact 16)."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from playground.comfyui.errors import NodeFailed
from playground.comfyui.execution.cache import NodeResult
from playground.comfyui.execution.clip import (
    Clip,
    write_metadata_png,
    write_moving_picture,
    write_sound,
    write_with_sound,
)
from playground.comfyui.execution.fake_video import FakeVideo
from playground.comfyui.execution.media import Sound, Video
from playground.comfyui.execution.node_environment import NodeRun
from playground.comfyui.execution.nodes.passing import pass_on_with
from playground.comfyui.execution.nodes.pictures import as_frames, as_picture, first_frames
from playground.comfyui.graph import Json, parse_object
from playground.comfyui.values import Stage

_SAVE_VIDEO_CRF = 23
_CHUNK = 8  # frames encoded between two ticks, at which a stop is obeyed


class _Format(NamedTuple):
    suffix: str
    codec: str


_VHS_FORMATS = {
    "video/h264-mp4": _Format(".mp4", "libx264"),
    "video/nvenc_h264-mp4": _Format(".mp4", "libx264"),
    "video/h265-mp4": _Format(".mp4", "libx265"),
    "video/nvenc_hevc-mp4": _Format(".mp4", "libx265"),
    "video/webm": _Format(".webm", "libvpx-vp9"),
    "video/av1-webm": _Format(".webm", "libsvtav1"),
    "image/gif": _Format(".gif", ""),
    "image/webp": _Format(".webp", ""),
}
_CODECS = {"vp9": "libvpx-vp9", "av1": "libsvtav1", "h264": "libx264"}


async def save_vhs(node_run: NodeRun) -> NodeResult:
    """VHS_VideoCombine, and unless `VHS_MetadataImage` is false a PNG with the graph.

    With sound there are two clips, and the one with sound is listed.
    """
    chosen = _VHS_FORMATS.get(node_run.text("format"))
    if chosen is None:
        raise NodeFailed("Exception", f"the playground does not encode {node_run.text('format')}\n")
    await node_run.reach(Stage.SAVING)
    frames = _frames(node_run)
    kind = "output" if node_run.inputs.get("save_output", True) else "temp"
    path = _next_path(node_run, kind, "{name}_{number:05}" + chosen.suffix)
    texts = _texts(node_run)
    if _wants_metadata_png(node_run):
        await asyncio.to_thread(write_metadata_png, path.with_suffix(".png"), frames.frame(0), texts)
    await _write_vhs(node_run, frames, path, chosen.codec)
    listed = await _with_sound(node_run, path) if chosen.codec else path
    entry = {
        **_entry(node_run, kind, listed),
        "format": node_run.text("format"),
        "frame_rate": node_run.number("frame_rate"),
        "workflow": path.with_suffix(".png").name,
        "fullpath": str(listed),
    }
    return pass_on_with(node_run, {}).listing({"gifs": [entry]}, listed)


async def save_video(node_run: NodeRun) -> NodeResult:
    """SaveVideo: sends no progress; the graph goes into the file's metadata."""
    await node_run.reach(Stage.SAVING)
    video = node_run.value("video", Video)
    frames, container = video.fake_video, node_run.text("format", "auto")
    suffix = ".mp4" if container == "auto" else f".{container}"
    path = _next_path(node_run, "output", "{name}_{number:05}_" + suffix)
    named = node_run.text("format.codec", node_run.text("codec", "auto"))
    codec = _CODECS.get(named, "libsvtav1" if suffix == ".webm" else "libx264")
    length = frames.frames / video.fps
    seconds = min(video.sound.seconds, length) if video.sound else 0
    size = frames.width, frames.height
    clip = await asyncio.to_thread(
        lambda: Clip(
            path, size, video.fps, _SAVE_VIDEO_CRF, _metadata(node_run), codec=codec, seconds=seconds
        )
    )
    await _encode(node_run, frames, range(frames.frames), clip)
    return pass_on_with(node_run, {}).listing(_animated(node_run, path), path)


async def save_webm(node_run: NodeRun) -> NodeResult:
    """SaveWEBM: VP9 or AV1, without sound."""
    await node_run.reach(Stage.SAVING)
    frames, path = _frames(node_run), _next_path(node_run, "output", "{name}_{number:05}_.webm")
    size, fps, crf = (frames.width, frames.height), node_run.number("fps", 24), node_run.number("crf", 32)
    codec = _CODECS[node_run.text("codec", "vp9")]
    clip = await asyncio.to_thread(lambda: Clip(path, size, fps, int(crf), _metadata(node_run), codec=codec))
    await _encode(node_run, frames, range(frames.frames), clip)
    return pass_on_with(node_run, {}).listing(_animated(node_run, path), path)


async def save_moving_picture(node_run: NodeRun) -> NodeResult:
    """SaveAnimatedWEBP and SaveAnimatedPNG: sends no progress."""
    await node_run.reach(Stage.SAVING)
    frames, suffix = _frames(node_run), ".webp" if node_run.node.kind == "SaveAnimatedWEBP" else ".png"
    path = _next_path(node_run, "output", "{name}_{number:05}_" + suffix)
    await asyncio.to_thread(
        _write_pictures, node_run, frames, range(frames.frames), path, node_run.number("fps", 6)
    )
    ui = _animated(node_run, path) if frames.frames > 1 else {"images": [_entry(node_run, "output", path)]}
    return pass_on_with(node_run, {}).listing(ui, path)


async def save_image(node_run: NodeRun) -> NodeResult:
    """SaveImage and PreviewImage: the picture, or a fake video's first frame."""
    await node_run.reach(Stage.SAVING)
    source = first_frames(node_run)
    picture = as_picture(source) if source else node_run.value("images", Image.Image)
    kind = "output" if node_run.node.kind == "SaveImage" else "temp"
    path = _next_path(node_run, kind, "{name}_{number:05}_.png")
    await asyncio.to_thread(write_metadata_png, path, picture, _texts(node_run))
    return pass_on_with(node_run, {}).listing({"images": [_entry(node_run, kind, path)]}, path)


async def save_sound(node_run: NodeRun) -> NodeResult:
    """SaveAudio and PreviewAudio."""
    await node_run.reach(Stage.SAVING)
    kind = "temp" if node_run.node.kind == "PreviewAudio" else "output"
    path = _next_path(node_run, kind, "{name}_{number:05}_.flac")
    await asyncio.to_thread(write_sound, path, node_run.value("audio", Sound).seconds)
    return pass_on_with(node_run, {}).listing({"audio": [_entry(node_run, kind, path)]}, path)


async def preview_any(node_run: NodeRun) -> NodeResult:
    """PreviewAny and other output nodes that write no file: the text of what they got."""
    source = next((value for value in node_run.inputs.values() if isinstance(value, str | int | float)), None)
    return pass_on_with(node_run, {}).listing({"text": [str(source)]})


async def _write_vhs(node_run: NodeRun, frames: FakeVideo, path: Path, codec: str) -> None:
    order = _there_and_back(frames) if node_run.inputs.get("pingpong") else range(frames.frames)
    fps = node_run.number("frame_rate")

    def progress(done: int) -> None:
        node_run.events.progressed(node_run.node.id, done, len(order))

    if not codec:
        await asyncio.to_thread(_write_pictures, node_run, frames, order, path, fps)
        progress(len(order))
        return
    saves = node_run.inputs.get("save_metadata", True)
    metadata = {"comment": json.dumps(_texts(node_run))} if saves else {}
    size, crf = (frames.width, frames.height), node_run.whole("crf", 19)
    clip = await asyncio.to_thread(lambda: Clip(path, size, fps, crf, metadata, codec=codec))
    await _encode(node_run, frames, order, clip, progress)


async def _with_sound(node_run: NodeRun, silent: Path) -> Path:
    """The clip that VideoHelperSuite lists: a second one, if there is sound, as long as the first."""
    sound = next(iter(node_run.values_of(Sound).values()), None)
    if sound is None:
        return silent
    path = silent.with_stem(f"{silent.stem}-audio")
    frames = _frames(node_run).frames
    length = frames / node_run.number("frame_rate")
    seconds = min(sound.seconds, length) if node_run.inputs.get("trim_to_audio") is True else length
    await asyncio.to_thread(write_with_sound, silent, path, seconds)
    return path


def _write_pictures(
    node_run: NodeRun, frames: FakeVideo, order: Sequence[int], path: Path, fps: float
) -> None:
    write_moving_picture(path, map(frames.numbered_frame, order), fps, node_run.whole("quality", 80))


async def _encode(
    node_run: NodeRun,
    frames: FakeVideo,
    order: Sequence[int],
    clip: Clip,
    on_progress: Callable[[int], None] = lambda _: None,
) -> None:
    """Encode the frames in `order`; `on_progress` gets the number of those done."""
    try:
        for start in range(0, len(order), _CHUNK):
            chunk = order[start : start + _CHUNK]
            await asyncio.to_thread(clip.add, map(frames.frame, chunk))
            on_progress(start + len(chunk))
            await node_run.reach(Stage.SAVING, start + len(chunk))
        await asyncio.to_thread(clip.close)
    finally:
        await asyncio.to_thread(clip.abandon)


def _frames(node_run: NodeRun) -> FakeVideo:
    found = first_frames(node_run)
    return as_frames(found) if found else node_run.value("images", FakeVideo)


def _there_and_back(frames: FakeVideo) -> Sequence[int]:
    return [*range(frames.frames), *range(frames.frames - 2, 0, -1)]


def _next_path(node_run: NodeRun, kind: str, pattern: str) -> Path:
    return node_run.environment.folders.next_output(
        kind, node_run.text("filename_prefix", "ComfyUI"), pattern
    )


def _entry(node_run: NodeRun, kind: str, path: Path) -> Json:
    below = path.parent.relative_to(node_run.environment.folders.of(kind).resolve())
    return {"filename": path.name, "subfolder": "" if below == Path() else str(below), "type": kind}


def _animated(node_run: NodeRun, path: Path) -> Json:
    return {"images": [_entry(node_run, "output", path)], "animated": [True]}


def _metadata(node_run: NodeRun) -> Mapping[str, str]:
    return {name: json.dumps(value) for name, value in _texts(node_run).items()}


def _texts(node_run: NodeRun) -> Mapping[str, Json]:
    pnginfo = parse_object(node_run.prompt.extra.get("extra_pnginfo"))
    return {"prompt": node_run.prompt.graph, **{name: parse_object(value) for name, value in pnginfo.items()}}


def _wants_metadata_png(node_run: NodeRun) -> bool:
    extra = parse_object(parse_object(_texts(node_run).get("workflow")).get("extra"))
    return extra.get("VHS_MetadataImage", True) is not False
