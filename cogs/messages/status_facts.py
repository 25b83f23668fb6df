"""Decide what a job's status says, from its row and the newest fact that was reported about it. Pure."""

from dataclasses import dataclass, replace

import comfy
from cogs.i18n.catalogue import translate
from cogs.ui.texts import MIN_ETA_SECONDS, render_final_status, upcoming
from jobs.announcer import JobStage
from storage import FINISHED, Job, State

STATE_ORDER = (
    State.CLAIMED,
    State.SUBMITTING,
    State.RUNNING,
    State.DOWNLOADING,
    State.DELIVERING,
    State.QUEUED,  # again: the claim that follows has the next epoch
    State.DONE,
    State.FAILED,
    State.CANCELLED,
)
"""The states in the order in which a row passes through them within one epoch."""

STAGES = {
    State.CLAIMED: JobStage.PREPARING,
    State.SUBMITTING: JobStage.PREPARING,
    State.DOWNLOADING: JobStage.DOWNLOADING,
    State.DELIVERING: JobStage.DELIVERING,
}
"""What the row alone says of a job; in other states it takes a fact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusFact:
    """A text about a job, and the state and epoch of the row in which it is true.

    `eta`: the Unix time that the text announces; from shortly before it on, `without_eta` stands in for the
    text. `preview`: a picture to attach. A preview alone has an empty text.
    """

    state: State
    epoch: int
    text: str = ""
    eta: float | None = None
    without_eta: str = ""
    preview: comfy.Preview | None = None

    def is_true_of(self, job: Job) -> bool:
        """Whether the row has not moved since."""
        return (self.state, self.epoch) == (job.state, job.epoch)

    def is_older_than(self, other: "StatusFact") -> bool:
        """Whether the row moved between the two; False for two facts of the same state."""
        return self._position() < other._position()

    def _position(self) -> tuple[int, int]:
        return self.epoch, STATE_ORDER.index(self.state)


def merge_facts(known: StatusFact | None, new: StatusFact) -> StatusFact:
    """The fact to show once `new` is reported: of the newest row, the newest text and the newest preview."""
    if known is None or known.is_older_than(new):
        return new
    if new.is_older_than(known):
        return known
    preview = new.preview or known.preview
    return replace(new if new.text else known, preview=preview)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusContent:
    """What the status message is to say. `final`: nothing follows; `expires_at`: until when it is true."""

    text: str
    preview: comfy.Preview | None = None
    final: bool = False
    expires_at: float | None = None


def decide_status(job: Job, fact: StatusFact | None, now: float) -> StatusContent | None:
    """What the status says at `now` (Unix time), from the row as it is; None: it stays as it is.

    The row comes before the fact: a job that has ended shows its end, one to be cancelled that it is being
    stopped, and a fact of another state or epoch is not shown.
    """
    if job.state in FINISHED:
        return StatusContent(text=render_final_status(job), final=True)
    if job.cancel_requested:
        return StatusContent(text=translate(job.locale, "stopping"))
    if fact is None or not fact.is_true_of(job):
        stage = STAGES.get(job.state)
        return StatusContent(text=translate(job.locale, stage.value)) if stage else None
    return _content_of(fact, now) if fact.text else None


def _content_of(fact: StatusFact, now: float) -> StatusContent:
    if fact.eta is None:
        return StatusContent(text=fact.text, preview=fact.preview)
    if upcoming(fact.eta, now) is None:
        return StatusContent(text=fact.without_eta, preview=fact.preview)
    return StatusContent(text=fact.text, preview=fact.preview, expires_at=fact.eta - MIN_ETA_SECONDS)
