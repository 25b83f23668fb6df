"""How long jobs take: the sampler's rate, and when a queued job's clip will be there."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import comfy
from jobs.announcer import QueuePosition, WaitReason
from jobs.fleet.directory import ServerDirectory
from jobs.power.state import PowerState
from jobs.routing import KnownServer, all_away_since, can_run, wait_reason
from storage import Forecast, Job, Notice, Pause, State, Store

STEADY_SECONDS = 60.0  # a smaller change of an expected time is not announced: each change is an edit
STEADY_FRACTION = 0.2  # nor one that is smaller than this part of the remaining time
OUTAGE_SECONDS = 60.0  # the end of a job is seen so much later where its server could not be asked


@dataclass(slots=True, kw_only=True)
class SamplingRate:
    """How fast a sampler goes, measured between its steps; times in seconds of one monotonic clock.

    Each sampler of a graph has its own rate, and what is loaded between two of them takes no part in it.
    """

    sampler: str = ""
    first_step: int = 0
    first_time: float = 0.0
    per_step: float | None = None

    def seconds_left(self, step: int, steps: int, now: float, sampler: str = "") -> float | None:
        """What the remaining steps take at the rate so far; None until two steps of a sampler were seen."""
        if step < self.first_step:
            self.per_step = None
        if not self.first_step or step < self.first_step or sampler != self.sampler:
            self.sampler, self.first_step, self.first_time = sampler, step, now
        if step > self.first_step:
            self.per_step = (now - self.first_time) / (step - self.first_step)
        return None if self.per_step is None else self.per_step * (steps - step)


@dataclass(slots=True, kw_only=True)
class RunClock:
    """When a job was submitted and seen to start, in seconds of `awake_seconds`; servers' clocks may err.

    `submitted` is None where that was not seen: an earlier process may have submitted the job.
    """

    submitted: float | None = None
    started: float | None = None

    def gpu_seconds(self, told: float | None, now: float, *, longest: float) -> float | None:
        """The GPU seconds of a job that ended `now`: what its server `told`, if our clock allows that.

        Else what our clock saw, None where it did not see the whole run. No run takes more than `longest`.
        """
        if self.submitted is None:
            return told if told is not None and 0 <= told <= longest else None
        seen = now - (self.started or self.submitted)
        least = max(0.0, seen - OUTAGE_SECONDS)
        return told if told is not None and least <= told <= now - self.submitted else seen


def expected_end(forecast: Forecast | None, others: int = 0) -> float | None:
    """The middle of a forecast in Unix seconds; None where its range is too wide to be announced.

    `others`: prompts in ComfyUI's queue that are not ours; each is taken to last as long as this job.
    """
    if forecast is None:
        return None
    end, now = forecast.end, forecast.start.low
    middle = (end.low + end.high) / 2
    if end.high - end.low > 1.5 * (middle - now):
        return None
    return middle + others * (middle - (forecast.start.low + forecast.start.high) / 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFacts:
    """What the positions of all jobs depend on: a pause or notice that holds, and what servers say."""

    pause: Pause | None
    notice: Notice | None
    servers: Sequence[KnownServer]


class QueuePositions:
    """Positions of queued jobs and when each is done; a time once announced is kept while about right."""

    def __init__(
        self,
        store: Store,
        workflows: Mapping[str, comfy.Workflow],
        directory: ServerDirectory,
        power: PowerState | None = None,
    ) -> None:
        self._store = store
        self._workflows = workflows
        self._directory = directory
        self.power = power or PowerState()
        self._announced: dict[str, float] = {}
        self.blobs_away = False  # whether pictures can neither be read nor clips kept

    async def facts(self) -> QueueFacts:
        """What positions of all jobs depend on at this moment. Raises StoreError."""
        return QueueFacts(
            pause=await self._store.pause(),
            notice=await self._store.notice(),
            servers=await self._directory.known(),
        )

    async def position(
        self, job: Job, ahead: int | None = None, facts: QueueFacts | None = None
    ) -> QueuePosition:
        """The job's position; `ahead`, `facts` where they are known already. Raises StoreError."""
        if ahead is None:
            ahead = await self._store.ahead(job.id)
        facts = facts or await self.facts()
        notice = facts.notice
        if facts.pause:
            return QueuePosition(ahead=ahead, pause=facts.pause, notice=notice)
        if self.blobs_away:
            return QueuePosition(ahead=ahead, reason=WaitReason.BLOBS_AWAY, notice=notice)
        reason = self.reason(job, facts)
        if reason is not WaitReason.CANNOT_RUN and (until := self.power.quiet_until()):
            return QueuePosition(ahead=ahead, reason=WaitReason.QUIET_HOURS, until=until, notice=notice)
        if reason is WaitReason.UNREACHABLE and (seconds := self.power.wake_seconds()):
            minutes = max(round(seconds / 60), 1)
            return QueuePosition(ahead=ahead, reason=WaitReason.WAKING, minutes=minutes, notice=notice)
        if reason:
            away_since = all_away_since(facts.servers) if reason is WaitReason.UNREACHABLE else None
            return QueuePosition(ahead=ahead, reason=reason, away_since=away_since, notice=notice)
        expected = self._steady(job, await self.expected_end(job, facts))
        return QueuePosition(ahead=ahead, expected_end=expected, notice=notice)

    def reason(self, job: Job, facts: QueueFacts) -> WaitReason | None:
        """Why no server takes the job; None where one that can run it takes jobs."""
        return wait_reason(self._workflows, facts.servers, job.params)

    async def expected_end(self, job: Job, facts: QueueFacts | None = None) -> float | None:
        """When the clip will be there, in Unix seconds, where that can be said. Raises StoreError."""
        facts = facts or await self.facts()
        able = [
            each
            for each in facts.servers
            if each.live and each.offer is not None and can_run(self._workflows, each.offer, job.params)
        ]
        if not able or (job.state is State.QUEUED and facts.pause):
            return None
        others = min(each.others for each in able)
        return expected_end(await self._store.forecast(job.id, servers=len(able)), others)

    def forget(self, job_id: str) -> None:
        """Drop the time announced last: the job no longer waits."""
        self._announced.pop(job_id, None)

    def _steady(self, job: Job, expected: float | None) -> float | None:
        """The time announced last, unless it has moved by more than a person would mind."""
        announced, now = self._announced.get(job.id), time.time()
        if (
            expected
            and announced
            and abs(expected - announced) < max(STEADY_SECONDS, STEADY_FRACTION * (expected - now))
        ):
            return announced
        if expected:
            self._announced[job.id] = expected
        return expected
