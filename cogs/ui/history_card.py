"""The card of /history: a page of somebody's clips with their first pictures. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import discord
from discord import ui

from cogs.i18n.catalogue import translate
from cogs.ui.cards import PLAIN, build_card, escape, first_words, say_link, say_outcome
from cogs.ui.components import PersistentButton, PersistentSelect
from storage import Job

MOST_PROMPT = 150  # characters shown of each
MOST_ALT = 200  # characters of the prompt in what is read aloud instead of a picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some jobs of one person, newest first; `newer` and `older`: whether there are more to each side."""

    jobs: Sequence[Job]
    newer: bool
    older: bool


def render_page(locale: str, page: Page, posters: Collection[str]) -> ui.LayoutView:
    """The card; `posters` are the ids of the jobs whose first picture is attached as `poster_name`."""
    items: list[ui.Item[Any]] = [ui.TextDisplay(f"## {translate(locale, 'history_title')}")]
    for job in page.jobs:
        items += [ui.Separator(), _render_job(locale, job, with_poster=job.id in posters)]
    if not page.jobs:
        return build_card(PLAIN, *items, ui.TextDisplay(translate(locale, "history_empty")))
    items.append(ui.ActionRow[Any](_build_menu(locale, page.jobs)))
    turns = _build_turns(locale, page)
    return build_card(PLAIN, *items, *([ui.ActionRow[Any](*turns)] if turns else []))


def poster_name(job: Job) -> str:
    """The attachment that holds its first picture."""
    return f"animate-{job.short}.jpg"


def _render_job(locale: str, job: Job, *, with_poster: bool) -> ui.Item[Any]:
    params = job.params
    facts = [f"`{job.short}`", f"{translate(locale, 'details_seed')} `{params.seed}`", params.preset]
    facts += [f"<t:{round(job.created_at)}:d>", *filter(None, [say_link(locale, job)])]
    prompt = f"> {escape(first_words(params.prompt, MOST_PROMPT))}"
    text = ui.TextDisplay[Any]("\n".join([say_outcome(locale, job), prompt, " · ".join(facts)]))
    if not with_poster:
        return text
    alt = translate(locale, "history_poster", prompt=first_words(params.prompt, MOST_ALT))
    return ui.Section(text, accessory=ui.Thumbnail(f"attachment://{poster_name(job)}", description=alt))


def _build_menu(locale: str, jobs: Sequence[Job]) -> PersistentSelect:
    options = [
        discord.SelectOption(label=first_words(f"{job.short} · {job.params.prompt}", 100), value=job.id)
        for job in jobs
    ]
    return PersistentSelect("details", "", placeholder=translate(locale, "history_details"), options=options)


def _build_turns(locale: str, page: Page) -> list[PersistentButton]:
    turns: list[PersistentButton] = []
    if page.newer:
        turns.append(
            PersistentButton("newer", str(page.jobs[0].seq), label=f"‹ {translate(locale, 'history_newer')}")
        )
    if page.older:
        turns.append(
            PersistentButton("older", str(page.jobs[-1].seq), label=f"{translate(locale, 'history_older')} ›")
        )
    return turns
