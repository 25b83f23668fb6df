"""What a clip was promised to be, and where the one that was made differs. Pure."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from comfy import Workflow
from media import Clip

RATE_TOLERANCE = 0.03  # GIF and WebP count in hundredths and thousandths of a second


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What people are told of a clip before it is made; None for what nothing tells. Sizes in pixels."""

    frames: int | None
    fps: float | None
    size: tuple[int, int] | None
    sound: bool

    def __str__(self) -> str:
        size = f"{self.size[0]}×{self.size[1]}" if self.size else None
        rate = f"{self.fps:g} fps" if self.fps else None
        frames = f"{self.frames} frames" if self.frames else None
        known = [each for each in (frames, rate, size) if each]
        return ", ".join([*known, "sound" if self.sound else "no sound"])


def promise_of(workflow: Workflow, values: Mapping[str, object]) -> Promise:
    """The promise of a job with these values, named as in `comfy`."""
    rules = workflow.rules
    frames, fps = values.get("frames", rules.frames), values.get("fps", rules.fps)
    width, height = values.get("width"), values.get("height")
    size = (width, height) if isinstance(width, int) and isinstance(height, int) else None
    fixed = rules.size.sizes[0] if rules.size and len(rules.size.sizes) == 1 else None
    return Promise(
        frames=frames if isinstance(frames, int) else None,
        fps=float(fps) if isinstance(fps, int | float) else None,
        size=size or fixed,
        sound=rules.sound,
    )


def broken_promises(promise: Promise, clip: Clip) -> list[str]:
    """Each difference of a clip to what was promised, as half a sentence; none where all is kept."""
    return list(_differences(promise, clip))


def _differences(promise: Promise, clip: Clip) -> Iterator[str]:
    if promise.frames is not None and clip.frames != promise.frames:
        yield f"it has {clip.frames} frames, not {promise.frames}"
    if promise.fps is not None and not math.isclose(clip.fps, promise.fps, rel_tol=RATE_TOLERANCE):
        yield f"it runs at {clip.fps:.4g} fps, not {promise.fps:.4g}"
    if promise.size is not None and (clip.width, clip.height) != promise.size:
        yield f"it is {clip.width}×{clip.height}, not {promise.size[0]}×{promise.size[1]}"
    if clip.sound is not promise.sound:
        yield "it has no sound" if promise.sound else "it has sound, which nobody is told of"
