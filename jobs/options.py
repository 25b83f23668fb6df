"""Options of a request, and the parameters of a job built from them: presets, ranges, sizes. All pure."""

import math
import random
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

import comfy
import media
from jobs.errors import Refusal
from storage import Params

FPS = 16
MAX_PROMPT = 1500
MAX_NEGATIVE = 1000
MAX_SEED = 2**32 - 1
SECONDS = (1, 5)
STEPS = (1, 50)
CFG = (1.0, 12.0)
SHIFT = (0.0, 20.0)
DENOISE = (0.1, 1.0)
MIN_SIDE = 256  # pixels: the model makes nothing usable of less
REDUCED_SIDE = 0.75  # of each side, so that a little more than half of the pixels are left
SIDE_STEP = 16  # pixels: the model wants multiples of it

NEGATIVE_PROMPT = "bad quality video, low quality, blurry, distorted, choppy animation, static, bad anatomy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What somebody chose; None stands for the preset's value, or the default."""

    prompt: str
    preset: str | None = None
    seconds: int | None = None
    aspect: media.Aspect = media.Aspect.AUTO
    seed: int | None = None
    negative: str | None = None
    steps: int | None = None
    cfg: float | None = None
    shift: float | None = None
    denoise: float | None = None
    model: str | None = None
    choices: str | None = None

    def check(self) -> None:
        """Check every option against its range, as Discord has done for commands. Raises Refusal."""
        if not self.prompt.strip():
            raise Refusal("prompt_empty")
        if len(self.prompt) > MAX_PROMPT or len(self.negative or "") > MAX_NEGATIVE:
            raise Refusal("prompt_long", limit=MAX_PROMPT)
        _within("seconds", self.seconds, SECONDS)
        _within("seed", self.seed, (0, MAX_SEED))
        _within("steps", self.steps, STEPS)
        _within("cfg", self.cfg, CFG)
        _within("shift", self.shift, SHIFT)
        _within("denoise", self.denoise, DENOISE)


def _within(name: str, value: float | None, bounds: tuple[float, float]) -> None:
    low, high = bounds
    if value is not None and not low <= value <= high:
        raise Refusal("range", name=name, low=low, high=high)


def offered_models(
    workflows: Mapping[str, comfy.Workflow], runnable: AbstractSet[str]
) -> Mapping[str, Mapping[str, comfy.Workflow]]:
    """The models of these workflows, the preferred first: each with its presets, and a workflow for each."""
    models: dict[str, dict[str, comfy.Workflow]] = {}
    for name, workflow in workflows.items():
        if name in runnable:
            presets = models.setdefault(workflow.family, {})
            presets |= {preset: workflow for preset in workflow.presets if preset not in presets}
    return models


def default_preset(presets: Mapping[str, comfy.Workflow]) -> str:
    """Turbo where it is offered (it takes a tenth of the time), else fast."""
    return next(name for name in ("turbo", "fast", *presets) if name in presets)


def pick_presets(
    models: Mapping[str, Mapping[str, comfy.Workflow]], model: str | None
) -> Mapping[str, comfy.Workflow]:
    """The presets of that model, or of the first one. Raises Refusal."""
    if not models:
        raise Refusal("no_workflow")
    if model is not None and model not in models:
        raise Refusal("model", model=model[:40], offered=", ".join(models))
    return models[model or next(iter(models))]


def settle_params(params: Params, presets: Mapping[str, comfy.Workflow]) -> Params:
    """The parameters with what was left open taken from the default one of these presets."""
    preset = default_preset(presets)
    numbers = presets[preset].presets[preset]
    open_fields = params.left_open
    return replace(
        params,
        workflow=presets[preset].name,
        preset=preset,
        steps=int(numbers["steps"]) if "steps" in open_fields else params.steps,
        cfg=float(numbers["cfg"]) if "cfg" in open_fields else params.cfg,
        shift=float(numbers["shift"]) if "shift" in open_fields else params.shift,
        left_open=(),
    )


def fields_left_open(options: Options) -> tuple[str, ...]:
    """The fields of Params that another default preset would change."""
    return (
        "workflow",
        "preset",
        *(name for name in ("steps", "cfg", "shift") if getattr(options, name) is None),
    )


def parse_choices(text: str | None, offered: Mapping[str, comfy.Choice]) -> Mapping[str, str]:
    """`name=option, name=option` as a mapping. Raises Refusal for what is not offered."""
    pairs = [part.partition("=") for part in (text or "").split(",") if part.strip()]
    chosen = {name.strip(): option.strip() for name, _, option in pairs}
    for name, option in chosen.items():
        if name not in offered or option not in offered[name].options:
            raise Refusal("choice", choice=f"{name}={option}"[:60], offered=", ".join(name_choices(offered)))
    return chosen


def name_choices(offered: Mapping[str, comfy.Choice]) -> list[str]:
    """Every `name=option` that may be chosen."""
    return [f"{name}={option}" for name, choice in offered.items() for option in choice.options]


def build_params(options: Options, size: tuple[int, int], presets: Mapping[str, comfy.Workflow]) -> Params:
    """The parameters of a job with these options for a picture of `size` (pixels). Raises Refusal."""
    preset = options.preset or default_preset(presets)
    if preset not in presets:
        raise Refusal("preset", preset=preset[:40], offered=", ".join(presets))
    workflow = presets[preset]
    numbers = workflow.presets[preset]
    width, height = media.size_for(*size, options.aspect)
    seconds = SECONDS[1] if options.seconds is None else options.seconds
    params = Params(
        workflow=workflow.name,
        preset=preset,
        prompt=options.prompt.strip(),
        negative_prompt=NEGATIVE_PROMPT if options.negative is None else options.negative,
        seed=random_seed() if options.seed is None else options.seed,
        steps=int(numbers["steps"] if options.steps is None else options.steps),
        cfg=float(numbers["cfg"] if options.cfg is None else options.cfg),
        shift=float(numbers["shift"] if options.shift is None else options.shift),
        denoise=1.0 if options.denoise is None else options.denoise,
        width=width,
        height=height,
        frames=frames_for(seconds),
        fps=FPS,
    )
    _check_ranges(params, workflow)
    return params


def _check_ranges(params: Params, workflow: comfy.Workflow) -> None:
    """Check the ranges of the workflow, which may be narrower than the command's. Raises Refusal."""
    for name in ("steps", "cfg", "shift", "denoise", "seed", "frames"):
        bounds = workflow.ranges.get(name)
        if bounds is not None and getattr(params, name) not in bounds:
            raise Refusal("range", name=name, low=bounds.least, high=bounds.most)


def change_params(params: Params, options: Options, workflow: comfy.Workflow | None) -> Params:
    """The same parameters with what the options name; size and preset stay. Raises Refusal."""
    changed = replace(
        params,
        prompt=options.prompt.strip(),
        negative_prompt=params.negative_prompt if options.negative is None else options.negative,
        frames=params.frames if options.seconds is None else frames_for(options.seconds),
        steps=options.steps or params.steps,
        seed=params.seed if options.seed is None else options.seed,
    )
    if workflow:
        _check_ranges(changed, workflow)
    return changed


def reduced(params: Params) -> Params | None:
    """Parameters that take less memory: fewer frames, at one second a smaller size; None below that.

    The number of steps stays: it changes the time, not the memory. A clip to be joined to another keeps its
    size, as both must have the same.
    """
    if params.seconds > SECONDS[0]:
        return replace(params, frames=frames_for(math.ceil(params.seconds) // 2 or SECONDS[0]))
    width, height = _reduced_side(params.width), _reduced_side(params.height)
    if params.after or min(width, height) < MIN_SIDE:
        return None
    return replace(params, width=width, height=height)


def _reduced_side(pixels: int) -> int:
    return round(pixels * REDUCED_SIDE / SIDE_STEP) * SIDE_STEP


def frames_for(seconds: int) -> int:
    """4n + 1 frames, as the model wants them: the picture itself and then `seconds` at 16 a second."""
    return seconds * FPS + 1


def random_seed() -> int:
    """0 … 2^32 − 1: Discord's integers end at 2^53, so that every rolled seed can be typed back."""
    return random.SystemRandom().randint(0, MAX_SEED)


def other_seed(seed: int) -> int:
    """A random seed that is not this one."""
    return next(new for new in iter(random_seed, None) if new != seed)
