"""Which buttons stand under which of a job's messages; what they do is in the cogs that answer them."""

from enum import StrEnum

from discord import ui

from cogs.i18n.catalogue import translate
from cogs.ui.components import PersistentButton
from jobs.options import reduced
from storage import Job, State


class ButtonAction(StrEnum):
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
    ButtonAction.AGAIN: "🔁",
    ButtonAction.CHANGE: "✏️",
    ButtonAction.EXTEND: "⏩",
    ButtonAction.INFO: "ℹ️",
    ButtonAction.DELETE: "🗑️",
    ButtonAction.CANCEL: "❌",
    ButtonAction.RETRY: "🔂",
    ButtonAction.SMALLER: "🤏",
}


def button(word: ButtonAction, job: Job, locale: str | None = None) -> PersistentButton:
    """One of a job's buttons: a picture and a word."""
    label = translate(locale or job.locale, f"button_{word.value}")
    return PersistentButton(word.value, job.id, label=label, emoji=EMOJI[word])


def waiting_buttons(job: Job) -> ui.View:
    """Under the status of a job that waits or runs."""
    return _view(button(ButtonAction.CANCEL, job))


def result_buttons(job: Job) -> ui.View:
    """Under a clip."""
    return _view(
        *(
            button(word, job)
            for word in (
                ButtonAction.AGAIN,
                ButtonAction.CHANGE,
                ButtonAction.EXTEND,
                ButtonAction.INFO,
                ButtonAction.DELETE,
            )
        )
    )


def last_buttons(job: Job) -> ui.View | None:
    """Under the last word of a job: none where the clip has its own."""
    if job.state is State.DONE:
        return None
    words = [ButtonAction.RETRY, ButtonAction.CHANGE]
    if job.state is State.FAILED and reduced(job.params):
        words.insert(1, ButtonAction.SMALLER)
    return _view(*(button(word, job) for word in words))


def _view(*buttons: PersistentButton) -> ui.View:
    view = ui.View(timeout=None)
    for each in buttons:
        view.add_item(each)
    return view
