"""Options of a request, and the parameters of a job built from them, as its workflow allows. All pure."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import comfy
from comfy import MAX_SEED, SETTINGS
from jobs.errors import Refusal
from jobs.offers import default_preset, endings, titles_of
from storage import Params

UNKNOWN_SIZE = (1, 1)  # pixels, until the picture has been read


class Aspect(StrEnum):
    """The shape a person may ask for."""

    AUTO = "auto"
    LANDSCAPE = "landscape"
    PORTRAIT = "portrait"
    SQUARE = "square"


MAX_PROMPT = 1500
MAX_NEGATIVE = 1000
MAX_SECONDS, MAX_STEPS, MAX_CFG, MAX_SHIFT = 60.0, 200, 50.0, 100.0  # of any workflow; most have less
MAX_STRENGTH = 10.0  # of a LoRA, either way
ROUNDING = 0.05  # seconds: people see and type one decimal
RATIOS = {Aspect.LANDSCAPE: 16 / 9, Aspect.PORTRAIT: 9 / 16, Aspect.SQUARE: 1.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What somebody chose; None stands for the preset's value, or the default.

    `loras`: each as `NAME` or `NAME:STRENGTH`; `lora_strength`: that of those that say none.
    The clip ends on its first picture (`loop`), on one given beside the options (`end`), or as it likes.
    """

    prompt: str
    preset: str | None = None
    seconds: float | None = None
    aspect: Aspect = Aspect.AUTO
    seed: int | None = None
    negative: str | None = None
    steps: int | None = None
    cfg: float | None = None
    shift: float | None = None
    denoise: float | None = None
    model: str | None = None
    choices: str | None = None
    loras: tuple[str, ...] = ()
    lora_strength: float | None = None
    loop: bool = False
    end: bool = False

    def check(self) -> None:
        """Check what counts for every workflow, as Discord has done for commands. Raises Refusal."""
        if len(self.prompt) > MAX_PROMPT or len(self.negative or "") > MAX_NEGATIVE:
            raise Refusal("prompt_long", limit=MAX_PROMPT)
        if self.loop and self.end:
            raise Refusal("loop_and_end")
        _within("seed", self.seed, (0, MAX_SEED))

    @property
    def on_picture(self) -> bool:
        """Whether the clip ends on a given picture."""
        return self.loop or self.end


def check_ending(options: Options, workflow: comfy.Workflow) -> None:
    """Raise a Refusal where the workflow cannot end a clip as the options say."""
    if options.on_picture in endings(workflow):
        return
    if options.on_picture:
        raise Refusal("unused", name="loop" if options.loop else "end", model=titles_of(workflow))
    raise Refusal("last_picture_needed", model=titles_of(workflow))


def _within(name: str, value: float | None, bounds: tuple[float, float]) -> None:
    low, high = bounds
    if value is not None and not low <= value <= high:
        raise Refusal("range", name=name, low=_plain(low), high=_plain(high))


def _plain(number: float) -> float:
    """A limit as people read it."""
    return int(number) if float(number).is_integer() else round(number, 2)


def settle_params(params: Params, presets: Mapping[str, comfy.Workflow]) -> Params:
    """The parameters with what was left open taken from the default one of these presets."""
    chosen = {name: value for name, value in _named(params).items() if name not in params.left_open}
    options = Options(prompt=params.prompt, seed=params.seed, **chosen)  # pyright: ignore[reportArgumentType]
    settled = build_params(options, params.size or UNKNOWN_SIZE, presets, strict=False)
    return replace(
        settled, choices=params.choices, loras=params.loras, spoiler=params.spoiler, after=params.after
    )


def _named(params: Params) -> Mapping[str, object]:
    """The values that options can name."""
    names = ("seconds", "steps", "cfg", "shift", "denoise")
    return {"negative": params.negative_prompt, **{name: getattr(params, name) for name in names}}


def fields_left_open(options: Options) -> tuple[str, ...]:
    """What of the options another model or default preset would change."""
    names = ("model", "negative", "seconds", "steps", "cfg", "shift", "denoise")
    return ("workflow", "preset", *(name for name in names if getattr(options, name) is None))


def build_params(
    options: Options,
    size: tuple[int, int],
    presets: Mapping[str, comfy.Workflow],
    *,
    strict: bool = True,
) -> Params:
    """The parameters of a job with these options for a picture of `size` (pixels).

    Raises Refusal, where `strict` also for an option that the workflow does not have, and for an empty
    prompt where it has one.
    """
    preset = options.preset or default_preset(presets)
    if preset not in presets:
        raise Refusal("preset", preset=preset[:40], offered=", ".join(presets))
    workflow = presets[preset]
    chosen = _chosen_values(options)
    if strict:
        _refuse_unused(chosen, workflow)
        _refuse_empty(options.prompt, workflow)
    values = {name: _value(workflow, preset, chosen, name) for name in (*SETTINGS, "negative_prompt")}
    width, height = fit_size(workflow, size, options.aspect) or (None, None)
    params = Params(
        workflow=workflow.name,
        preset=preset,
        prompt=options.prompt.strip() if "prompt" in workflow.inputs else "",
        seed=_seed(options, workflow),
        negative_prompt=_text(values["negative_prompt"]),
        steps=_whole(values["steps"]),
        cfg=_number(values["cfg"]),
        shift=_number(values["shift"]),
        denoise=_number(values["denoise"]),
        width=width,
        height=height,
        frames=_frames(workflow, preset, options.seconds),
        fps=workflow.rules.fps,
        frame_step=int(workflow.rules.ranges["frames"].step) or 1 if "frames" in workflow.inputs else None,
        size_step=workflow.rules.size.multiple if _has_size(workflow) and workflow.rules.size else None,
    )
    _check_ranges(params, workflow)
    return params


def _chosen_values(options: Options) -> Mapping[str, float | str | None]:
    """What somebody chose, by the workflow's names."""
    return {
        "negative_prompt": options.negative,
        "seed": options.seed,
        "steps": options.steps,
        "cfg": options.cfg,
        "shift": options.shift,
        "denoise": options.denoise,
    }


def _refuse_unused(chosen: Mapping[str, float | str | None], workflow: comfy.Workflow) -> None:
    """Refuse what would not count."""
    for name, value in chosen.items():
        if value is not None and name not in workflow.inputs:
            raise Refusal("unused", name=name.removesuffix("_prompt"), model=titles_of(workflow))


def _refuse_empty(prompt: str, workflow: comfy.Workflow) -> None:
    if "prompt" in workflow.inputs and not prompt.strip():
        raise Refusal("prompt_empty")


def _seed(options: Options, workflow: comfy.Workflow) -> int | None:
    if "seed" not in workflow.inputs:
        return None
    return random_seed(workflow) if options.seed is None else options.seed


def _value(
    workflow: comfy.Workflow, preset: str, chosen: Mapping[str, float | str | None], name: str
) -> float | str | None:
    if name not in workflow.inputs:
        return None
    value = chosen[name]
    return workflow.default(preset, name) if value is None else value


def _number(value: float | str | None) -> float | None:
    return None if value is None else float(value)


def _whole(value: float | str | None) -> int | None:
    return None if value is None else int(value)


def _text(value: float | str | None) -> str | None:
    return None if value is None else str(value)


def _frames(workflow: comfy.Workflow, preset: str, seconds: float | None) -> int | None:
    """The number of frames of a clip of `seconds`, None for the usual. Raises Refusal."""
    if seconds is None:
        usual = workflow.default(preset, "seconds")
        return workflow.frames_for(usual) if isinstance(usual, int | float) else workflow.rules.frames
    allowed = workflow.duration
    if allowed is None:
        if abs(seconds - (fixed_seconds(workflow) or 0)) <= ROUNDING:
            return workflow.rules.frames
        raise Refusal("unused", name="seconds", model=titles_of(workflow))
    if not allowed.least - ROUNDING <= seconds <= allowed.most + ROUNDING:
        low, high = _plain(round(allowed.least, 1)), _plain(round(allowed.most, 1))
        raise Refusal("range", name="seconds", low=low, high=high)
    return workflow.frames_for(seconds)


def fixed_seconds(workflow: comfy.Workflow) -> float | None:
    """How long each clip of a workflow is where nobody can choose it; None where nothing tells."""
    frames, fps = workflow.rules.frames, workflow.rules.fps
    return (frames - 1) / fps if workflow.duration is None and frames and fps else None


def _has_size(workflow: comfy.Workflow) -> bool:
    return {"width", "height"} <= workflow.inputs.keys()


def fit_size(workflow: comfy.Workflow, size: tuple[int, int], aspect: Aspect) -> tuple[int, int] | None:
    """The clip's width and height for a picture of `size`; None where the graph follows the picture."""
    rule = workflow.rules.size
    return rule.fit(RATIOS.get(aspect, size[0] / size[1])) if rule else None


def _check_ranges(params: Params, workflow: comfy.Workflow) -> None:
    """Check the ranges of the workflow. Raises Refusal."""
    for name in (*SETTINGS, "seed", "frames"):
        bounds, value = workflow.rules.ranges.get(name), getattr(params, name)
        if bounds is not None and value is not None and name in workflow.inputs and value not in bounds:
            raise Refusal("range", name=name, low=_plain(bounds.least), high=_plain(bounds.most))


def change_params(params: Params, options: Options, workflow: comfy.Workflow | None) -> Params:
    """The same parameters with what the options name; size and preset stay. Raises Refusal."""
    if workflow is None:
        return _change_alone(params, options)
    chosen = {name: value for name, value in _chosen_values(options).items() if value is not None}
    _refuse_unused(chosen, workflow)
    _refuse_empty(options.prompt, workflow)
    changed = replace(params, prompt=options.prompt.strip() if "prompt" in workflow.inputs else "")
    if options.seconds is not None and options.seconds != _shown(params.seconds):
        changed = replace(changed, frames=_frames(workflow, params.preset, options.seconds))
    changed = replace(changed, **chosen)  # pyright: ignore[reportArgumentType]
    _check_ranges(changed, workflow)
    return changed


def _change_alone(params: Params, options: Options) -> Params:
    """The same parameters with what the options name, where the workflow is gone: as the row allows."""
    if params.prompt and not options.prompt.strip():
        raise Refusal("prompt_empty")
    return replace(
        params,
        prompt=options.prompt.strip() if params.prompt else "",
        seed=params.seed if params.seed is None or options.seed is None else options.seed,
        frames=_same_rate_frames(params, options.seconds),
    )


def _same_rate_frames(params: Params, seconds: float | None) -> int | None:
    """The frames of `seconds` where the workflow is gone: as many more or fewer as the row allows."""
    if seconds is None or not params.frames or not params.fps or not params.frame_step:
        return params.frames
    steps = round((seconds * params.fps + 1 - params.frames) / params.frame_step)
    return max(params.frames + params.frame_step * steps, 1)


def _shown(seconds: float | None) -> float | None:
    """Seconds as forms show them, which a person may have left as they were."""
    return None if seconds is None else round(seconds, 1)


def random_seed(workflow: comfy.Workflow | None) -> int:
    """One of the seeds that the workflow takes."""
    return random.SystemRandom().choice(comfy.seeds_of(workflow))


def other_seed(seed: int | None, workflow: comfy.Workflow | None) -> int:
    """A random seed that the workflow takes, and that is not this one."""
    return next(new for new in iter(lambda: random_seed(workflow), None) if new != seed)
