"""The independent decoders: libvips for pictures, ffmpeg's own program for clips; and the comparison.

libvips runs in a process of its own, which a file may bring down.
"""

import re
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from importlib import import_module
from io import BytesIO
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Self

from PIL import Image, ImageChops, ImageStat

GRID = 96  # pixels: pictures are compared reduced to this side, so that kernels of resizing do not count
MAX_MEAN_DIFFERENCE = 4.0  # of 255
MAX_LOCAL_DIFFERENCE = 40  # of 255, in more than MAX_LOCAL_SHARE of the pixels
MAX_LOCAL_SHARE = 0.01
MAX_FRAMES = 24
BACKGROUND = [128, 128, 128]
DECODE_SECONDS = 60
MAX_PLAIN_ASPECT = 2.0  # longer pictures may be cut


@dataclass(frozen=True)
class Reference:
    """What an independent decoder shows of a file: sRGB on grey, upright.

    `frames` has the pixels of the one picture, or of an animation's first MAX_FRAMES.
    """

    width: int
    height: int
    frames: tuple[bytes, ...]

    def difference(self, ours: Image.Image) -> str:
        """In a few words how our picture differs from each frame; an empty text where it is one of them.

        Which frame of an animation is the best for a clip is not for another decoder to say.
        """
        found = ""
        for pixels in self.frames:
            theirs = Image.frombytes("RGB", (self.width, self.height), pixels)
            if not (difference := self._difference(ours, theirs)):
                return ""
            found = found or difference
        return found

    def _difference(self, ours: Image.Image, theirs: Image.Image) -> str:
        aspect, wanted = ours.width / ours.height, self.width / self.height
        if abs(aspect / wanted - 1) > 0.03 + 1 / min(ours.size):
            if max(wanted, 1 / wanted) < MAX_PLAIN_ASPECT:
                return f"{ours.width}×{ours.height} instead of {self.width}×{self.height}"
            theirs = _cut(theirs, aspect)
        grid = (min(GRID, theirs.width), min(GRID, theirs.height))
        difference = ImageChops.difference(_reduced(ours, grid), _reduced(theirs, grid))
        mean = max(ImageStat.Stat(difference).mean)
        histogram = difference.convert("L").histogram()
        share = sum(histogram[MAX_LOCAL_DIFFERENCE:]) / (grid[0] * grid[1])
        if mean <= MAX_MEAN_DIFFERENCE and share <= MAX_LOCAL_SHARE:
            return ""
        return f"differs by {mean:.0f} of 255 on average, clearly in {share:.0%} of it"


class Vips:
    """libvips in a process that is started again where a file brings it down. Used with `with`."""

    def __enter__(self) -> Self:
        self._pool = ProcessPoolExecutor(1, get_context("spawn"))
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def read(self, data: bytes) -> Reference | str:
        """The picture, or in a few words why it cannot be read."""
        try:
            return self._pool.submit(read_with_vips, data).result(DECODE_SECONDS)
        except (BrokenProcessPool, TimeoutError) as err:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = ProcessPoolExecutor(1, get_context("spawn"))
            return f"libvips: {type(err).__name__}"


def read_with_vips(data: bytes) -> Reference | str:
    """Decode with libvips, damaged files refused; the picture, or why it cannot be read."""
    vips: Any = import_module("pyvips")
    try:
        image = vips.Image.new_from_buffer(data, "", fail_on="truncated")
        pages = image.get("n-pages") if image.get_typeof("n-pages") and is_moving(data) else 1
        if pages > 1:
            image = vips.Image.new_from_buffer(data, "", fail_on="truncated", n=min(pages, MAX_FRAMES))
        height = image.get("page-height") if pages > 1 else 0
        image = image.copy_memory().autorot()
        if image.get_typeof("icc-profile-data"):
            image = image.icc_transform(
                "srgb", embedded=True, intent="relative", black_point_compensation=True
            )
        elif image.interpretation == "cmyk":
            image = _plain_rgb(image)
        image = image.colourspace("srgb").cast("uchar")
        image = image.flatten(background=BACKGROUND) if image.hasalpha() else image
        height = height or image.height
        pixels, length = bytes(image[0:3].write_to_memory()), image.width * height * 3
        frames = tuple(pixels[at : at + length] for at in range(0, len(pixels), length))
        return Reference(image.width, height, frames)
    except vips.Error as err:
        return " ".join(str(err).split())[:120]


def read_apng(data: bytes) -> Reference | str:
    """The frames of an animated PNG, of which libvips shows the still picture: with ffmpeg's own program."""
    ffmpeg: str = import_module("imageio_ffmpeg").get_ffmpeg_exe()
    width, height = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
    options = ["-nostdin", "-v", "error", "-f", "apng", "-i", "-", "-frames:v", str(MAX_FRAMES)]
    done = subprocess.run(  # noqa: S603 - our own arguments
        [ffmpeg, *options, "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgba", "-"],
        input=data,
        capture_output=True,
        timeout=DECODE_SECONDS,
        check=False,
    )
    length = width * height * 4
    if done.returncode or not done.stdout or len(done.stdout) % length:
        return " ".join(done.stderr.decode(errors="replace").split())[:120] or "no frame"
    found = [done.stdout[at : at + length] for at in range(0, len(done.stdout), length)]
    return Reference(width, height, tuple(_on_grey((width, height), each) for each in found))


def _on_grey(size: tuple[int, int], rgba: bytes) -> bytes:
    ground = Image.new("RGBA", size, (*BACKGROUND, 255))
    return Image.alpha_composite(ground, Image.frombytes("RGBA", size, rgba)).convert("RGB").tobytes()


def is_moving(data: bytes) -> bool:
    """Whether the pages of a file are frames, and not pictures beside one another as in HEIF."""
    return data.startswith((b"GIF8", b"RIFF"))


def is_apng(data: bytes) -> bool:
    """Whether a PNG says before its pixels that it is animated, with a number of frames that can be."""
    _, found, rest = data.partition(b"IDAT")[0].partition(b"acTL")
    return data.startswith(b"\x89PNG") and bool(found) and 0 < int.from_bytes(rest[:4], "big") < 2**31


def _plain_rgb(image: Any) -> Any:
    """CMYK without a profile as browsers show it; libvips would take a profile of printing presses."""
    bands = [(255 - image[band]) * (255 - image[3]) / 255 for band in range(3)]
    return bands[0].bandjoin(bands[1:]).copy(interpretation="srgb")


def count_frames(path: Path) -> tuple[int, int, int]:
    """Frames, width and height of a clip as it is shown, by decoding it with ffmpeg's own program."""
    ffmpeg: str = import_module("imageio_ffmpeg").get_ffmpeg_exe()
    done = subprocess.run(  # noqa: S603 - our own arguments
        [ffmpeg, "-nostdin", "-i", str(path), "-map", "0:v:0", "-fps_mode", "passthrough", "-f", "null", "-"],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=DECODE_SECONDS,
        check=True,
    )
    sizes = re.findall(r"Video: .*?(\d{2,5})x(\d{2,5})(?: \[SAR (\d+):(\d+))?", done.stderr)
    frames = re.findall(r"frame=\s*(\d+)", done.stderr)
    width, height, *aspect = sizes[0]
    across, down = (int(each or 1) for each in aspect)
    return int(frames[-1]), round(int(width) * across / down), int(height)


def missing_decoders() -> str:
    """In a sentence which command brings the decoders; an empty text where they are there."""
    try:
        import_module("pyvips")
        import_module("imageio_ffmpeg")
    except (ImportError, OSError):
        return f"no independent decoder: {sys.executable} -m pip install -r tests/corpus/requirements.txt"
    return ""


def read_png(data: bytes) -> Image.Image:
    """Our own result, an RGB picture."""
    with Image.open(BytesIO(data), formats=("PNG",)) as image:
        return image.convert("RGB")


def _cut(image: Image.Image, aspect: float) -> Image.Image:
    """The middle of a long picture, of that width by height."""
    width, height = image.size
    kept = (min(width, round(height * aspect)), min(height, round(width / aspect)))
    left, top = (width - kept[0]) // 2, (height - kept[1]) // 2
    return image.crop((left, top, left + kept[0], top + kept[1]))


def _reduced(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    return image if image.size == size else image.resize(size, Image.Resampling.BOX)
