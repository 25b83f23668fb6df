"""Files of video, sound and moving pictures, and the PNG that VideoHelperSuite writes beside a clip."""

# PyAV's stubs leave packets and pictures without types:
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import array
import json
import math
import threading
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from playground.comfyui.graph import Json

_RATE = 48000  # samples a second, which AAC, Opus and FLAC all take
_CHUNK = 1024  # samples in one frame of sound
_TONE, _LOUDNESS = 220, 0.2  # hertz, of 1
_ENCODERS: Mapping[str, Mapping[str, str]] = {
    "libx264": {"preset": "ultrafast"},
    "libx265": {"preset": "ultrafast", "x265-params": "log-level=none"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "b": "0"},
    "libsvtav1": {"preset": "13"},
}


class Clip:
    """A clip being written: yuv420p, in the container of the path's suffix, faststart where that is MP4.

    `seconds` is how long its sound is; 0: none. It blocks; the lock lets threads take turns.
    Raises `av.error.FFmpegError` for a size, rate or quality that the encoder refuses.
    """

    def __init__(
        self,
        path: Path,
        size: tuple[int, int],
        fps: float,
        crf: float,
        metadata: Mapping[str, str],
        *,
        codec: str = "libx264",
        seconds: float = 0,
    ) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._is_open = True
        self._container = _open(path)
        self._container.metadata.update(metadata)
        rate = Fraction(fps).limit_denominator(1001)
        options = {"crf": f"{crf:g}", **_ENCODERS[codec]}
        self._stream = cast("VideoStream", self._container.add_stream(codec, rate, options))
        self._stream.width, self._stream.height = (side + side % 2 for side in size)
        self._stream.pix_fmt = "yuv420p"
        self._seconds = seconds
        self._sound = _add_sound(self._container, path) if seconds else None

    def add(self, images: Iterable[Image.Image]) -> None:
        """Encode the next frames."""
        with self._lock:
            for image in images:
                self._container.mux(self._stream.encode(av.VideoFrame.from_image(image)))

    def close(self) -> None:
        """Write what is left, and the sound."""
        with self._lock:
            self._container.mux(self._stream.encode(None))
            if self._sound:
                _encode_sound(self._container, self._sound, self._seconds)
            self._container.close()
            self._is_open = False

    def abandon(self) -> None:
        """Remove a clip that was not closed."""
        with self._lock:
            if self._is_open:
                self._container.close()
                self._path.unlink(missing_ok=True)
                self._is_open = False


def write_with_sound(silent: Path, path: Path, seconds: float) -> None:
    """Copy a clip, and give the copy a sound of so many seconds."""
    with av.open(silent) as source, _open(path) as target:
        target.metadata.update(source.metadata)
        video = source.streams.video[0]
        copied = target.add_stream_from_template(video)
        sound = _add_sound(target, path)
        for packet in source.demux(video):
            if packet.dts is not None:
                packet.stream = copied
                target.mux(packet)
        _encode_sound(target, sound, seconds)


def write_sound(path: Path, seconds: float) -> None:
    """A file of sound alone, in the container of the path's suffix."""
    with _open(path) as container:
        _encode_sound(container, _add_sound(container, path), seconds)


def write_moving_picture(path: Path, images: Iterable[Image.Image], fps: float, quality: int) -> None:
    """A WebP, GIF or APNG that moves without end; `quality` from 0 to 100 is for WebP."""
    first, *others = images
    quick = {"quality": quality, "method": 0} if path.suffix == ".webp" else {}
    first.save(path, None, save_all=True, append_images=others, duration=int(1000 / fps), loop=0, **quick)


def write_metadata_png(path: Path, frame: Image.Image, texts: Mapping[str, Json]) -> None:
    """A picture with the whole graph in its text chunks (fact 17, recording 32)."""
    info = PngInfo()
    for name, value in texts.items():
        info.add_text(name, json.dumps(value))
    frame.save(path, pnginfo=info)


def _open(path: Path) -> OutputContainer:
    is_mp4 = path.suffix == ".mp4"
    return av.open(path, "w", options={"movflags": "+faststart+use_metadata_tags"} if is_mp4 else {})


def _add_sound(container: OutputContainer, path: Path) -> AudioStream:
    codecs = {".webm": "libopus", ".flac": "flac", ".mp3": "libmp3lame", ".opus": "libopus"}
    stream = container.add_stream(codecs.get(path.suffix, "aac"), rate=_RATE, layout="mono")
    return cast("AudioStream", stream)


def _encode_sound(container: OutputContainer, stream: AudioStream, seconds: float) -> None:
    """A steady tone."""
    for start, samples in _samples(math.ceil(seconds * _RATE)):
        frame = av.AudioFrame(format="s16", layout="mono", samples=len(samples))
        frame.planes[0].update(samples.tobytes() + bytes(frame.planes[0].buffer_size - 2 * len(samples)))
        frame.sample_rate, frame.pts, frame.time_base = _RATE, start, Fraction(1, _RATE)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def _samples(count: int) -> Iterator[tuple[int, "array.array[int]"]]:
    step = 2 * math.pi * _TONE / _RATE
    for start in range(0, count, _CHUNK):
        numbers = range(start, min(start + _CHUNK, count))
        yield start, array.array("h", (int(32767 * _LOUDNESS * math.sin(step * n)) for n in numbers))
