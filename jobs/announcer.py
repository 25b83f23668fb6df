"""What the worker tells of a job: facts, which an `Announcer` shows to people in its own way."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import comfy
from storage import Job, Lease


class JobStage(StrEnum):
    """What happens to a job outside of ComfyUI; the value names the sentence."""

    PREPARING = "preparing"
    DOWNLOADING = "downloading"
    DELIVERING = "delivering"


class RequeueReason(StrEnum):
    """Why a running job went back to the queue; the value names the sentence."""

    SERVER_UNREACHABLE = "queued_no_server"
    JOB_LOST = "sent_again"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePosition:
    """Where a queued job stands.

    `ahead`: jobs before it; `expected_end`: when its clip will be there, in Unix seconds, where that can be
    said; `reachable`: whether any server is.
    """

    ahead: int
    expected_end: float | None = None
    reachable: bool = True


class Announcer(Protocol):
    """Shows what becomes of jobs. All but `deliver` return at once, may drop what is outdated, raise nothing.

    After `ended` nothing else is shown of a job.
    """

    def waiting(self, job: Job, position: QueuePosition) -> None:
        """The job is queued."""
        ...

    def stage(self, job: Job, stage: JobStage) -> None:
        """The job has reached a stage outside of ComfyUI."""
        ...

    def progress(self, job: Job, event: comfy.Event, finish: float | None) -> None:
        """ComfyUI told of the job; `finish`: when sampling will be over, in Unix seconds, if known."""
        ...

    def preview(self, job: Job, preview: comfy.Preview) -> None:
        """A picture of the clip as it forms."""
        ...

    def requeued(self, job: Job, reason: RequeueReason) -> None:
        """The job went back to the queue."""
        ...

    def ended(self, job: Job) -> None:
        """The job is done, failed or cancelled: the row says which, and why."""
        ...

    async def deliver(self, lease: Lease) -> None:
        """Hand the clip of a job in state `delivering` to its owner, once.

        Returns when the row says `done`, or when to try again. Raises JobFailure where it will never be
        taken, MediaError, StoreError, LeaseLost.
        """
        ...
