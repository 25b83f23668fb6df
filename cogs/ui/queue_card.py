"""The card of /queue: a person's unfinished jobs, and those of their guild that they may know of. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import discord
from discord import ui

from cogs.i18n.catalogue import translate
from cogs.ui.cards import DEFAULT_COLOUR, JobEntry, build_card, describe_position, name_job, truncate
from cogs.ui.components import PersistentButton, PersistentSelect
from cogs.ui.escape import escape
from cogs.ui.texts import render_absence, render_notice, render_pause
from storage import Job, Load, Notice, Pause

MAX_MINE = 15  # lines; the select has MAX_CHOICES
MAX_OF_GUILD = 10  # lines
MAX_CHOICES = 25  # options of a select, Discord's limit
MAX_PROMPT_LENGTH = 40  # characters of a prompt in a line
MAX_LABEL_LENGTH = 100  # characters of an option's label, Discord's limit


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueView:
    """What /queue shows: unfinished jobs in the order in which they are served.

    `guild`: the first of those in channels that the person sees; `guild_jobs`: how many these are in all;
    `servers`: how many are reachable; `token_refused`: whether one refuses the bot's token;
    `away_since`: since when none is, in Unix seconds; `pause`, `notice`: those that hold now.
    """

    mine: Sequence[JobEntry]
    guild: Sequence[JobEntry]
    guild_jobs: int
    load: Load
    servers: int
    token_refused: bool = False
    pause: Pause | None = None
    notice: Notice | None = None
    away_since: float | None = None


def render_queue(locale: str, view: QueueView) -> ui.LayoutView:
    """The card, with a select to cancel one's own jobs where there are any."""
    items: list[ui.Item[Any]] = [
        ui.TextDisplay("\n".join([f"## {translate(locale, 'queue_title')}", *_render_head(locale, view)])),
        ui.Separator(),
        ui.TextDisplay(_render_mine(locale, view.mine)),
        ui.Separator(),
        ui.TextDisplay(_render_guild(locale, view)),
    ]
    if view.mine:
        items.append(ui.ActionRow[Any](_build_menu(locale, [each.job for each in view.mine[:MAX_CHOICES]])))
    items.append(
        ui.ActionRow[Any](PersistentButton("queue", "", label=translate(locale, "queue_refresh"), emoji="🔄"))
    )
    return build_card(DEFAULT_COLOUR, *items)


def _render_head(locale: str, view: QueueView) -> Iterator[str]:
    if view.pause:
        yield f"⏸️ {render_pause(locale, view.pause)}"
    yield _render_load(locale, view)
    if view.notice:
        yield render_notice(locale, view.notice)


def _render_load(locale: str, view: QueueView) -> str:
    if not view.servers:
        if view.token_refused:
            return translate(locale, "queue_token_refused")
        return translate(locale, "queue_unreachable") + render_absence(locale, view.away_since)
    load = view.load
    return translate(locale, "queue_load", running=load.running, waiting=load.queued, servers=view.servers)


def _render_mine(locale: str, mine: Sequence[JobEntry]) -> str:
    lines = ["- " + " · ".join(filter(None, _describe_mine(locale, each))) for each in mine[:MAX_MINE]]
    rest = _render_remaining(locale, len(mine) - len(lines))
    return "\n".join(
        [f"### {translate(locale, 'queue_mine')}", *(lines or [translate(locale, "queue_nothing")]), *rest]
    )


def _describe_mine(locale: str, entry: JobEntry) -> list[str]:
    return [*describe_position(locale, entry), f"`{entry.job.short}`", _render_prompt(entry.job)]


def _render_guild(locale: str, view: QueueView) -> str:
    """Owners and positions only: other people's prompts are private."""
    shown = view.guild[:MAX_OF_GUILD]
    lines = [" · ".join([f"- <@{each.job.user_id}>", *describe_position(locale, each)]) for each in shown]
    rest = _render_remaining(locale, view.guild_jobs - len(lines))
    return "\n".join(
        [f"### {translate(locale, 'queue_guild')}", *(lines or [translate(locale, "queue_empty")]), *rest]
    )


def _render_remaining(locale: str, number: int) -> list[str]:
    return [translate(locale, "queue_more", number=number)] if number > 0 else []


def _render_prompt(job: Job) -> str:
    return escape(truncate(job.params.prompt, MAX_PROMPT_LENGTH))


def _build_menu(locale: str, jobs: Sequence[Job]) -> PersistentSelect:
    options = [
        discord.SelectOption(label=truncate(name_job(job), MAX_LABEL_LENGTH), value=job.id) for job in jobs
    ]
    menu = PersistentSelect("cancel", "", placeholder=translate(locale, "queue_cancel"), options=options)
    menu.max_values = len(options)
    return menu
