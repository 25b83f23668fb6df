"""The card of /show: everything about one job. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from discord import ui

from cogs.i18n.catalogue import translate
from cogs.ui.cards import (
    COLOURS,
    DEFAULT_COLOUR,
    build_card,
    describe_link,
    describe_outcome,
    result_link,
    truncate,
)
from cogs.ui.components import PersistentButton
from cogs.ui.escape import escape, quote
from cogs.ui.texts import render_loras
from comfy import DEFAULT_PRESET, Workflow
from jobs.offers import preset_title, title_of
from storage import Job, Params

MAX_PROMPT_LENGTH = 1200  # characters
MAX_NEGATIVE_LENGTH = 500  # characters
MAX_CHOICES_LENGTH = 100  # characters
MAX_TITLE_LENGTH = 100  # characters
MAX_CHILDREN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDetails:
    """A job and the jobs related to it.

    `workflow`: its own, None where it is gone; `server`: the number of its server in the settings, from 1.
    """

    job: Job
    workflow: Workflow | None = None
    server: int | None = None
    parent: Job | None = None
    root: Job | None = None
    after: Job | None = None
    children: Sequence[Job] = ()


def render_details(locale: str, details: JobDetails) -> ui.LayoutView:
    """The card of one job; where `is_cut`, attach `render_text` as a file named `text_name`."""
    job = details.job
    graph = PersistentButton("graph", job.id, label=translate(locale, "details_graph"), emoji="🧩")
    texts = _render_texts(locale, job)
    items: list[ui.Item[Any]] = [
        ui.TextDisplay(_render_head(locale, job)),
        *([ui.TextDisplay[Any](texts)] if texts else []),
        *([ui.File[Any](f"attachment://{text_name(job)}")] if is_cut(job) else []),
        ui.Separator(),
        ui.TextDisplay(_render_settings(locale, details)),
        ui.Separator(),
        ui.TextDisplay(_render_times_and_relations(locale, details)),
        ui.ActionRow[Any](graph),
    ]
    return build_card(COLOURS.get(job.state, DEFAULT_COLOUR), *items)


def is_cut(job: Job) -> bool:
    """Whether prompt or negative prompt are longer than what the card shows."""
    negative = job.params.negative_prompt or ""
    texts = (job.params.prompt, MAX_PROMPT_LENGTH), (negative, MAX_NEGATIVE_LENGTH)
    return any(len(quote(text)) > length for text, length in texts)


def text_name(job: Job) -> str:
    """The name of the attachment with the whole prompt and negative prompt."""
    return f"animate-{job.short}.txt"


def render_text(locale: str, job: Job) -> str:
    """The content of the attachment: prompt and negative prompt, not cut."""
    if job.params.negative_prompt is None:
        return f"{job.params.prompt}\n"
    negative = f"{translate(locale, 'details_negative')}:\n{job.params.negative_prompt}"
    return "\n\n".join(filter(None, [job.params.prompt, negative])) + "\n"


def _render_head(locale: str, job: Job) -> str:
    return "\n".join(
        filter(None, [f"## `{job.short}`", describe_outcome(locale, job), describe_link(locale, job)])
    )


def _render_texts(locale: str, job: Job) -> str:
    prompt = quote(job.params.prompt, MAX_PROMPT_LENGTH)
    negative = (job.params.negative_prompt or "").strip()
    if not negative:
        return prompt
    negative = quote(negative, MAX_NEGATIVE_LENGTH)
    return "\n".join(filter(None, [prompt, f"**{translate(locale, 'details_negative')}**", negative]))


def _render_settings(locale: str, details: JobDetails) -> str:
    job, params, workflow = details.job, details.job.params, details.workflow
    chosen = ", ".join(f"{name}={option}" for name, option in params.choices.items())
    rows: list[dict[str, object]] = [
        {"model": _model(locale, workflow), "preset": _preset(locale, params, workflow)},
        {
            "seed": None if params.seed is None else f"`{params.seed}`",
            "steps": params.steps,
            "cfg": _number(params.cfg),
        },
        {"shift": _number(params.shift), "denoise": _number(params.denoise)},
        {"size": _size(params), "frames": params.frames, "fps": _number(params.fps)},
        {
            "seconds": _number(params.seconds),
            "sound": _sound(locale, workflow),
            "workflow": f"`{params.workflow}`",
        },
        {"end": _ending(locale, job), "choices": escape(truncate(chosen, MAX_CHOICES_LENGTH))},
        {"loras": render_loras(params)},
        {"server": details.server, "gpu": None if job.seconds is None else f"{job.seconds:.1f}"},
    ]
    return "\n".join(filter(None, [_render_facts(locale, row) for row in rows]))


def _model(locale: str, workflow: Workflow | None) -> str | None:
    return None if workflow is None else escape(title_of(workflow, locale), MAX_TITLE_LENGTH)


def _preset(locale: str, params: Params, workflow: Workflow | None) -> str | None:
    if params.preset == DEFAULT_PRESET:
        return None
    return escape(preset_title(workflow, params.preset, locale), MAX_TITLE_LENGTH)


def _sound(locale: str, workflow: Workflow | None) -> str | None:
    return (
        None if workflow is None else translate(locale, "sound_yes" if workflow.rules.sound else "sound_no")
    )


def _number(value: float | None) -> str | None:
    return None if value is None else f"{round(value, 2):g}"


def _ending(locale: str, job: Job) -> str | None:
    """What the clip ends on, if on a picture."""
    if job.last_picture is None:
        return None
    return translate(locale, "details_end_loop" if job.last_picture == job.picture else "details_end_picture")


def _size(params: Params) -> str | None:
    return None if params.size is None else f"{params.width}×{params.height}"


def _render_facts(locale: str, facts: dict[str, object]) -> str:
    return " · ".join(
        f"**{translate(locale, f'details_{name}')}** {value}" for name, value in facts.items() if value
    )


def _render_times_and_relations(locale: str, details: JobDetails) -> str:
    """When the job was created, started and finished, and its related jobs."""
    job = details.job
    times = {"asked": job.created_at, "started": job.started_at, "finished": job.finished_at}
    facts = _render_facts(locale, {name: time and f"<t:{round(time)}:f>" for name, time in times.items()})
    return "\n".join(filter(None, [facts, _render_relations(locale, details)]))


def _render_relations(locale: str, details: JobDetails) -> str:
    origins = {"parent": details.parent, "root": details.root, "after": details.after}
    facts: dict[str, object] = {name: each and _render_id(each) for name, each in origins.items()}
    children = ", ".join(_render_id(each) for each in details.children[:MAX_CHILDREN])
    return _render_facts(locale, {**facts, "children": children})


def _render_id(job: Job) -> str:
    """The job's short id, as a link where it has a result message."""
    link = result_link(job)
    return f"[{job.short}]({link})" if link else f"`{job.short}`"
