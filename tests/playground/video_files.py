"""Reads clips, as the tests of the playground's ComfyUI check them."""

import io
from dataclasses import dataclass
from typing import Any

import av
from PIL import Image, ImageSequence


@dataclass(frozen=True, kw_only=True)
class VideoFile:
    """A decoded clip: `seconds` is how long its sound is, None if it has none; `codecs` are its streams'."""

    size: tuple[int, int]
    frames: int
    fps: float
    codecs: tuple[str, ...]
    seconds: float | None
    first: Image.Image
    last: Image.Image


def read_video(data: bytes) -> VideoFile:
    """Decode every frame of an MP4, WebM or WebP."""
    if data[:4] == b"RIFF":
        return _read_webp(data)
    with av.open(io.BytesIO(data)) as container:
        stream: Any = container.streams.video[0]
        frames = list(container.decode(stream))
        codecs = tuple(one.codec.name for one in container.streams)
        fps = float(stream.average_rate)
    return VideoFile(
        size=(stream.width, stream.height),
        frames=len(frames),
        fps=fps,
        codecs=codecs,
        seconds=_sound_seconds(data),
        first=frames[0].to_image(),
        last=frames[-1].to_image(),
    )


def _sound_seconds(data: bytes) -> float | None:
    with av.open(io.BytesIO(data), "r") as container:
        if not container.streams.audio:
            return None
        sound: Any = list(container.decode(container.streams.audio[0]))
        return sum(frame.samples for frame in sound) / sound[0].sample_rate


def _read_webp(data: bytes) -> VideoFile:
    with Image.open(io.BytesIO(data)) as image:
        frames: list[Image.Image] = []
        milliseconds = 0
        for frame in ImageSequence.Iterator(image):
            frames.append(frame.convert("RGB"))
            milliseconds += frame.info["duration"]
        return VideoFile(
            size=image.size,
            frames=len(frames),
            fps=1000 * len(frames) / milliseconds,
            codecs=("webp",),
            seconds=None,
            first=frames[0],
            last=frames[-1],
        )
