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

MAX_MINE = 15  # lines; the menu holds MAX_CHOICES
MAX_OF_GUILD = 10  # lines
MAX_CHOICES = 25  # what a menu of Discord holds
WORDS = 40  # characters of a prompt in a line
LABEL = 100  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueView:
    """What /queue shows: jobs in the order of their turns, and how many the guild has in all."""

    mine: Sequence[Entry]
    guild: Sequence[Entry]
    guild_jobs: int
    load: Load
    servers: int


def render_queue(locale: str, view: QueueView) -> ui.LayoutView:
    """The card, with a menu to cancel one's own where there are any."""
    items: list[ui.Item[Any]] = [
        ui.TextDisplay(f"## {translate(locale, 'queue_title')}\n{_say_load(locale, view)}"),
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
    return build_card(PLAIN, *items)


def _say_load(locale: str, view: QueueView) -> str:
    if not view.servers:
        return translate(locale, "queue_unreachable")
    load = view.load
    return translate(locale, "queue_load", running=load.running, waiting=load.queued, servers=view.servers)


def _render_mine(locale: str, mine: Sequence[Entry]) -> str:
    lines = [
        "- " + " · ".join([*say_standing(locale, each), f"`{each.job.short}`", _words(each.job)])
        for each in mine[:MAX_MINE]
    ]
    rest = _say_rest(locale, len(mine) - len(lines))
    return "\n".join(
        [f"### {translate(locale, 'queue_mine')}", *(lines or [translate(locale, "queue_nothing")]), *rest]
    )


def _render_guild(locale: str, view: QueueView) -> str:
    """Whose jobs, and where they stand: what others asked for is theirs."""
    shown = view.guild[:MAX_OF_GUILD]
    lines = [" · ".join([f"- <@{each.job.user_id}>", *say_standing(locale, each)]) for each in shown]
    rest = _say_rest(locale, view.guild_jobs - len(lines))
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
