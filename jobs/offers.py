"""What people may choose: models, their presets, and the choices and LoRAs of a workflow. All pure."""

import re
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet

import comfy
from jobs.errors import Refusal, Titles

STRENGTH = re.compile(r"[+-]?(\d{1,3}([.,]\d{0,3})?|[.,]\d{1,3})")
MAX_SHOWN = 60  # characters of a LoRA that is not known


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


def title_of(workflow: comfy.Workflow, locale: str = "en") -> str:
    """What people call the workflow: its title in their language, else in English, else its name."""
    return title_in(titles_of(workflow), locale)


def titles_of(workflow: comfy.Workflow) -> Titles:
    """What people call the workflow, by language code; in English by its name where it has no title."""
    return {"en": workflow.name, **workflow.title}


def preset_title(workflow: comfy.Workflow | None, preset: str, locale: str) -> str:
    """What people call a preset: its title in their language, else in English, else its name."""
    found = workflow.presets.get(preset) if workflow else None
    return title_in({"en": preset, **(found.title if found else {})}, locale)


def title_in(titles: Titles, locale: str) -> str:
    """The title in that language, for Discord's locale, else in English."""
    return titles.get(locale) or titles.get(locale.partition("-")[0]) or titles["en"]


def endings(workflow: comfy.Workflow) -> frozenset[bool]:
    """How clips of it can end: on a given picture (True), as they like (False), or both."""
    last = workflow.rules.last_picture
    return frozenset({False} if last is None else {True} if last.needed else {False, True})


def ending_so(workflows: Mapping[str, comfy.Workflow], *, on_picture: bool) -> Mapping[str, comfy.Workflow]:
    """Those of the workflows whose clips can end on a given picture, or as they like."""
    return {name: each for name, each in workflows.items() if on_picture in endings(each)}


def pick_loras(
    named: Sequence[str],
    strength: float | None,
    workflow: comfy.Workflow,
    offered: Collection[str] | None,
) -> Mapping[str, float]:
    """The strength of each LoRA by its name. `named`: `NAME` or `NAME:STRENGTH`; case does not matter.

    `strength`: of those that name none. `offered`: None where no server ever said which it has. Raises
    Refusal.
    """
    texts = [each.strip() for each in named if each.strip()]
    if not texts:
        if strength is not None:
            raise Refusal("lora_strength_alone")
        return {}
    rule = workflow.loras
    if rule is None:
        raise Refusal("unused", name="lora", model=titles_of(workflow))
    if len(texts) > rule.most:
        raise Refusal("lora_many", model=titles_of(workflow), number=rule.most)
    usual = rule.usual if strength is None else strength
    found: dict[str, float] = {}
    for text in texts:
        name, own = _parse(text, workflow, offered)
        if name in found:
            raise Refusal("lora_twice", lora=name)
        found[name] = usual if own is None else own
        _check_strength(found[name], rule)
    return found


def check_loras(loras: Collection[str], workflow: comfy.Workflow, offered: Collection[str]) -> None:
    """Raise a Refusal for the first LoRA that no server has for the workflow."""
    for name in loras:
        if name not in offered:
            raise _unknown(name, workflow, offered)


def split_strength(text: str) -> tuple[str, float | None]:
    """`NAME:STRENGTH` as both; the whole text where what follows the last colon is no number."""
    name, colon, number = text.rpartition(":")
    if colon and STRENGTH.fullmatch(number.strip()):
        return name.strip(), float(number.strip().replace(",", "."))
    return text.strip(), None


def _parse(text: str, workflow: comfy.Workflow, offered: Collection[str] | None) -> tuple[str, float | None]:
    if offered is None:
        raise Refusal("lora_unknown")
    name, strength = split_strength(text)
    same = [each for each in offered if each.casefold() == name.casefold()]
    if name not in same and len(same) != 1:
        raise _unknown(name, workflow, offered)
    return (name if name in same else same[0]), strength


def _unknown(name: str, workflow: comfy.Workflow, offered: Collection[str]) -> Refusal:
    if not offered:
        return Refusal("lora_none", model=titles_of(workflow))
    return Refusal("lora", lora=name[:MAX_SHOWN], model=titles_of(workflow), offered=", ".join(offered))


def _check_strength(strength: float, rule: comfy.LoraRule) -> None:
    if strength not in rule.strength:
        low, high = rule.strength.least, rule.strength.most
        raise Refusal("range", name="lora_strength", low=low, high=high)
