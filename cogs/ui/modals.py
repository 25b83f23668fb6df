"""The modals that people fill in, and the `Options` of a job that their submissions stand for. Pure."""

import math
from collections.abc import Set as AbstractSet

import discord
from discord import ui

from cogs.i18n.catalogue import translate
from cogs.ui.submissions import ModalSubmission
from comfy import Range, Workflow
from jobs.errors import Refusal
from jobs.offers import endings
from jobs.options import MAX_NEGATIVE, MAX_PROMPT, Options
from storage import Job, Params

MOTIONS = ("blink", "wind", "walk", "zoom", "turn", "waves", "smile", "dance", "pan", "fire")
MAX_TITLE_LENGTH = 45  # characters, Discord's limit
MAX_DESCRIPTION_LENGTH = 100  # characters, Discord's limit
MAX_NUMBER_LENGTH = 10  # characters of the largest seed
DECIMAL_POINTS = str.maketrans({",": ".", "，": ".", "．": ".", "。": "."})


def change_modal(job: Job, locale: str, workflow: Workflow | None = None) -> ui.Modal:
    """Asks anew for what the job's workflow takes, filled in with what it had; at most five fields.

    Without its `workflow`, which may be gone, it asks for what the job's row allows to change.
    """
    params = job.params
    modal = _build_modal("title_change", f"change:{job.id}", locale)
    _add_prompt(modal, locale, params, workflow)
    if _has(workflow, "negative_prompt", params.negative_prompt):
        negative = params.negative_prompt or ""
        modal.add_item(_text_field(locale, "negative", negative, MAX_NEGATIVE, multiline=True))
    _add_seconds(modal, locale, params, workflow)
    if _has(workflow, "steps", params.steps):
        allowed = workflow.rules.ranges.get("steps") if workflow else None
        modal.add_item(_number_field(locale, "steps", params.steps, allowed))
    if _has(workflow, "seed", params.seed):
        modal.add_item(_number_field(locale, "seed", params.seed))
    return modal


def extend_modal(job: Job, locale: str, workflow: Workflow | None = None) -> ui.Modal:
    """Asks how a clip goes on: prompt, seconds, last picture, and whether to join both into one clip.

    Only for what its workflow takes, if that is still there.
    """
    modal = _build_modal("title_extend", f"extend:{job.id}", locale)
    _add_prompt(modal, locale, job.params, workflow)
    _add_seconds(modal, locale, job.params, workflow)
    _add_end(modal, locale, endings(workflow) if workflow else frozenset())
    options = [
        discord.SelectOption(label=translate(locale, f"join_{each}"), value=each, default=each == "yes")
        for each in ("yes", "no")
    ]
    menu = ui.Select[ui.Modal](custom_id="join", options=options, required=True)
    modal.add_item(ui.Label(text=translate(locale, "field_join"), component=menu))
    return modal


def _has(workflow: Workflow | None, name: str, value: object) -> bool:
    """Whether a job has such an input: as its workflow says, else where it has a value of it."""
    return value is not None if workflow is None else name in workflow.inputs


def _add_prompt(modal: ui.Modal, locale: str, params: Params, workflow: Workflow | None) -> None:
    if _has(workflow, "prompt", params.prompt or None):
        modal.add_item(_prompt_field(locale, params.prompt))


def _add_seconds(modal: ui.Modal, locale: str, params: Params, workflow: Workflow | None) -> None:
    allowed = workflow.duration if workflow else None
    if allowed is not None or (workflow is None and params.frame_step is not None and params.seconds):
        modal.add_item(_number_field(locale, "seconds", params.seconds, allowed))


def _add_end(modal: ui.Modal, locale: str, possible: AbstractSet[bool]) -> None:
    """A field for the picture that the clip ends on, where it can (True), and may do without (False)."""
    if True in possible:
        modal.add_item(_upload_field(locale, "end", required=False not in possible))


def animate_modal(
    locale: str, custom_id: str, *, upload: bool, possible_endings: AbstractSet[bool] = frozenset()
) -> ui.Modal:
    """Asks for a new job: a picture where `upload`, motions from a select, and a prompt.

    `possible_endings`: whether a clip can end on a given picture (True), as it likes (False), or both.
    """
    modal = _build_modal("title_animate", custom_id, locale)
    if upload:
        modal.add_item(_upload_field(locale, "image", required=True))
    _add_end(modal, locale, possible_endings)
    options = [
        discord.SelectOption(label=translate(locale, f"motion_{each}"), value=each) for each in MOTIONS
    ]
    motion = ui.Select[ui.Modal](
        custom_id="motion",
        options=options,
        required=False,
        min_values=0,
        max_values=3,
        placeholder=translate(locale, "field_motion_empty"),
    )
    modal.add_item(ui.Label(text=translate(locale, "field_motion"), component=motion))
    modal.add_item(_prompt_field(locale, "", required=False))
    return modal


def parse_change(submission: ModalSubmission) -> Options:
    """The options in a submitted `change_modal`. Raises Refusal for what is no number."""
    return Options(
        prompt=submission.texts.get("prompt", ""),
        negative=submission.texts.get("negative"),
        seconds=_number(submission, "seconds"),
        steps=_whole(submission, "steps"),
        seed=_whole(submission, "seed"),
    )


def parse_extension(submission: ModalSubmission) -> Options:
    """The options in a submitted `extend_modal`, with a new seed. Raises Refusal for what is no number."""
    return Options(prompt=submission.texts.get("prompt", ""), seconds=_number(submission, "seconds"))


def parse_animation(submission: ModalSubmission, locale: str) -> Options:
    """The options in a submitted `animate_modal`: the prompt, then the prompts of the chosen motions."""
    motions = [
        translate(locale, f"motion_{each}_prompt")
        for each in submission.choices.get("motion", ())
        if each in MOTIONS
    ]
    prompt = submission.texts.get("prompt", "").strip()
    return Options(prompt=", ".join(filter(None, [prompt, *motions]))[:MAX_PROMPT])


def _number(submission: ModalSubmission, name: str) -> float | None:
    """The number in a field, with a decimal comma or point. Raises Refusal."""
    text = submission.texts.get(name, "").strip()
    if not text:
        return None
    try:
        number = float(text.translate(DECIMAL_POINTS))
    except ValueError as err:
        raise Refusal("not_a_number", field=name, text=text[:20]) from err
    if not math.isfinite(number):
        raise Refusal("not_a_number", field=name, text=text[:20])
    return number


def _whole(submission: ModalSubmission, name: str) -> int | None:
    number = _number(submission, name)
    return None if number is None else round(number)


def _build_modal(title: str, custom_id: str, locale: str) -> ui.Modal:
    modal = ui.Modal(title=translate(locale, title)[:MAX_TITLE_LENGTH], custom_id=custom_id)
    modal.stop()  # discord.py keeps none that is stopped: the InteractionRouter answers it at any time
    return modal


def _prompt_field(locale: str, text: str, *, required: bool = True) -> ui.Label[ui.Modal]:
    field = ui.TextInput[ui.Modal](
        custom_id="prompt",
        style=discord.TextStyle.paragraph,
        default=text or None,
        placeholder=translate(locale, "field_prompt_example")[:100],
        required=required,
        max_length=MAX_PROMPT,
    )
    return ui.Label(text=translate(locale, "field_prompt"), component=field)


def _upload_field(locale: str, name: str, *, required: bool) -> ui.Label[ui.Modal]:
    """A field for one picture."""
    picture = ui.FileUpload[ui.Modal](
        custom_id=name, required=required, min_values=int(required), max_values=1
    )
    advice = translate(locale, f"option_{name}")[:MAX_DESCRIPTION_LENGTH]
    return ui.Label(text=translate(locale, f"field_{name}"), description=advice, component=picture)


def _number_field(
    locale: str, name: str, value: float | None, allowed: Range | None = None
) -> ui.Label[ui.Modal]:
    """A field for a number: the span of what is allowed stands below its label, and in it while empty."""
    text = "" if value is None else f"{round(value, 1):.10g}"
    span = f"{_plain(allowed.least)}–{_plain(allowed.most)}" if allowed else None
    field = _text_field(locale, name, text, MAX_NUMBER_LENGTH, placeholder=span)
    field.description = span
    return field


def _plain(limit: float) -> str:
    return f"{round(limit, 1):.10g}"


def _text_field(
    locale: str,
    name: str,
    text: str,
    max_length: int,
    *,
    multiline: bool = False,
    placeholder: str | None = None,
) -> ui.Label[ui.Modal]:
    field = ui.TextInput[ui.Modal](
        custom_id=name,
        style=discord.TextStyle.paragraph if multiline else discord.TextStyle.short,
        default=text or None,
        required=False,
        max_length=max_length,
        placeholder=placeholder,
    )
    return ui.Label(text=translate(locale, f"field_{name}"), component=field)
