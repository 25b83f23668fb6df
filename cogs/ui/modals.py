"""The forms that people fill in: what stands in them, and the wish that comes of it. All pure."""

import discord
from discord import ui

from cogs.i18n.catalogue import translate
from cogs.ui.submissions import ModalSubmission
from jobs.errors import Refusal
from jobs.options import MAX_NEGATIVE, MAX_PROMPT, Options
from storage import Job

LIFE = 900.0  # seconds that discord.py remembers a form; ours are heard for ever
MOTIONS = ("blink", "wind", "walk", "zoom", "turn", "waves", "smile", "dance", "pan", "fire")
LONGEST_TITLE = 45  # characters, as Discord allows
LONGEST_DESCRIPTION = 100


def change_modal(job: Job, locale: str) -> ui.Modal:
    """Five fields, as many as a form may have, filled in with what the job had."""
    params = job.params
    form = _form("title_change", f"change:{job.id}", locale)
    form.add_item(_prompt(locale, params.prompt))
    form.add_item(_line(locale, "negative", params.negative_prompt, MAX_NEGATIVE, long=True))
    form.add_item(_line(locale, "seconds", f"{params.seconds:g}", 2))
    form.add_item(_line(locale, "steps", str(params.steps), 2))
    form.add_item(_line(locale, "seed", str(params.seed), 10))
    return form


def extend_modal(job: Job, locale: str) -> ui.Modal:
    """What happens next, for how long, and whether both become one clip."""
    form = _form("title_extend", f"extend:{job.id}", locale)
    form.add_item(_prompt(locale, job.params.prompt))
    form.add_item(_line(locale, "seconds", f"{job.params.seconds:g}", 2))
    options = [
        discord.SelectOption(label=translate(locale, f"join_{each}"), value=each, default=each == "yes")
        for each in ("yes", "no")
    ]
    menu = ui.Select[ui.Modal](custom_id="join", options=options)
    form.add_item(ui.Label(text=translate(locale, "field_join"), component=menu))
    return form


def animate_modal(locale: str, custom_id: str, *, upload: bool) -> ui.Modal:
    """A picture, unless it is known; words, or a motion from a menu."""
    form = _form("title_animate", custom_id, locale)
    if upload:
        picture = ui.FileUpload[ui.Modal](custom_id="image", required=True, min_values=1, max_values=1)
        advice = translate(locale, "option_image")[:LONGEST_DESCRIPTION]
        form.add_item(ui.Label(text=translate(locale, "field_image"), description=advice, component=picture))
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
    form.add_item(ui.Label(text=translate(locale, "field_motion"), component=motion))
    form.add_item(_prompt(locale, "", required=False))
    return form


def parse_change(submission: ModalSubmission) -> Options:
    """The wish of a change. Raises Refusal for what is no number."""
    return Options(
        prompt=submission.texts.get("prompt", ""),
        negative=submission.texts.get("negative", ""),
        seconds=_number(submission, "seconds"),
        steps=_number(submission, "steps"),
        seed=_number(submission, "seed"),
    )


def parse_extension(submission: ModalSubmission) -> Options:
    """The wish of an extension, with a new seed. Raises Refusal for what is no number."""
    return Options(prompt=submission.texts.get("prompt", ""), seconds=_number(submission, "seconds"))


def parse_animation(submission: ModalSubmission, locale: str) -> Options:
    """The wish of a panel's form: the motions' words and the person's own."""
    motions = [
        translate(locale, f"motion_{each}_prompt")
        for each in submission.choices.get("motion", ())
        if each in MOTIONS
    ]
    words = submission.texts.get("prompt", "").strip()
    return Options(prompt=", ".join(filter(None, [words, *motions]))[:MAX_PROMPT])


def _number(submission: ModalSubmission, name: str) -> int | None:
    text = submission.texts.get(name, "").strip()
    if not text:
        return None
    try:
        return round(float(text))
    except (ValueError, OverflowError) as err:
        raise Refusal("not_a_number", field=name, text=text[:20]) from err


def _form(title: str, custom_id: str, locale: str) -> ui.Modal:
    return ui.Modal(title=translate(locale, title)[:LONGEST_TITLE], custom_id=custom_id, timeout=LIFE)


def _prompt(locale: str, text: str, *, required: bool = True) -> ui.Label[ui.Modal]:
    field = ui.TextInput[ui.Modal](
        custom_id="prompt",
        style=discord.TextStyle.paragraph,
        default=text or None,
        placeholder=translate(locale, "field_prompt_example")[:100],
        required=required,
        max_length=MAX_PROMPT,
    )
    return ui.Label(text=translate(locale, "field_prompt"), component=field)


def _line(locale: str, name: str, text: str, longest: int, *, long: bool = False) -> ui.Label[ui.Modal]:
    field = ui.TextInput[ui.Modal](
        custom_id=name,
        style=discord.TextStyle.paragraph if long else discord.TextStyle.short,
        default=text or None,
        required=False,
        max_length=longest,
    )
    return ui.Label(text=translate(locale, f"field_{name}"), component=field)
