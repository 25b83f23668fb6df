"""An `Announcer` without Discord: it records facts. Conforms to `test_announcer_conformance`."""

from collections import deque
from dataclasses import dataclass

import comfy
from jobs.announcer import JobStage, QueuePosition, RequeueReason
from jobs.errors import JobFailure
from storage import Job, Lease, Reason, State, Store
from tests.unit.jobs.observable import Hold, Observable


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    job: str
    position: QueuePosition


@dataclass(frozen=True, slots=True, kw_only=True)
class StageReached:
    job: str
    stage: JobStage


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    job: str
    event: comfy.Event
    finish: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewShown:
    job: str
    preview: comfy.Preview


@dataclass(frozen=True, slots=True, kw_only=True)
class Requeued:
    job: str
    reason: RequeueReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelling:
    job: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    job: str
    state: State
    reason: Reason | None = None


Fact = Waiting | StageReached | Progress | PreviewShown | Requeued | Cancelling | Ended


@dataclass(frozen=True, slots=True)
class Postpone:
    """A delivery that is put off by so many seconds."""

    seconds: float


Delivery = Hold | Postpone | Exception


class ScriptedAnnouncer(Observable):
    """`facts` are those shown, in order; `results` the messages that carry a clip, by job.

    Each delivery takes the next steps of `deliveries` up to one that ends it; with none left it succeeds.
    """

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.facts: list[Fact] = []
        self.results: dict[str, int] = {}
        self.deliveries = deque[Delivery]()
        self.tried = 0
        self._store = store
        self._over = set[str]()
        self._stopping = set[str]()

    def about(self, job: Job | str, kind: type = object) -> list[Fact]:
        """What was shown of this job, of one kind of facts."""
        wanted = job if isinstance(job, str) else job.id
        return [fact for fact in self.facts if fact.job == wanted and isinstance(fact, kind)]

    async def shown(self, job: Job, kind: type, times: int = 1) -> None:
        """Wait until so many facts of this kind were shown of the job."""
        await self.until(lambda: len(self.about(job, kind)) >= times)

    def waiting(self, job: Job, position: QueuePosition) -> None:
        self._show(Waiting(job=job.id, position=position))

    def stage(self, job: Job, stage: JobStage) -> None:
        self._show(StageReached(job=job.id, stage=stage))

    def progress(self, job: Job, event: comfy.Event, finish: float | None) -> None:
        self._show(Progress(job=job.id, event=event, finish=finish))

    def preview(self, job: Job, preview: comfy.Preview) -> None:
        self._show(PreviewShown(job=job.id, preview=preview))

    def requeued(self, job: Job, reason: RequeueReason) -> None:
        self._show(Requeued(job=job.id, reason=reason))

    def cancelling(self, job: Job) -> None:
        if job.cancel_requested:
            self._show(Cancelling(job=job.id))
            self._stopping.add(job.id)

    def ended(self, job: Job) -> None:
        self._stopping.discard(job.id)
        self._show(Ended(job=job.id, state=job.state, reason=job.reason))
        self._over.add(job.id)

    async def deliver(self, lease: Lease) -> None:
        self.tried += 1
        job = lease.job
        if job.cancel_requested and not (lease.adopted and job.id in self.results):
            raise JobFailure("cancelled")
        self.stage(job, JobStage.DELIVERING)
        while self.deliveries:
            match self.deliveries.popleft():
                case Hold() as hold:
                    await hold.wait()
                case Postpone(seconds=seconds):
                    await self._store.postpone(lease, seconds)
                    self.changed()
                    return
                case error:
                    raise error
        message = self.results.setdefault(job.id, 1000 + job.seq)
        lease = await self._store.move(
            lease, State.DONE, result_message=message, result_channel=job.channel_id
        )
        self.ended(lease.job)

    def _show(self, fact: Fact) -> None:
        if fact.job not in self._over | self._stopping:
            self.facts.append(fact)
        self.changed()
