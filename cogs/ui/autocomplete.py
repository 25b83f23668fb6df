"""Autocomplete choices: the jobs, prompts, seeds and names that match the text typed so far. Pure."""

from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import TypeVar

from discord import app_commands

from cogs.i18n.catalogue import translate
from cogs.ui.cards import describe_state, truncate
from comfy import Workflow
from jobs.offers import default_preset, preset_title, split_strength, title_of
from jobs.options import fixed_seconds
from storage import Job

T = TypeVar("T", str, int, float)
STRENGTHS = (0.4, 0.6, 0.8, 1.0, 1.2)  # of a LoRA, as people use them most
MAX_CHOICES = 25  # Discord's limit
MAX_CHARACTERS = 100  # characters of a choice's name or value, Discord's limit


def suggest_jobs(locale: str, jobs: Iterable[Job], typed: str) -> list[app_commands.Choice[str]]:
    """The jobs whose short id, state or prompt contain the typed text; the value is the whole id."""
    named = {
        job.id: " · ".join(filter(None, [job.short, describe_state(locale, job), job.params.prompt]))
        for job in jobs
    }
    return [app_commands.Choice(name=name, value=job_id) for job_id, name in _matching(named, typed).items()]


def suggest_prompts(jobs: Iterable[Job], typed: str) -> list[app_commands.Choice[str]]:
    """The different prompts of these jobs; the value of one too long is `#SHORT` (`JobService.recall`)."""
    newest: dict[str, Job] = {}
    for job in jobs:
        if job.params.prompt:
            newest.setdefault(job.params.prompt, job)
    named = {
        prompt if len(prompt) <= MAX_CHARACTERS else f"#{job.short}": prompt for prompt, job in newest.items()
    }
    return [app_commands.Choice(name=name, value=value) for value, name in _matching(named, typed).items()]


def suggest_seeds(jobs: Iterable[Job], typed: str) -> list[app_commands.Choice[int]]:
    """The different seeds of these jobs, each with the prompt of its newest job."""
    named: dict[int, str] = {}
    for job in jobs:
        if job.params.seed is not None:
            named.setdefault(
                job.params.seed, " · ".join(filter(None, [str(job.params.seed), job.params.prompt]))
            )
    return [app_commands.Choice(name=name, value=seed) for seed, name in _matching(named, typed).items()]


def suggest_models(
    locale: str, models: Mapping[str, Mapping[str, Workflow]], typed: str
) -> list[app_commands.Choice[str]]:
    """The models by their titles, and whether they make sound; the value is the name."""
    named = {
        name: _title_model(locale, next(iter(presets.values())))
        for name, presets in models.items()
        if presets
    }
    return _choices(_matching(named, typed, also=lambda name: name))


def _title_model(locale: str, workflow: Workflow) -> str:
    title = title_of(workflow, locale)
    return translate(locale, "suggested_sound", model=title) if workflow.rules.sound else title


def suggest_presets(
    locale: str, presets: Mapping[str, Workflow], typed: str
) -> list[app_commands.Choice[str]]:
    """The presets by their titles, what is taken where nobody chooses marked; the value is the name."""
    usual = default_preset(presets) if len(presets) > 1 else None
    named = {name: preset_title(workflow, name, locale) for name, workflow in presets.items()}
    return _choices(_marked(locale, _matching(named, typed, also=lambda name: name), usual))


def suggest_seconds(
    locale: str, workflow: Workflow, preset: str, typed: str
) -> list[app_commands.Choice[float]]:
    """The durations that a workflow suggests, its usual one marked; of a fixed one that it is."""
    if workflow.duration is None:
        return _choices({fixed_seconds(workflow) or 1.0: _always(locale, workflow)})
    usual = workflow.default(preset, "seconds")
    offered = {float(each) for each in (*workflow.rules.seconds, usual) if isinstance(each, int | float)}
    named = {each: _seconds(locale, each) for each in sorted(offered)}
    return _choices(_marked(locale, _matching(named, typed), usual))


def _always(locale: str, workflow: Workflow) -> str:
    model, seconds = title_of(workflow, locale), fixed_seconds(workflow)
    if seconds is None:
        return translate(locale, "suggested_none", model=model, name="seconds")
    return translate(locale, "suggested_fixed", model=model, length=_seconds(locale, seconds))


def _seconds(locale: str, seconds: float) -> str:
    return translate(locale, "settings_seconds", seconds=f"{round(seconds, 1):g}")


def suggest_setting(
    locale: str, name: str, workflow: Workflow, preset: str, typed: str
) -> list[app_commands.Choice[float]]:
    """The value of `steps`, `cfg`, `shift` or `denoise` where nobody chooses, or that there is none."""
    if name not in workflow.inputs:
        none = translate(locale, "suggested_none", model=title_of(workflow, locale), name=name)
        return _choices({1: none})
    usual = workflow.default(preset, name)
    if not isinstance(usual, int | float):
        return []
    usual = int(usual) if name == "steps" else usual  # Discord takes no other for an option of integers
    return _choices(_marked(locale, _matching({usual: f"{usual:g}"}, typed), usual))


def _marked(locale: str, named: Mapping[T, str], usual: object) -> Mapping[T, str]:
    """The names, with a mark at what is taken where nobody chooses."""
    return {
        value: translate(locale, "suggested_usual", value=name) if value == usual else name
        for value, name in named.items()
    }


def suggest_loras(
    locale: str, workflow: Workflow, names: Iterable[str], typed: str
) -> list[app_commands.Choice[str]]:
    """The LoRAs whose names contain the typed text; after a whole name and a colon its strengths.

    Or that the workflow takes none.
    """
    if workflow.loras is None:
        none = translate(locale, "suggested_none", model=title_of(workflow, locale), name="lora")
        return _choices({"-": none})
    name, colon, number = typed.rpartition(":")
    whole = next((each for each in names if colon and each.casefold() == name.strip().casefold()), None)
    if whole is None:
        return suggest_names(names, typed)
    strengths = {workflow.loras.usual, *STRENGTHS, *filter(None, [split_strength(typed)[1]])}
    offered = [f"{whole}:{each:g}" for each in sorted(strengths) if each in workflow.loras.strength]
    return suggest_names(offered, f"{whole}:{number.strip().replace(',', '.')}")


def suggest_names(names: Iterable[str], typed: str) -> list[app_commands.Choice[str]]:
    """The names that contain the typed text; the value is the name."""
    found = _matching({name: name for name in names}, typed)
    return [app_commands.Choice(name=name, value=name) for name in found]


def suggest_pairs(pairs: Iterable[str], typed: str) -> list[app_commands.Choice[str]]:
    """The `name=option` pairs that contain the text after the last comma; the text before it is kept."""
    before, comma, last = typed.rpartition(",")
    found = (f"{before}{comma}{each.value}"[:MAX_CHARACTERS] for each in suggest_names(pairs, last))
    return [app_commands.Choice(name=each, value=each) for each in found]


def _choices(named: Mapping[T, str]) -> list[app_commands.Choice[T]]:
    return [
        app_commands.Choice(name=truncate(name, MAX_CHARACTERS), value=value) for value, name in named.items()
    ]


def _matching(
    named: Mapping[T, str], typed: str, *, also: Callable[[T], str] = lambda _: ""
) -> Mapping[T, str]:
    """The first MAX_CHOICES whose name contains the typed text, ignoring case; long names are cut.

    `also`: a further text in which it is looked for.
    """
    wanted = typed.strip().casefold()
    found = (
        (value, name)
        for value, name in named.items()
        if wanted in name.casefold() or wanted in also(value).casefold()
    )
    return {value: truncate(name, MAX_CHARACTERS) for value, name in islice(found, MAX_CHOICES)}
