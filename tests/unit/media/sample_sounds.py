"""Clips with sound, made on the spot, and what is heard in a clip."""

import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.audio.fifo import AudioFifo
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from tests.unit.media.sample_clips import RATE, SIZE, gradient_frames, noise_frames

LEVEL = 0.5
LOUDNESS = LEVEL / math.sqrt(2)  # of a sine


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a clip's sound is; `loudness`: the root mean square of each of its four quarters."""

    codec: str
    profile: str | None
    rate: int
    layout: str
    begin: float
    end: float
    loudness: list[float]


def write_sounding_clip(
    path: Path,
    codec: str = "aac",
    *,
    rate: int = 48_000,
    layout: str = "stereo",
    frames: int = 17,
    seconds: float | None = None,
    level: float = LEVEL,
    delay: float = 0.0,
    video: str = "libx264",
    noise: bool = False,
) -> Path:
    """Write a clip with a tone of 440 Hz, as long as its frames unless `seconds` says otherwise.

    `noise`: frames that make it large.
    """
    options = {"movflags": "+faststart"} if path.suffix == ".mp4" else {}
    with av.open(str(path), "w", options=options) as out:
        stream = out.add_stream(video, rate=RATE)
        stream.width, stream.height = SIZE
        sound = out.add_stream(codec, rate=rate, layout=layout)
        sound.codec_context.open(strict=False)
        samples = round((frames / RATE if seconds is None else seconds) * rate)
        resampler = AudioResampler(sound.format.name, layout, rate)
        for frame in in_frames(resampler, tone(samples, rate, layout, level), sound.codec_context.frame_size):
            frame.pts += round(delay * rate)
            out.mux(sound.encode(frame))
        out.mux(sound.encode(None))
        for number, image in enumerate((noise_frames if noise else gradient_frames)(frames)):
            shown = av.VideoFrame.from_image(image)
            shown.pts, shown.time_base = number, Fraction(1, RATE)
            out.mux(stream.encode(shown))
        out.mux(stream.encode(None))
    return path


def tone(samples: int, rate: int, layout: str, level: float) -> AudioFrame:
    frame = AudioFrame(format="fltp", layout=layout, samples=samples)
    wave = array("f", (level * math.sin(2 * math.pi * 440 * at / rate) for at in range(samples))).tobytes()
    for plane in frame.planes:
        plane.update(wave.ljust(plane.buffer_size, b"\0"))
    frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
    return frame


def in_frames(resampler: AudioResampler, whole: AudioFrame, size: int) -> Iterator[AudioFrame]:
    fifo = AudioFifo()
    for frame in resampler.resample(whole):
        fifo.write(frame)
    while frame := fifo.read(size or 1024, partial=True):
        yield frame


def listen(path: Path) -> Heard | None:
    """What is heard in a clip; None where it has no sound."""
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return None
        stream = container.streams.audio[0]
        context, samples = stream.codec_context, array("f")
        resampler = AudioResampler("fltp", context.layout.name, context.rate)
        times = list[tuple[float, float]]()
        for frame in container.decode(stream):
            times.append((frame.time, frame.time + frame.samples / frame.sample_rate))
            for made in resampler.resample(frame):
                samples.frombytes(bytes(made.planes[0])[: made.samples * 4])
        return Heard(
            codec=context.name,
            profile=stream.profile,
            rate=context.rate,
            layout=context.layout.name,
            begin=times[0][0],
            end=times[-1][1],
            loudness=[loudness(quarter) for quarter in quarters(samples)],
        )


def quarters(samples: Sequence[float]) -> Iterator[Sequence[float]]:
    size = len(samples) // 4
    return (samples[number * size : (number + 1) * size] for number in range(4))


def loudness(samples: Sequence[float]) -> float:
    return math.sqrt(sum(each * each for each in samples) / len(samples))
