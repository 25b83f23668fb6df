"""What the worker reports of a job: facts, which an `Announcer` shows to people in its own way."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import comfy
from storage import Job, Lease, Notice, Pause


class JobStage(StrEnum):
    """What happens to a job outside of ComfyUI; the value names the sentence."""

    PREPARING = "preparing"
    DOWNLOADING = "downloading"
    DELIVERING = "delivering"


class RequeueReason(StrEnum):
    """Why a running job went back to the queue; the value names the sentence."""

    SERVER_UNREACHABLE = "queued_no_server"
    TOKEN_REFUSED = "queued_token_refused"  # noqa: S105 - the name of a sentence, no password
    JOB_LOST = "sent_again"
    BLOBS_AWAY = "queued_storage_away"


class WaitReason(StrEnum):
    """Why a queued job would not start even if it were next; the value names the sentence."""

    GIVING_WAY = "queued_giving_way"
    STUCK = "queued_stuck"
    FAULTY = "queued_faulty"
    TOKEN_REFUSED = "queued_token_refused"  # noqa: S105 - the name of a sentence, no password
    UNREACHABLE = "queued_no_server"
    DRAINED = "queued_drained"
    CANNOT_RUN = "queued_cannot_run"
    WAKING = "queued_waking"
    QUIET_HOURS = "queued_quiet_hours"
    BLOBS_AWAY = "queued_storage_away"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePosition:
    """Where a queued job stands.

    `ahead`: jobs before it; `expected_end`: when its clip will be there, in Unix seconds, where that can be
    said; `reason`: why no server takes it, None where only its turn has not come; `minutes`: how long the
    server takes to wake up, with WAKING; `until`: when that is over (Unix seconds), with QUIET_HOURS;
    `away_since`: since when no server answers, in Unix seconds, where that is why; `pause`: the one that
    holds, which comes before any reason; `notice`: what people are to read beside it.
    """

    ahead: int
    expected_end: float | None = None
    reason: WaitReason | None = None
    minutes: int = 0
    until: float = 0.0
    pause: Pause | None = None
    notice: Notice | None = None
    away_since: float | None = None


class Announcer(Protocol):
    """Shows people what happens to jobs.

    All but `deliver` return at once and raise nothing. A fact may be shown late, or not at all where a newer
    one follows; the newest is shown in the end. A fact is shown only while the row is in the state and epoch
    of the `job` it was reported with. Once the row says that the job is to be cancelled, and `cancelling` was
    called, nothing but its end follows; once the row is finished and `ended` was called, nothing at all does,
    not even what is reported afterwards.
    """

    def waiting(self, job: Job, position: QueuePosition) -> None:
        """The job is queued."""
        ...

    def stage(self, job: Job, stage: JobStage) -> None:
        """The job has reached a stage that ComfyUI knows nothing of."""
        ...

    def progress(self, job: Job, event: comfy.Event, finish: float | None) -> None:
        """ComfyUI reported an event of the job. Not every event changes what people see.

        `finish`: when sampling will be over, in Unix seconds, if known.
        """
        ...

    def preview(self, job: Job, preview: comfy.Preview) -> None:
        """A picture of the clip as it forms; shown below the newest fact, where there is one."""
        ...

    def requeued(self, job: Job, reason: RequeueReason) -> None:
        """The job went back to the queue."""
        ...

    def cancelling(self, job: Job) -> None:
        """The job is on a server and is being stopped, as its row says."""
        ...

    def ended(self, job: Job) -> None:
        """The job is done, failed or cancelled; `job` is its finished row, which says which, and why."""
        ...

    async def deliver(self, lease: Lease) -> None:
        """Send the clip of a job in state `delivering` to its owner, once, also after a crash.

        Returns when the row is `done` (its end is shown too), or was put off until it is due again. Raises
        JobFailure where the clip will never be taken, or the job is to be cancelled and was not sent yet,
        with the row as it was; MediaError, StoreError, LeaseLost.
        """
        ...
