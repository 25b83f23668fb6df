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
BACKGROUND = [128, 128, 128]
DECODE_SECONDS = 60
MAX_PLAIN_ASPECT = 2.0  # longer pictures may be cut


@dataclass(frozen=True)
class Reference:
    """What libvips shows of a file: sRGB on grey, upright, the first page. `pages`: of an animation."""

    width: int
    height: int
    pages: int
    pixels: bytes

    def difference(self, ours: Image.Image) -> str:
        """In a few words how our picture differs; an empty text where it is the same."""
        theirs = Image.frombytes("RGB", (self.width, self.height), self.pixels)
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
        image = vips.Image.new_from_buffer(data, "", fail_on="truncated", access="sequential")
        pages = image.get("n-pages") if image.get_typeof("n-pages") else 1
        image = image.copy_memory().autorot()
        if image.get_typeof("icc-profile-data"):
            image = image.icc_transform(
                "srgb", embedded=True, intent="relative", black_point_compensation=True
            )
        elif image.interpretation == "cmyk":
            image = _plain_rgb(image)
        image = image.colourspace("srgb").cast("uchar")
        image = image.flatten(background=BACKGROUND) if image.hasalpha() else image
        return Reference(image.width, image.height, pages, bytes(image[0:3].write_to_memory()))
    except vips.Error as err:
        return " ".join(str(err).split())[:120]


def _plain_rgb(image: Any) -> Any:
    """CMYK without a profile as browsers show it; libvips would take a profile of printing presses."""
    bands = [(255 - image[band]) * (255 - image[3]) / 255 for band in range(3)]
    return bands[0].bandjoin(bands[1:]).copy(interpretation="srgb")


def count_frames(path: Path) -> tuple[int, int, int]:
    """Frames, width and height of a clip, by decoding it with ffmpeg's own program."""
    ffmpeg: str = import_module("imageio_ffmpeg").get_ffmpeg_exe()
    done = subprocess.run(  # noqa: S603 - our own arguments
        [ffmpeg, "-nostdin", "-i", str(path), "-map", "0:v:0", "-fps_mode", "passthrough", "-f", "null", "-"],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=DECODE_SECONDS,
        check=True,
    )
    sizes = re.findall(r"Video: .*?(\d{2,5})x(\d{2,5})", done.stderr)
    frames = re.findall(r"frame=\s*(\d+)", done.stderr)
    return int(frames[-1]), int(sizes[0][0]), int(sizes[0][1])


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
