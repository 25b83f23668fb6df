"""From a job to the text of its messages: pure, so that every state can be looked at in a test."""

import math
from collections.abc import Collection

import discord

import comfy
from cogs.i18n.catalogue import translate
from jobs.advice import Advice
from jobs.announcer import QueuePosition
from jobs.errors import Refusal
from storage import Job, Reason, State

MAX_CONTENT = 2000  # characters of a message, Discord's limit
MAX_ALT = 1024  # of an attachment's description
BAR = 10


def render_bar(step: int, steps: int) -> str:
    """Ten blocks: filled for what is done."""
    filled = BAR * step // max(steps, 1)
    return "▰" * filled + "▱" * (BAR - filled)


def quote(text: str, room: int) -> str:
    """A person's own words as a quotation of at most `room` characters: markdown shown, nobody pinged."""
    return "\n".join(f"> {line}" for line in _escaped(text, room).splitlines())


def _escaped(text: str, room: int) -> str:
    """Escaped text; cut before the escaping, so that no half escape is left."""
    for length in range(min(len(text), room), 0, -1):
        cut = text if length == len(text) else text[:length].rstrip() + "…"
        safe = discord.utils.escape_mentions(discord.utils.escape_markdown(cut))
        if len(safe) + 2 * (safe.count("\n") + 1) <= room:
            return safe
    return ""


def render_refusal(locale: str, refusal: Refusal) -> str:
    """One sentence that says which rule, its number, and when it lifts where that is known."""
    values = {
        name: round(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in refusal.values.items()
    }
    if "permissions" in values:
        names = str(values["permissions"]).split()
        values["permissions"] = ", ".join(translate(locale, f"permission_{each}") for each in names)
    text = translate(locale, f"refused_{refusal.code}", **values)
    lifts_at = refusal.values.get("lifts_at")
    return text + translate(locale, "lifts", at=math.ceil(lifts_at)) if isinstance(lifts_at, float) else text


def render_waiting(job: Job, position: QueuePosition) -> str:
    """The status of a job that waits for a server."""
    if not position.reachable:
        return translate(job.locale, "queued_no_server")
    if position.ahead:
        text = translate(job.locale, "queued_ahead", ahead=position.ahead)
    else:
        text = translate(job.locale, "queued_next")
    expected = position.expected_end
    return text + (translate(job.locale, "queued_ready", at=round(expected)) if expected else "")


def render_event(job: Job, event: comfy.Event, finish: float | None = None) -> str | None:
    """The status while ComfyUI works; None where an event changes nothing that a person would see.

    `finish` is when sampling will be over, in Unix seconds.
    """
    match event:
        case comfy.Queued(ahead=ahead):
            return translate(job.locale, "submitted", ahead=ahead)
        case comfy.Started():
            return translate(job.locale, "started")
        case comfy.Node(stage=stage) if stage is not comfy.Stage.SAMPLING:
            return translate(job.locale, f"stage_{stage.value}")
        case comfy.Sampling(step=step, steps=steps):
            text = translate(job.locale, "sampling", bar=render_bar(step, steps), step=step, steps=steps)
            return text + (translate(job.locale, "sampling_finish", finish=round(finish)) if finish else "")
        case _:
            return None


def render_final_status(job: Job) -> str:
    """What the status of a job that is over says."""
    if job.state is State.DONE:
        return _render_done(job)
    if job.state is State.FAILED and job.reason:
        return render_failed(job, job.reason)
    return translate(job.locale, "cancelled")


def _render_done(job: Job) -> str:
    """A short card that links to the result; to one in direct messages nobody else could follow."""
    channel = job.result_channel or job.channel_id
    if channel != job.channel_id:
        return translate(job.locale, "done_by_dm")
    return translate(job.locale, "done", link=link_to(job))


def render_failed(job: Job, reason: Reason) -> str:
    """What went wrong, in one sentence."""
    values = {
        name: discord.utils.escape_markdown(value)[:100] if isinstance(value, str) else f"{value:g}"
        for name, value in reason.values.items()
    }
    why = translate(job.locale, f"reason_{reason.code}", short=job.short, **values)
    return translate(job.locale, "failed", reason=why)


def render_result(job: Job, *, reencoded: bool = False, joined: bool = False) -> str:
    """The text beside the clip: whose it is, what was asked for, how it was made."""
    params = job.params
    settings = translate(
        job.locale,
        "settings",
        seed=params.seed,
        preset=params.preset,
        steps=params.steps,
        cfg=f"{params.cfg:g}",
        width=params.width,
        height=params.height,
        seconds=f"{params.seconds:g}",
        short=job.short,
    )
    if job.seconds is not None:
        settings += translate(job.locale, "gpu_time", gpu=f"{job.seconds:.1f}")
    if reencoded:
        settings += translate(job.locale, "reencoded")
    if joined:
        settings += translate(job.locale, "joined")
    head = translate(job.locale, "result", mention=f"<@{job.user_id}>")
    note = translate(job.locale, "result_note")
    room = MAX_CONTENT - sum(len(line) + 1 for line in (head, settings, note))
    return "\n".join((head, quote(params.prompt, room), settings, note))


def render_alt(job: Job) -> str:
    """What who cannot see the clip is told of it."""
    return translate(job.locale, "alt", prompt=job.params.prompt)[:MAX_ALT]


def render_copy(locale: str, job: Job) -> str:
    """The text beside a copy by direct message."""
    head = translate(locale, "copy", short=job.short)
    return "\n".join((head, quote(job.params.prompt, MAX_CONTENT - len(head) - 1)))


def render_report(locale: str, job: Job, reporter: int) -> str:
    """A word to the moderators; mentions stand in it, and ping nobody."""
    text = translate(
        locale,
        "report",
        reporter=f"<@{reporter}>",
        owner=f"<@{job.user_id}>",
        short=job.short,
        link=link_to(job),
    )
    return "\n".join((text, quote(job.params.prompt, MAX_CONTENT - len(text) - 1)))


def link_to(job: Job) -> str:
    """Where the job's result stands, else its status."""
    channel = job.result_channel or job.channel_id
    message = job.result_message or job.status_message
    return f"https://discord.com/channels/{job.guild_id}/{channel}/{message}"


def render_poster(job: Job) -> str:
    """The text beside the first picture of a clip that is too large for Discord, however it is encoded."""
    head = translate(job.locale, "poster", mention=f"<@{job.user_id}>", short=job.short)
    return "\n".join((head, quote(job.params.prompt, MAX_CONTENT - len(head) - 1)))


def render_advice(locale: str, advice: Collection[Advice]) -> str:
    """A few lines beside the answer."""
    lines = [f"- {translate(locale, each.name, **each.values)}" for each in advice]
    return "\n".join([translate(locale, "advice"), *lines])
