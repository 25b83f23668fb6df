"""Clips on disk: real H.264 in MP4, and the PNG that VideoHelperSuite writes beside it."""

# PyAV's stubs leave packets and pictures without types:
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

import json
import threading
from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path

import av
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from playground.comfyui.graph import Json


class Clip:
    """An MP4 being written: yuv420p, faststart. It blocks; the lock lets threads take turns.

    Raises `av.error.FFmpegError` for a size, rate or quality that the encoder refuses.
    """

    def __init__(
        self, path: Path, size: tuple[int, int], fps: float, crf: int, metadata: Mapping[str, str]
    ) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._is_open = True
        options = {"movflags": "+faststart+use_metadata_tags"}
        self._container = av.open(path, "w", format="mp4", options=options)
        self._container.metadata.update(metadata)
        rate = Fraction(fps).limit_denominator(1001)
        options = {"crf": str(crf), "preset": "ultrafast"}
        self._stream = self._container.add_stream("libx264", rate, options)
        self._stream.width, self._stream.height = size
        self._stream.pix_fmt = "yuv420p"

    def add(self, images: Iterable[Image.Image]) -> None:
        """Encode the next frames."""
        with self._lock:
            for image in images:
                self._container.mux(self._stream.encode(av.VideoFrame.from_image(image)))

    def close(self) -> None:
        """Write what is left."""
        with self._lock:
            self._container.mux(self._stream.encode(None))
            self._container.close()
            self._is_open = False

    def abandon(self) -> None:
        """Remove a clip that was not closed."""
        with self._lock:
            if self._is_open:
                self._container.close()
                self._path.unlink(missing_ok=True)
                self._is_open = False


def write_metadata_png(path: Path, frame: Image.Image, texts: Mapping[str, Json]) -> None:
    """A picture with the whole graph in its text chunks (fact 17, recording 32)."""
    info = PngInfo()
    for name, value in texts.items():
        info.add_text(name, json.dumps(value))
    frame.save(path, pnginfo=info)
