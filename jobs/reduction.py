"""Make a job smaller that its server had no memory for. Pure."""

import math
from dataclasses import replace

from storage import Params

MIN_SIDE = 256  # pixels: models make nothing usable of less
REDUCED_SIDE = 0.75  # of each side, so that a little more than half of the pixels are left


def reduced(params: Params) -> Params | None:
    """Parameters that take less memory: fewer frames, at one second a smaller size; None below that.

    The number of steps stays: it changes the time, not the memory. A clip to be joined to another keeps its
    size, as both must have the same.
    """
    return _shortened(params) or _shrunk(params)


def _shortened(params: Params) -> Params | None:
    seconds, step = params.seconds, params.frame_step
    if seconds is None or seconds <= 1 or not step or not params.fps or not params.frames:
        return None
    wanted = (math.ceil(seconds) // 2 or 1) * params.fps + 1
    frames = params.frames - step * math.ceil((params.frames - wanted) / step)
    return replace(params, frames=frames) if 1 < frames < params.frames else None


def _shrunk(params: Params) -> Params | None:
    if params.size is None or not params.size_step or params.after:
        return None
    width, height = (round(side * REDUCED_SIDE / params.size_step) * params.size_step for side in params.size)
    return None if min(width, height) < MIN_SIDE else replace(params, width=width, height=height)
