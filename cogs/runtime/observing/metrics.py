"""The bot's numbers in Prometheus' text format; docs/operating.md says what each means, and when to act."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from cogs.discord_api.rate_limiter import Priority
from cogs.discord_api.scheduler import INTERACTION, SCOPES, UNKNOWN_SCOPE, RequestScheduler
from cogs.runtime.observing.measured import LoopLag, resident_bytes
from jobs.fleet.directory import ServerDirectory
from jobs.observing.gpu_time import STARTING, GpuTime
from jobs.routing import KnownServer
from storage import ACTIVE, JobCounts, State, Store, StoreError

log = logging.getLogger(__name__)

KEPT_SECONDS = 5.0  # for which the database is not asked again
DATABASE_TIMEOUT = 2.0  # seconds
NO_REASON = "none"
PREFIX = "animate_"

Values = Mapping[tuple[str, ...], float]
"""A number for each combination of labels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where the numbers come from. `online`: whether the gateway of Discord is connected."""

    store: Store
    scheduler: RequestScheduler
    directory: ServerDirectory
    gpu_time: GpuTime
    loop_lag: LoopLag
    online: Callable[[], bool]
    guilds: Callable[[], int]


class Metrics:
    """Renders all numbers of `sources`; a scrape asks the database at most every KEPT_SECONDS."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._counts: JobCounts | None = None
        self._known: Sequence[KnownServer] = ()
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()

    async def render(self) -> bytes:
        """All metrics as the text of one scrape; without those of the database where it does not answer."""
        await self.read_database()
        await self.any_server()
        families = list(self._families())
        return await asyncio.to_thread(_render, families)

    async def read_database(self) -> bool:
        """Read the numbers of jobs, unless that was done a moment ago; whether the database answers."""
        async with self._reading:
            if time.monotonic() - self._read_at >= KEPT_SECONDS:
                try:
                    async with asyncio.timeout(DATABASE_TIMEOUT):
                        self._counts = await self._sources.store.counts()
                except (StoreError, TimeoutError) as err:
                    self._counts = None
                    log.warning("the numbers of jobs cannot be read: %s", err or "the database is too slow")
                self._read_at = time.monotonic()
            return self._counts is not None

    def online(self) -> bool:
        """Whether the gateway of Discord is connected."""
        return self._sources.online()

    async def any_server(self) -> bool:
        """Whether a ComfyUI answers; those of other processes as last known, where the database does not."""
        try:
            async with asyncio.timeout(DATABASE_TIMEOUT):
                self._known = await self._sources.directory.known()
        except (StoreError, TimeoutError):
            own = self._sources.directory.own()
            names = {each.name for each in own}
            self._known = [*own, *(each for each in self._known if each.name not in names)]
        return any(each.live for each in self._known)

    def _families(self) -> Iterator[Metric]:
        if self._counts:
            yield from _job_families(self._counts, time.time())
        yield _gauge("database_up", "Whether the database answers (0, 1)", float(self._counts is not None))
        yield from _server_families(self._known)
        yield from _gpu_families(self._sources, self._known)
        yield from _discord_families(self._sources)
        lag = self._sources.loop_lag.longest
        yield _gauge("loop_lag_seconds", "How late the event loop was at most in the last minute", lag)
        if memory := resident_bytes():
            yield _gauge("memory_bytes", "Resident memory of the bot's process, without its children", memory)


class _Families(Collector):
    def __init__(self, families: Sequence[Metric]) -> None:
        self._collected = families

    def collect(self) -> Iterable[Metric]:
        return self._collected


def _render(families: Sequence[Metric]) -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Families(families))
    return generate_latest(registry)


def _job_families(counts: JobCounts, now: float) -> Iterator[Metric]:
    waiting = counts.unfinished.get(State.QUEUED, 0)
    age = max(now - counts.oldest_queued, 0.0) if waiting and counts.oldest_queued else 0.0
    yield _gauge("queue_jobs", "Jobs that wait for a server", waiting)
    yield _gauge("queue_oldest_seconds", "For how long the oldest job has waited; 0 where none waits", age)
    active = {(state.value,): counts.unfinished.get(state, 0) for state in sorted(ACTIVE)}
    yield _gauges("active_jobs", "Jobs on a server or on their way to Discord", ["state"], active)
    ends = {(state.value, reason or NO_REASON): number for (state, reason), number in counts.ends.items()}
    first = {(state.value, NO_REASON): 0 for state in (State.DONE, State.FAILED, State.CANCELLED)}
    yield _counters("jobs_ended", "Jobs that ended, by end and reason", ["end", "reason"], {**first, **ends})
    sent = sum(number for (state, _), number in counts.ends.items() if state is State.DONE)
    outcomes = {("sent",): sent, ("put_off",): counts.put_off, ("refused",): counts.refused}
    yield _counters(
        "deliveries", "Clips that Discord took, put off, or refused for good", ["outcome"], outcomes
    )


def _server_families(known: Sequence[KnownServer]) -> Iterator[Metric]:
    up = {(each.name,): float(each.live) for each in known}
    away = {(each.name,): each.away_since for each in known if each.away_since is not None}
    yield _gauges("comfyui_up", "Whether the ComfyUI answers (0, 1)", ["server"], up)
    yield _gauges(
        "comfyui_away_since_timestamp_seconds",
        "Since when the ComfyUI does not answer, in Unix seconds; nothing while it does",
        ["server"],
        away,
    )


def _gpu_families(sources: Sources, known: Sequence[KnownServer]) -> Iterator[Metric]:
    busy = sources.gpu_time.busy
    by_server = {(each.name,): float(each.name in busy) for each in known}
    yield _gauges("gpu_busy", "Whether the server computes a job of the bot (0, 1)", ["server"], by_server)
    seconds = {**{(each.name, STARTING): 0.0 for each in known}, **sources.gpu_time.seconds()}
    yield _counters("gpu_seconds", "Seconds in jobs, by what was done", ["server", "stage"], seconds)


def _discord_families(sources: Sources) -> Iterator[Metric]:
    scheduler = sources.scheduler
    priorities = [INTERACTION, *(each.name.lower() for each in Priority)]
    sent = {(name,): scheduler.sent[name] for name in priorities}
    limited = {(scope,): scheduler.rate_limited[scope] for scope in (*sorted(SCOPES), UNKNOWN_SCOPE)}
    yield _gauge("discord_connected", "Whether the gateway is connected (0, 1)", float(sources.online()))
    yield _gauge("guilds", "Guilds that the bot is in", sources.guilds())
    yield _counters("discord_requests", "Requests to Discord", ["priority"], sent)
    yield _counters("discord_rate_limited", "Answers of 429, by their scope", ["scope"], limited)
    yield _counters("discord_invalid_requests", "Answers of 401, 403, 429", [], {(): scheduler.invalid})
    yield _gauge(
        "discord_invalid_recent",
        "Answers of 401, 403, 429 in the last ten minutes; at 10,000 Discord bans the address",
        scheduler.invalid_requests,
    )


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(PREFIX + name, text, value=value)


def _gauges(name: str, text: str, labels: Sequence[str], values: Values) -> Metric:
    family = GaugeMetricFamily(PREFIX + name, text, labels=labels)
    for each, value in values.items():
        family.add_metric(each, value)
    return family


def _counters(name: str, text: str, labels: Sequence[str], values: Values) -> Metric:
    family = CounterMetricFamily(PREFIX + name, text, labels=labels)
    for each, value in values.items():
        family.add_metric(each, value)
    return family
