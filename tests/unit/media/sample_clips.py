"""Clips of every kind, made on the spot."""

import random
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
from PIL import Image

from media import Clip, Media

SIZE = (192, 128)
RATE = 16


def gradient_frames(count: int = 17) -> Iterator[Image.Image]:
    """Grows from red to yellow: easy to compress, and the last frame differs from the first."""
    return (Image.new("RGB", SIZE, (255, 255 * n // (count - 1), 0)) for n in range(count))


def noise_frames(count: int = 33) -> Iterator[Image.Image]:
    """Nothing repeats: the hardest there is."""
    dice = random.Random(1)  # noqa: S311 - the same noise each time
    return (Image.frombytes("RGB", SIZE, dice.randbytes(SIZE[0] * SIZE[1] * 3)) for _ in range(count))


def corner_frames(count: int = 3) -> Iterator[Image.Image]:
    """Red, green, blue and yellow quarters in reading order."""
    image, (width, height) = Image.new("RGB", SIZE, "red"), SIZE
    image.paste((0, 255, 0), (width // 2, 0, width, height // 2))
    image.paste((0, 0, 255), (0, height // 2, width // 2, height))
    image.paste((255, 255, 0), (width // 2, height // 2, width, height))
    return (image for _ in range(count))


def write_clip(
    path: Path,
    images: Iterator[Image.Image],
    *,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    faststart: bool = True,
    colours: int = 2,
    aspect: Fraction | None = None,
    options: dict[str, str] | None = None,
    **metadata: str,
) -> Path:
    """Write a clip; the path's ending names the container, `colours` is 2 for unsaid, 1 for BT.709.

    `aspect`: how many times as wide as high its pixels are; `options`: of the encoder.
    """
    movflags = "+faststart+use_metadata_tags" if faststart else "+use_metadata_tags"
    container_options = {"movflags": movflags} if path.suffix == ".mp4" else {}
    with av.open(str(path), "w", options=container_options) as out:
        out.metadata.update(metadata)
        stream = out.add_stream(codec, rate=RATE, options=options)
        stream.width, stream.height = SIZE
        stream.pix_fmt = pixel_format
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        stream.codec_context.colorspace = stream.codec_context.color_primaries = colours
        for number, image in enumerate(images):
            frame = av.VideoFrame.from_image(image)
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def write_fragmented_clip(path: Path) -> Path:
    """Write an MP4 of 32 frames, of which its index names the first four: the others are in fragments."""
    with av.open(str(path), "w", format="mp4", options={"movflags": "+frag_keyframe"}) as out:
        stream = out.add_stream("libx264", rate=RATE, options={"g": "4", "keyint_min": "4"})
        stream.width, stream.height = SIZE
        for number, image in enumerate(gradient_frames(32)):
            frame = av.VideoFrame.from_image(image)
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def write_uneven_clip(path: Path, milliseconds: list[int]) -> Path:
    """Write a WebM whose frames are shown at these times, and whose header says 1,000 frames a second."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(
            "libvpx-vp9", rate=1000, options={"lag-in-frames": "0", "deadline": "realtime"}
        )
        stream.width, stream.height = SIZE
        for image, at in zip(gradient_frames(len(milliseconds)), milliseconds, strict=True):
            frame = av.VideoFrame.from_image(image)
            frame.pts, frame.time_base = at, Fraction(1, 1000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def write_animation(path: Path, images: Iterator[Image.Image]) -> Path:
    """Write an animation with Pillow, as ComfyUI's SaveAnimatedWEBP does."""
    first, *rest = images
    first.save(path, save_all=True, append_images=rest, duration=int(1000 / RATE), lossless=True)
    return path


def decoded(path: Path) -> int:
    """How many frames really come out."""
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def metadata(path: Path) -> dict[str, str]:
    with av.open(str(path)) as container:
        return container.metadata


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def assert_plays(media: Media, path: Path, frames: int) -> Clip:
    clip = await media.probe_clip(path)
    assert (clip.codec, clip.pixel_format, clip.faststart) == ("h264", "yuv420p", True)
    assert clip.frames == frames == decoded(path)
    assert clip.bytes == path.stat().st_size  # noqa: ASYNC240 - a test's own file
    return clip
