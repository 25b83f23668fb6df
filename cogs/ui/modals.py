"""The modals that people fill in, and the `Options` of a job that their submissions stand for. Pure."""

import discord
from discord import ui

from cogs.i18n.catalogue import translate
from cogs.ui.submissions import ModalSubmission
from jobs.errors import Refusal
from jobs.options import MAX_NEGATIVE, MAX_PROMPT, Options
from storage import Job, Params

MOTIONS = ("blink", "wind", "walk", "zoom", "turn", "waves", "smile", "dance", "pan", "fire")
MAX_TITLE_LENGTH = 45  # characters, Discord's limit
MAX_DESCRIPTION_LENGTH = 100  # characters, Discord's limit


def change_modal(job: Job, locale: str) -> ui.Modal:
    """Asks for a job's parameters anew: five fields, Discord's limit, filled in with those it had."""
    params = job.params
    modal = _build_modal("title_change", f"change:{job.id}", locale)
    modal.add_item(_prompt_field(locale, params.prompt))
    if params.negative_prompt is not None:
        modal.add_item(_text_field(locale, "negative", params.negative_prompt, MAX_NEGATIVE, multiline=True))
    if params.frame_step is not None:
        modal.add_item(_text_field(locale, "seconds", _seconds(params), 4))
    if params.steps is not None:
        modal.add_item(_text_field(locale, "steps", str(params.steps), 3))
    modal.add_item(_text_field(locale, "seed", str(params.seed), 10))
    return modal


def extend_modal(job: Job, locale: str) -> ui.Modal:
    """Asks how a clip goes on: prompt, seconds, and whether to join both into one clip."""
    modal = _build_modal("title_extend", f"extend:{job.id}", locale)
    modal.add_item(_prompt_field(locale, job.params.prompt))
    if job.params.frame_step is not None:
        modal.add_item(_text_field(locale, "seconds", _seconds(job.params), 4))
    options = [
        discord.SelectOption(label=translate(locale, f"join_{each}"), value=each, default=each == "yes")
        for each in ("yes", "no")
    ]
    menu = ui.Select[ui.Modal](custom_id="join", options=options, required=True)
    modal.add_item(ui.Label(text=translate(locale, "field_join"), component=menu))
    return modal


def _seconds(params: Params) -> str:
    return f"{round(params.seconds or 0, 1):g}"


def animate_modal(locale: str, custom_id: str, *, upload: bool) -> ui.Modal:
    """Asks for a new job: a picture where `upload`, motions from a select, and a prompt."""
    modal = _build_modal("title_animate", custom_id, locale)
    if upload:
        picture = ui.FileUpload[ui.Modal](custom_id="image", required=True, min_values=1, max_values=1)
        advice = translate(locale, "option_image")[:MAX_DESCRIPTION_LENGTH]
        modal.add_item(ui.Label(text=translate(locale, "field_image"), description=advice, component=picture))
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
        negative=submission.texts.get("negative", ""),
        seconds=_number(submission, "seconds"),
        steps=_number(submission, "steps"),
        seed=_number(submission, "seed"),
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


def _number(submission: ModalSubmission, name: str) -> int | None:
    text = submission.texts.get(name, "").strip()
    if not text:
        return None
    try:
        return round(float(text))
    except (ValueError, OverflowError) as err:
        raise Refusal("not_a_number", field=name, text=text[:20]) from err


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


def _text_field(
    locale: str, name: str, text: str, max_length: int, *, multiline: bool = False
) -> ui.Label[ui.Modal]:
    field = ui.TextInput[ui.Modal](
        custom_id=name,
        style=discord.TextStyle.paragraph if multiline else discord.TextStyle.short,
        default=text or None,
        required=False,
        max_length=max_length,
    )
    return ui.Label(text=translate(locale, f"field_{name}"), component=field)
