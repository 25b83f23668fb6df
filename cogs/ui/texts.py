"""Renders the text of a job's messages, of refusals and of advice. Pure."""

import math
from collections.abc import Collection, Iterator, Mapping

import comfy
from cogs.i18n.catalogue import translate
from cogs.ui.escape import escape, escape_code, quote
from jobs.advice import Advice
from jobs.announcer import QueuePosition
from jobs.errors import Refusal, Titles
from jobs.offers import preset_title, title_in, title_of
from jobs.reduction import reduced
from storage import Job, Notice, Params, Pause, Reason, State

MAX_CONTENT = 2000  # characters of a message, Discord's limit
MAX_ALT = 1024  # characters of an attachment's description, Discord's limit
MAX_VALUE = 600  # characters of a value in a refusal, such as all the names that are offered
MAX_LORA = 85  # characters of a LoRA's name
MAX_REASON_VALUE = 100  # characters of a value in a reason, such as a node's name
OWN_MARKDOWN = frozenset({"channel", "permissions"})  # values of refusals that the bot wrote itself
IN_CODE = frozenset(
    {"preset", "model", "choice", "lora", "name", "field"}
)  # values that stand between backticks
BAR_LENGTH = 10  # blocks
MIN_ETA_SECONDS = 5.0  # an expected time that is nearer, or over, is not shown


def render_bar(step: int, steps: int) -> str:
    """A progress bar of BAR_LENGTH blocks; the last one is filled at the last step only."""
    filled = BAR_LENGTH * step // max(steps, 1)
    return "▰" * filled + "▱" * (BAR_LENGTH - filled)


def render_refusal(locale: str, refusal: Refusal) -> str:
    """The sentence for a refusal: which rule, its number, what else can be had, when it is allowed."""
    values = {
        name: _render_value(locale, value, in_code=name in IN_CODE, own=name in OWN_MARKDOWN)
        for name, value in refusal.values.items()
    }
    if "permissions" in values:
        names = str(values["permissions"]).split()
        values["permissions"] = ", ".join(translate(locale, f"permission_{each}") for each in names)
    text = translate(locale, f"refused_{refusal.code}", **values)
    if values.get("instead"):
        text += translate(locale, "refused_instead", instead=values["instead"])
    if values.get("reason"):
        text += translate(locale, "refused_because", reason=values["reason"])
    lifts_at = refusal.values.get("lifts_at")
    return text + translate(locale, "lifts", at=math.ceil(lifts_at)) if isinstance(lifts_at, float) else text


def upcoming(at: float | None, now: float) -> float | None:
    """An expected time (Unix seconds) where it is worth being shown: not over, nor about to be."""
    return at if at is not None and at - now > MIN_ETA_SECONDS else None


def _render_value(
    locale: str, value: str | float | Titles, *, in_code: bool = False, own: bool = False
) -> str | float:
    """A value for a sentence: what a person or a server wrote is escaped, whole numbers are integers."""
    if isinstance(value, Mapping):
        return escape(title_in(value, locale), MAX_VALUE)
    if isinstance(value, str):
        if own:
            return value
        return escape_code(value[:MAX_VALUE]) if in_code else escape(value, MAX_VALUE)
    return round(value) if isinstance(value, float) and value.is_integer() else value


def render_waiting(job: Job, position: QueuePosition) -> str:
    """The status of a job that waits for a server, with the notice of whoever runs the bot."""
    text = _render_position(job, position)
    return f"{text}\n{render_notice(job.locale, position.notice)}" if position.notice else text


def _render_position(job: Job, position: QueuePosition) -> str:
    if position.pause:
        return translate(job.locale, "queued_paused", pause=render_pause(job.locale, position.pause))
    if position.reason:
        text = translate(
            job.locale, position.reason.value, number=position.minutes, at=math.ceil(position.until)
        )
        return text + render_absence(job.locale, position.away_since)
    if position.ahead:
        text = translate(job.locale, "queued_ahead", ahead=position.ahead)
    else:
        text = translate(job.locale, "queued_next")
    expected = position.expected_end
    return text + (translate(job.locale, "queued_ready", at=round(expected)) if expected else "")


def render_pause(locale: str, pause: Pause) -> str:
    """That the bot is paused, until when where that is known, and why."""
    if pause.until is None:
        text = translate(locale, "paused")
    else:
        text = translate(locale, "paused_until", at=math.ceil(pause.until))
    return text + (translate(locale, "paused_because", reason=escape(pause.reason)) if pause.reason else "")


def render_notice(locale: str, notice: Notice) -> str:
    """What whoever runs the bot wants people to know."""
    return translate(locale, "notice", text=escape(notice.text))


def render_absence(locale: str, since: float | None) -> str:
    """Since when no server answers (Unix seconds), after a sentence that says so; nothing for None."""
    return translate(locale, "away_since", at=round(since)) if since is not None else ""


def render_event(job: Job, event: comfy.Event, finish: float | None = None) -> str | None:
    """The status while ComfyUI works; None where an event changes nothing that a person would see.

    `finish` is when sampling, or the whole job, will be over, in Unix seconds.
    """
    match event:
        case comfy.Queued(ahead=0):
            return translate(job.locale, "submitted_next")
        case comfy.Queued(ahead=ahead):
            return translate(job.locale, "submitted", ahead=ahead)
        case comfy.Started():
            text = translate(job.locale, "started")
            return text + (translate(job.locale, "sampling_finish", finish=round(finish)) if finish else "")
        case comfy.Node(sampling=comfy.Sampling() as sampling):
            return render_event(job, sampling)
        case comfy.Node(stage=stage):
            return translate(job.locale, f"stage_{stage.value}")
        case comfy.Sampling(step=step, steps=steps):
            text = translate(job.locale, "sampling", bar=render_bar(step, steps), step=step, steps=steps)
            return text + (translate(job.locale, "sampling_finish", finish=round(finish)) if finish else "")
        case _:
            return None


NOT_BY_OWNER = {
    "withdrawn",
    "blocked",
    "by_operator",
}  # reasons of a cancellation that a job's owner knows nothing of


def render_final_status(job: Job) -> str:
    """The status text of a job that is done, failed or cancelled."""
    if job.state is State.DONE:
        return _render_done(job)
    if job.state is State.FAILED and job.reason:
        return render_failed(job, job.reason)
    if job.reason and job.reason.code in NOT_BY_OWNER:
        return translate(job.locale, "cancelled_because", reason=render_reason(job, job.reason))
    return translate(job.locale, "cancelled")


def _render_done(job: Job) -> str:
    """A link to the result; none to a result in direct messages, which only its owner could follow."""
    channel = job.result_channel or job.channel_id
    if channel != job.channel_id:
        return translate(job.locale, "done_by_dm")
    return translate(job.locale, "done", link=link_to(job))


def render_failed(job: Job, reason: Reason) -> str:
    """The status text of a failed job: one sentence with the reason."""
    return translate(job.locale, "failed", reason=render_reason(job, reason))


def render_reason(job: Job, reason: Reason) -> str:
    """The sentence for a reason, in the job's language; its only number, if any, picks the plural form."""
    if reason.code == "memory":
        return _render_out_of_memory(job, _plain_values(reason))
    numbers = [value for value in reason.values.values() if not isinstance(value, str)]
    number = numbers[0] if len(numbers) == 1 else 0
    return translate(
        job.locale, f"reason_{reason.code}", short=job.short, **{"number": number, **_plain_values(reason)}
    )


def _plain_values(reason: Reason) -> dict[str, str | int | float]:
    return {
        name: escape(value, MAX_REASON_VALUE) if isinstance(value, str) else f"{value:g}"
        for name, value in reason.values.items()
    }


def _render_out_of_memory(job: Job, values: Mapping[str, str | int | float]) -> str:
    """Say what 🤏 will change, where anything can be made smaller."""
    smaller = reduced(job.params)
    if smaller is None:
        return translate(job.locale, "reason_memory", **values)
    if smaller.size == job.params.size:
        seconds = f"{round(smaller.seconds or 0, 1):g}"
        return translate(job.locale, "reason_memory_seconds", **{**values, "number": seconds})
    size = {"width": smaller.width or 0, "height": smaller.height or 0}
    return translate(job.locale, "reason_memory_size", **{**values, **size})


def render_result(
    job: Job,
    *,
    workflow: comfy.Workflow | None = None,
    with_model: bool = False,
    reencoded: bool = False,
    joined: bool = False,
    with_prompt: bool = True,
) -> str:
    """The text beside the clip: its owner, the prompt, the settings, and that it is AI-generated.

    `with_model`: the settings begin with the title of the `workflow`. `with_prompt`: without it a sentence
    says that a filter did not let the prompt through.
    """
    model = [escape(title_of(workflow, job.locale), MAX_VALUE)] if workflow and with_model else []
    settings = " · ".join([*model, *_settings(job.locale, job, workflow)])
    if job.seconds is not None:
        settings += translate(job.locale, "gpu_time", gpu=f"{job.seconds:.1f}")
    if reencoded:
        settings += translate(job.locale, "reencoded")
    if joined:
        settings += translate(job.locale, "joined")
    head = translate(job.locale, "result", mention=f"<@{job.user_id}>")
    note = translate(job.locale, "result_note_plain" if job.params.seed is None else "result_note")
    left = MAX_CONTENT - sum(len(line) + 1 for line in (head, settings, note))
    prompt = _quote_prompt(job.locale, job, left, with_prompt=with_prompt)
    return "\n".join(filter(None, (head, prompt, settings, note)))


def _settings(locale: str, job: Job, workflow: comfy.Workflow | None) -> Iterator[str]:
    """What the clip was made with: only what its workflow has."""
    params = job.params
    if params.seed is not None:
        yield translate(locale, "settings_seed", seed=params.seed)
    if params.preset != comfy.DEFAULT_PRESET:
        yield escape(preset_title(workflow, params.preset, locale), MAX_VALUE)
    if params.loras:
        yield f"LoRA {render_loras(params)}"
    if params.steps is not None:
        yield translate(locale, "settings_steps", number=params.steps)
    if params.cfg is not None:
        yield f"cfg {params.cfg:g}"
    if params.size is not None:
        yield f"{params.width}×{params.height}"
    if params.seconds is not None:
        yield translate(locale, "settings_seconds", seconds=f"{round(params.seconds, 1):g}")
    yield f"`{job.short}`"


def render_loras(params: Params) -> str:
    """The LoRAs of a clip, each with its strength."""
    return " + ".join(f"{escape(name, MAX_LORA)} {strength:g}" for name, strength in params.loras.items())


def _quote_prompt(locale: str, job: Job, max_length: int, *, with_prompt: bool) -> str:
    if not job.params.prompt:
        return ""
    return quote(job.params.prompt, max_length) if with_prompt else translate(locale, "prompt_left_out")


def render_alt(job: Job, *, with_prompt: bool = True) -> str:
    """The alternative text of the clip, for screen readers."""
    if not with_prompt or not job.params.prompt:
        return translate(job.locale, "alt_plain")
    return translate(job.locale, "alt", prompt=job.params.prompt)[:MAX_ALT]


def render_copy(locale: str, job: Job, *, with_prompt: bool = True) -> str:
    """The text beside a copy by direct message."""
    head = translate(locale, "copy", short=job.short)
    prompt = _quote_prompt(locale, job, MAX_CONTENT - len(head) - 1, with_prompt=with_prompt)
    return "\n".join(filter(None, (head, prompt)))


def render_report(locale: str, job: Job, reporter: int) -> str:
    """The message to the moderators about a job; send it without allowed mentions."""
    text = translate(
        locale,
        "report",
        reporter=f"<@{reporter}>",
        owner=f"<@{job.user_id}>",
        short=job.short,
        link=link_to(job),
    )
    return "\n".join(filter(None, (text, quote(job.params.prompt, MAX_CONTENT - len(text) - 1))))


def link_to(job: Job) -> str:
    """The address of the job's result message, else of its status message."""
    channel = job.result_channel or job.channel_id
    message = job.result_message or job.status_message
    return f"https://discord.com/channels/{job.guild_id}/{channel}/{message}"


def render_poster(job: Job, *, with_prompt: bool = True) -> str:
    """The text beside the first frame, sent where Discord takes the clip in no encoding."""
    head = translate(job.locale, "poster", mention=f"<@{job.user_id}>", short=job.short)
    prompt = _quote_prompt(job.locale, job, MAX_CONTENT - len(head) - 1, with_prompt=with_prompt)
    return "\n".join(filter(None, (head, prompt)))


def render_link(job: Job, url: str, until: float, *, with_prompt: bool = True) -> str:
    """The text beside the first frame of a clip that can be loaded from `url` until that Unix time."""
    shown = f"||{url}||" if job.params.spoiler else f"<{url}>"
    mention = f"<@{job.user_id}>"
    head = translate(job.locale, "clip_link", mention=mention, url=shown, until=round(until))
    prompt = _quote_prompt(job.locale, job, MAX_CONTENT - len(head) - 1, with_prompt=with_prompt)
    return "\n".join(filter(None, (head, prompt)))


def render_advice(locale: str, advice: Collection[Advice]) -> str:
    """The advice on a prompt and a picture as a list."""
    lines = [f"- {_render_piece(locale, each)}" for each in advice]
    return "\n".join([translate(locale, "advice"), *lines])


def _render_piece(locale: str, advice: Advice) -> str:
    values = {name: _render_value(locale, value) for name, value in advice.values.items()}
    return translate(locale, advice.name, **values)
