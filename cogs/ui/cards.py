"""What several cards show: a job's state, position, reason, prompt and link, in a person's language. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import discord
from discord import ui

from cogs.i18n.catalogue import translate
from cogs.ui.texts import link_to, render_failed, render_reason
from storage import FINISHED, Job, State
from storage.queries import MAX_COUNTED_AHEAD

COLOURS: Mapping[State, discord.Colour] = {
    State.DONE: discord.Colour.green(),
    State.FAILED: discord.Colour.red(),
    State.CANCELLED: discord.Colour.light_grey(),
}
DEFAULT_COLOUR = discord.Colour.blurple()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEntry:
    """A job as the queue card shows it.

    `ahead`: how many jobs are served before it; `ready`: when its clip is expected, in Unix seconds.
    """

    job: Job
    ahead: int = 0
    ready: float | None = None


def build_card(colour: discord.Colour, *items: ui.Item[Any]) -> ui.LayoutView:
    """A persistent layout view with one container, whose edge has that colour."""
    return ui.LayoutView(timeout=None).add_item(ui.Container(*items, accent_colour=colour))


def truncate(text: str, max_length: int) -> str:
    """The beginning of a text as one line of at most `max_length` characters, not escaped."""
    line = " ".join(text.split())
    return line if len(line) <= max_length else line[: max_length - 1].rstrip() + "…"


def name_job(job: Job) -> str:
    """The job's short id and its prompt, if any, not escaped."""
    return " · ".join(filter(None, [job.short, job.params.prompt]))


def describe_state(locale: str, job: Job) -> str:
    """The job's state: an emoji and a few words."""
    stopping = job.cancel_requested and job.state not in FINISHED
    return translate(locale, "state_stopping" if stopping else f"state_{job.state.value}")


def describe_position(locale: str, entry: JobEntry) -> list[str]:
    """The state, then the position in the queue and the expected time, where there are such."""
    facts = [describe_state(locale, entry.job)]
    if entry.job.state is State.QUEUED:
        place = f"{MAX_COUNTED_AHEAD}+" if entry.ahead >= MAX_COUNTED_AHEAD else str(entry.ahead + 1)
        facts.append(translate(locale, "place_in_line", place=place))
    if entry.ready:
        facts.append(translate(locale, "ready_at", at=round(entry.ready)))
    return facts


def describe_outcome(locale: str, job: Job) -> str:
    """The state, and the reason of a failure or a cancellation where it is known."""
    if job.state is State.FAILED and job.reason:
        return render_failed(replace(job, locale=locale), job.reason)
    if job.state is State.CANCELLED and job.reason:
        reason = render_reason(replace(job, locale=locale), job.reason)
        return translate(locale, "state_because", state=describe_state(locale, job), reason=reason)
    return describe_state(locale, job)


def result_link(job: Job) -> str | None:
    """The address of the result message; None where there is none, or where it is in a direct message."""
    if job.result_message is None or job.result_channel not in (None, job.channel_id):
        return None
    return link_to(job)


def without_link(job: Job) -> Job:
    """The job for somebody who does not see its channel: what shows it has no link to a message."""
    return replace(job, result_message=None)


def describe_link(locale: str, job: Job) -> str | None:
    """A Markdown link to the result message, where there is one."""
    link = result_link(job)
    return f"[{translate(locale, 'open_clip')}]({link})" if link else None
