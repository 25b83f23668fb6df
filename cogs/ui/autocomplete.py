"""Autocomplete choices: the jobs, prompts, seeds and names that match the text typed so far. Pure."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import TypeVar

from discord import app_commands

from cogs.ui.cards import describe_state, truncate
from storage import Job

T = TypeVar("T")
MAX_CHOICES = 25  # Discord's limit
MAX_CHARACTERS = 100  # characters of a choice's name or value, Discord's limit


def suggest_jobs(locale: str, jobs: Iterable[Job], typed: str) -> list[app_commands.Choice[str]]:
    """The jobs whose short id, state or prompt contain the typed text; the value is the whole id."""
    named = {job.id: f"{job.short} · {describe_state(locale, job)} · {job.params.prompt}" for job in jobs}
    return [app_commands.Choice(name=name, value=job_id) for job_id, name in _matching(named, typed).items()]


def suggest_prompts(jobs: Iterable[Job], typed: str) -> list[app_commands.Choice[str]]:
    """The different prompts of these jobs; the value of one too long is `#SHORT` (`JobService.recall`)."""
    newest: dict[str, Job] = {}
    for job in jobs:
        newest.setdefault(job.params.prompt, job)
    named = {
        prompt if len(prompt) <= MAX_CHARACTERS else f"#{job.short}": prompt for prompt, job in newest.items()
    }
    return [app_commands.Choice(name=name, value=value) for value, name in _matching(named, typed).items()]


def suggest_seeds(jobs: Iterable[Job], typed: str) -> list[app_commands.Choice[int]]:
    """The different seeds of these jobs, each with the prompt of its newest job."""
    named: dict[int, str] = {}
    for job in jobs:
        named.setdefault(job.params.seed, f"{job.params.seed} · {job.params.prompt}")
    return [app_commands.Choice(name=name, value=seed) for seed, name in _matching(named, typed).items()]


def suggest_names(names: Iterable[str], typed: str) -> list[app_commands.Choice[str]]:
    """The names that contain the typed text; the value is the name."""
    found = _matching({name: name for name in names}, typed)
    return [app_commands.Choice(name=name, value=name) for name in found]


def suggest_pairs(pairs: Iterable[str], typed: str) -> list[app_commands.Choice[str]]:
    """The `name=option` pairs that contain the text after the last comma; the text before it is kept."""
    before, comma, last = typed.rpartition(",")
    found = (f"{before}{comma}{each.value}"[:MAX_CHARACTERS] for each in suggest_names(pairs, last))
    return [app_commands.Choice(name=each, value=each) for each in found]


def _matching(named: Mapping[T, str], typed: str) -> Mapping[T, str]:
    """The first MAX_CHOICES whose name contains the typed text, ignoring case; long names are cut."""
    wanted = typed.strip().casefold()
    found = ((value, name) for value, name in named.items() if wanted in name.casefold())
    return {value: truncate(name, MAX_CHARACTERS) for value, name in islice(found, MAX_CHOICES)}
