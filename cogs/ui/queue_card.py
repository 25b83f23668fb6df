"""The card of /queue: a person's jobs, and the line of their guild. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import discord
from discord import ui

from cogs.i18n.catalogue import translate
from cogs.ui.cards import PLAIN, Entry, build_card, escape, first_words, say_standing
from cogs.ui.components import PersistentButton, PersistentSelect
from storage import Job, Load

MOST_MINE = 15  # lines; the menu holds MOST_CHOICES
MOST_OF_GUILD = 10  # lines
MOST_CHOICES = 25  # what a menu of Discord holds
WORDS = 40  # characters of a prompt in a line
LABEL = 100  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What /queue shows: jobs in the order of their turns, and how many the guild has in all."""

    mine: Sequence[Entry]
    guild: Sequence[Entry]
    guild_jobs: int
    load: Load
    servers: int


def render_line(locale: str, line: Line) -> ui.LayoutView:
    """The card, with a menu to cancel one's own where there are any."""
    items: list[ui.Item[Any]] = [
        ui.TextDisplay(f"## {translate(locale, 'queue_title')}\n{_say_load(locale, line)}"),
        ui.Separator(),
        ui.TextDisplay(_render_mine(locale, line.mine)),
        ui.Separator(),
        ui.TextDisplay(_render_guild(locale, line)),
    ]
    if line.mine:
        items.append(ui.ActionRow[Any](_build_menu(locale, [each.job for each in line.mine[:MOST_CHOICES]])))
    items.append(
        ui.ActionRow[Any](PersistentButton("queue", "", label=translate(locale, "queue_refresh"), emoji="🔄"))
    )
    return build_card(PLAIN, *items)


def _say_load(locale: str, line: Line) -> str:
    if not line.servers:
        return translate(locale, "queue_unreachable")
    load = line.load
    return translate(locale, "queue_load", running=load.running, waiting=load.queued, servers=line.servers)


def _render_mine(locale: str, mine: Sequence[Entry]) -> str:
    lines = [
        "- " + " · ".join([*say_standing(locale, each), f"`{each.job.short}`", _words(each.job)])
        for each in mine[:MOST_MINE]
    ]
    rest = _say_rest(locale, len(mine) - len(lines))
    return "\n".join(
        [f"### {translate(locale, 'queue_mine')}", *(lines or [translate(locale, "queue_nothing")]), *rest]
    )


def _render_guild(locale: str, line: Line) -> str:
    """Whose jobs, and where they stand: what others asked for is theirs."""
    shown = line.guild[:MOST_OF_GUILD]
    lines = [" · ".join([f"- <@{each.job.user_id}>", *say_standing(locale, each)]) for each in shown]
    rest = _say_rest(locale, line.guild_jobs - len(lines))
    return "\n".join(
        [f"### {translate(locale, 'queue_guild')}", *(lines or [translate(locale, "queue_empty")]), *rest]
    )


def _say_rest(locale: str, number: int) -> list[str]:
    return [translate(locale, "queue_more", number=number)] if number > 0 else []


def _words(job: Job) -> str:
    return escape(first_words(job.params.prompt, WORDS))


def _build_menu(locale: str, jobs: Sequence[Job]) -> PersistentSelect:
    options = [
        discord.SelectOption(label=first_words(f"{job.short} · {job.params.prompt}", LABEL), value=job.id)
        for job in jobs
    ]
    menu = PersistentSelect("cancel", "", placeholder=translate(locale, "queue_cancel"), options=options)
    menu.item.max_values = len(options)
    return menu
