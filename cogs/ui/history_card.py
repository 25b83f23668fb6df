"""The card of /history: a page of somebody's jobs with the first frames of their clips. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import discord
from discord import ui

import comfy
from cogs.i18n.catalogue import translate
from cogs.ui.cards import DEFAULT_COLOUR, build_card, describe_link, describe_outcome, name_job, truncate
from cogs.ui.components import PersistentButton, PersistentSelect
from cogs.ui.escape import escape
from cogs.ui.texts import render_loras
from storage import Job

MAX_PROMPT_LENGTH = 150  # characters shown of each
MAX_ALT_LENGTH = 200  # characters of the prompt in a picture's alternative text


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some jobs of one person, newest first; `newer` and `older`: whether there are more before and after."""

    jobs: Sequence[Job]
    newer: bool
    older: bool


def render_page(locale: str, page: Page, posters: Collection[str]) -> ui.LayoutView:
    """The card; `posters`: ids of the jobs whose first frame is attached as `poster_name`."""
    items: list[ui.Item[Any]] = [ui.TextDisplay(f"## {translate(locale, 'history_title')}")]
    for job in page.jobs:
        items += [ui.Separator(), _render_job(locale, job, with_poster=job.id in posters)]
    if not page.jobs:
        return build_card(DEFAULT_COLOUR, *items, ui.TextDisplay(translate(locale, "history_empty")))
    items.append(ui.ActionRow[Any](_build_menu(locale, page.jobs)))
    buttons = _build_page_buttons(locale, page)
    return build_card(DEFAULT_COLOUR, *items, *([ui.ActionRow[Any](*buttons)] if buttons else []))


def poster_name(job: Job) -> str:
    """The name of the attachment with the clip's first frame."""
    return f"animate-{job.short}.jpg"


def _render_job(locale: str, job: Job, *, with_poster: bool) -> ui.Item[Any]:
    params = job.params
    facts = [f"`{job.short}`"]
    if params.seed is not None:
        facts.append(f"{translate(locale, 'details_seed')} `{params.seed}`")
    if params.preset != comfy.DEFAULT_PRESET:
        facts.append(params.preset)
    if params.loras:
        facts.append(f"LoRA {render_loras(params)}")
    facts += [f"<t:{round(job.created_at)}:d>", *filter(None, [describe_link(locale, job)])]
    prompt = f"> {escape(truncate(params.prompt, MAX_PROMPT_LENGTH))}" if params.prompt else ""
    lines = filter(None, [describe_outcome(locale, job), prompt, " · ".join(facts)])
    text = ui.TextDisplay[Any]("\n".join(lines))
    if not with_poster:
        return text
    alt = translate(locale, "history_poster", prompt=truncate(params.prompt, MAX_ALT_LENGTH))
    thumbnail = ui.Thumbnail[Any](f"attachment://{poster_name(job)}", description=alt, spoiler=params.spoiler)
    return ui.Section(text, accessory=thumbnail)


def _build_menu(locale: str, jobs: Sequence[Job]) -> PersistentSelect:
    options = [discord.SelectOption(label=truncate(name_job(job), 100), value=job.id) for job in jobs]
    return PersistentSelect("details", "", placeholder=translate(locale, "history_details"), options=options)


def _build_page_buttons(locale: str, page: Page) -> list[PersistentButton]:
    buttons: list[PersistentButton] = []
    if page.newer:
        label = f"‹ {translate(locale, 'history_newer')}"
        buttons.append(PersistentButton("newer", str(page.jobs[0].seq), label=label))
    if page.older:
        label = f"{translate(locale, 'history_older')} ›"
        buttons.append(PersistentButton("older", str(page.jobs[-1].seq), label=label))
    return buttons
