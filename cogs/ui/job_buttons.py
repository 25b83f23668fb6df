"""Which buttons stand under which of a job's messages; what they do is in the cogs that answer them."""

from enum import StrEnum

from discord import ui

from cogs.i18n.catalogue import translate
from cogs.ui.components import PersistentButton
from jobs.reduction import reduced
from storage import Job, State


class ButtonAction(StrEnum):
    """The action in the custom id of a job's button; its argument is the job's id."""

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
RESULT_ACTIONS = (
    ButtonAction.AGAIN,
    ButtonAction.CHANGE,
    ButtonAction.EXTEND,
    ButtonAction.INFO,
    ButtonAction.DELETE,
)


def button(action: ButtonAction, job: Job, locale: str | None = None) -> PersistentButton:
    """One of a job's buttons, labelled in `locale`, else in the job's language."""
    label = translate(locale or job.locale, f"button_{action.value}")
    return PersistentButton(action.value, job.id, label=label, emoji=EMOJI[action])


def waiting_buttons(job: Job) -> ui.View:
    """The buttons under the status of a job that waits or runs."""
    return _view(button(ButtonAction.CANCEL, job))


def result_buttons(job: Job) -> ui.View:
    """The buttons under a clip; no reroll of one without a seed, which would be the same."""
    without = ButtonAction.AGAIN if job.params.seed is None else None
    return _view(*(button(action, job) for action in RESULT_ACTIONS if action != without))


def final_buttons(job: Job) -> ui.View | None:
    """The buttons under the final status of a job; none where a clip was delivered, which has its own."""
    if job.state is State.DONE:
        return None
    actions = [ButtonAction.RETRY, ButtonAction.CHANGE]
    if job.state is State.FAILED and reduced(job.params):
        actions.insert(1, ButtonAction.SMALLER)
    return _view(*(button(action, job) for action in actions))


def _view(*buttons: PersistentButton) -> ui.View:
    view = ui.View(timeout=None)
    for each in buttons:
        view.add_item(each)
    return view
