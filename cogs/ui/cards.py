"""What cards are made of: a job's state, place, reason and first words in a person's language. All pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import discord
from discord import ui

from cogs.i18n.catalogue import translate
from cogs.ui.texts import link_to, render_failed
from storage import FINISHED, Job, State
from storage.queries import MAX_COUNTED_AHEAD

COLOURS: Mapping[State, discord.Colour] = {
    State.DONE: discord.Colour.green(),
    State.FAILED: discord.Colour.red(),
    State.CANCELLED: discord.Colour.light_grey(),
}
PLAIN = discord.Colour.blurple()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A job in the line: how many are served before it, and when its clip is expected, in Unix seconds."""

    job: Job
    ahead: int = 0
    ready: float | None = None


def build_card(colour: discord.Colour, *items: ui.Item[Any]) -> ui.LayoutView:
    """One card that works for ever, with a coloured edge."""
    return ui.LayoutView(timeout=None).add_item(ui.Container(*items, accent_colour=colour))


def first_words(text: str, room: int) -> str:
    """The beginning of a text as one line of at most `room` characters, not escaped."""
    words = " ".join(text.split())
    return words if len(words) <= room else words[: room - 1].rstrip() + "…"


def escape(text: str) -> str:
    """A person's own words with their markdown shown and nobody pinged; at most twice as long."""
    return discord.utils.escape_mentions(discord.utils.escape_markdown(text))


def say_state(locale: str, job: Job) -> str:
    """The state in a few words, with a sign that tells it without them."""
    stopping = job.cancel_requested and job.state not in FINISHED
    return translate(locale, "state_stopping" if stopping else f"state_{job.state.value}")


def say_standing(locale: str, entry: Entry) -> list[str]:
    """The state, then the place in line and the expected time, where there are such."""
    said = [say_state(locale, entry.job)]
    if entry.job.state is State.QUEUED:
        place = f"{MAX_COUNTED_AHEAD}+" if entry.ahead >= MAX_COUNTED_AHEAD else str(entry.ahead + 1)
        said.append(translate(locale, "place_in_line", place=place))
    if entry.ready:
        said.append(translate(locale, "ready_at", at=round(entry.ready)))
    return said


def say_outcome(locale: str, job: Job) -> str:
    """The state, and why there is no clip where that is known."""
    if job.state is State.FAILED and job.reason:
        return render_failed(replace(job, locale=locale), job.reason)
    if job.state is State.CANCELLED and job.reason:
        reason = translate(locale, f"reason_{job.reason.code}", short=job.short, **job.reason.values)
        return translate(locale, "state_because", state=say_state(locale, job), reason=reason)
    return say_state(locale, job)


def result_link(job: Job) -> str | None:
    """Where the clip can be seen by all who see the channel; not the one in a direct message."""
    if job.result_message is None or job.result_channel not in (None, job.channel_id):
        return None
    return link_to(job)


def say_link(locale: str, job: Job) -> str | None:
    """The link to the clip in words, where there is one."""
    link = result_link(job)
    return f"[{translate(locale, 'open_clip')}]({link})" if link else None
