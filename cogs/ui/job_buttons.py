"""Which buttons stand under which of a job's messages; what they do is in the cogs that answer them."""

from enum import StrEnum

from discord import ui

from cogs.i18n.catalogue import say
from cogs.ui.components import Button
from jobs.options import shrink
from storage import Job, State


class Word(StrEnum):
    """The first word of a button's custom id; behind the colon stands the job's id."""

    AGAIN = "again"
    CHANGE = "change"
    EXTEND = "extend"
    INFO = "info"
    DELETE = "delete"
    CANCEL = "cancel"
    RETRY = "retry"
    SMALLER = "smaller"


EMOJI = {
    Word.AGAIN: "🔁",
    Word.CHANGE: "✏️",
    Word.EXTEND: "⏩",
    Word.INFO: "ℹ️",
    Word.DELETE: "🗑️",
    Word.CANCEL: "❌",
    Word.RETRY: "🔂",
    Word.SMALLER: "🤏",
}


def button(word: Word, job: Job, locale: str | None = None) -> Button:
    """One of a job's buttons: a picture and a word."""
    label = say(locale or job.locale, f"button_{word.value}")
    return Button(word.value, job.id, label=label, emoji=EMOJI[word])


def waiting_buttons(job: Job) -> ui.View:
    """Under the status of a job that waits or runs."""
    return _view(button(Word.CANCEL, job))


def result_buttons(job: Job) -> ui.View:
    """Under a clip."""
    return _view(
        *(button(word, job) for word in (Word.AGAIN, Word.CHANGE, Word.EXTEND, Word.INFO, Word.DELETE))
    )


def last_buttons(job: Job) -> ui.View | None:
    """Under the last word of a job: none where the clip has its own."""
    if job.state is State.DONE:
        return None
    words = [Word.RETRY, Word.CHANGE]
    if job.state is State.FAILED and shrink(job.params):
        words.insert(1, Word.SMALLER)
    return _view(*(button(word, job) for word in words))


def _view(*buttons: Button) -> ui.View:
    view = ui.View(timeout=None)
    for each in buttons:
        view.add_item(each)
    return view
