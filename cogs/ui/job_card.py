"""The card of /show: everything about one job. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from discord import ui

from cogs.i18n.catalogue import translate
from cogs.ui.cards import COLOURS, PLAIN, build_card, escape, first_words, result_link, say_link, say_outcome
from cogs.ui.components import PersistentButton
from cogs.ui.texts import quote
from storage import Job

PROMPT_ROOM = 1200  # characters
NEGATIVE_ROOM = 500  # characters
CHOICES_ROOM = 100  # characters
MAX_CHILDREN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """A job and its family. `server`: which one of the settings' it ran on, from 1."""

    job: Job
    server: int | None = None
    parent: Job | None = None
    root: Job | None = None
    after: Job | None = None
    children: Sequence[Job] = ()


def render_details(locale: str, details: Details) -> ui.LayoutView:
    """The card; where its texts are cut, `text_name` must be attached with the whole of them."""
    job = details.job
    graph = PersistentButton("graph", job.id, label=translate(locale, "details_graph"), emoji="🧩")
    items: list[ui.Item[Any]] = [
        ui.TextDisplay(_render_head(locale, job)),
        ui.TextDisplay(_render_texts(locale, job)),
        *([ui.File[Any](f"attachment://{text_name(job)}")] if is_cut(job) else []),
        ui.Separator(),
        ui.TextDisplay(_render_settings(locale, details)),
        ui.Separator(),
        ui.TextDisplay(_render_story(locale, details)),
        ui.ActionRow[Any](graph),
    ]
    return build_card(COLOURS.get(job.state, PLAIN), *items)


def is_cut(job: Job) -> bool:
    """Whether prompt or negative prompt are longer than what the card shows."""
    texts = (job.params.prompt, PROMPT_ROOM), (job.params.negative_prompt, NEGATIVE_ROOM)
    return any(quote(text, room) != quote(text, 10 * len(text) + 10) for text, room in texts)


def text_name(job: Job) -> str:
    """The attachment that holds both texts whole."""
    return f"animate-{job.short}.txt"


def render_text(locale: str, job: Job) -> str:
    """What stands in it."""
    negative = f"{translate(locale, 'details_negative')}:\n{job.params.negative_prompt}"
    return f"{job.params.prompt}\n\n{negative}\n"


def _render_head(locale: str, job: Job) -> str:
    return "\n".join(filter(None, [f"## `{job.short}`", say_outcome(locale, job), say_link(locale, job)]))


def _render_texts(locale: str, job: Job) -> str:
    prompt = quote(job.params.prompt, PROMPT_ROOM)
    if not job.params.negative_prompt.strip():
        return prompt
    negative = quote(job.params.negative_prompt, NEGATIVE_ROOM)
    return f"{prompt}\n**{translate(locale, 'details_negative')}**\n{negative}"


def _render_settings(locale: str, details: Details) -> str:
    job, params = details.job, details.job.params
    chosen = ", ".join(f"{name}={option}" for name, option in params.choices.items())
    rows: list[dict[str, object]] = [
        {"seed": f"`{params.seed}`", "steps": params.steps, "cfg": f"{params.cfg:g}"},
        {"shift": f"{params.shift:g}", "denoise": f"{params.denoise:g}"},
        {"size": f"{params.width}×{params.height}", "frames": params.frames, "fps": params.fps},
        {"seconds": f"{params.seconds:g}", "preset": params.preset, "workflow": f"`{params.workflow}`"},
        {"choices": escape(first_words(chosen, CHOICES_ROOM))},
        {"server": details.server, "gpu": None if job.seconds is None else f"{job.seconds:.1f}"},
    ]
    return "\n".join(filter(None, [_render_facts(locale, row) for row in rows]))


def _render_facts(locale: str, facts: dict[str, object]) -> str:
    return " · ".join(
        f"**{translate(locale, f'details_{name}')}** {value}" for name, value in facts.items() if value
    )


def _render_story(locale: str, details: Details) -> str:
    """When it happened, and what it comes from and led to."""
    job = details.job
    times = {"asked": job.created_at, "started": job.started_at, "finished": job.finished_at}
    told = _render_facts(locale, {name: time and f"<t:{round(time)}:f>" for name, time in times.items()})
    return "\n".join(filter(None, [told, _render_family(locale, details)]))


def _render_family(locale: str, details: Details) -> str:
    near = {"parent": details.parent, "root": details.root, "after": details.after}
    facts: dict[str, object] = {name: each and _name(each) for name, each in near.items()}
    children = ", ".join(_name(each) for each in details.children[:MAX_CHILDREN])
    return _render_facts(locale, {**facts, "children": children})


def _name(job: Job) -> str:
    """The short id, as a link where there is something to see."""
    link = result_link(job)
    return f"[{job.short}]({link})" if link else f"`{job.short}`"
