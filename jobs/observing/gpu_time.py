"""Counts the seconds in which servers compute our jobs, by what they do in them."""

import contextlib
from collections import defaultdict
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass

import comfy
from jobs.awake_time import awake_seconds

STARTING = "starting"
"""From the start of a job until its server names a stage; all of it where a server names none."""


@dataclass(slots=True)
class _Running:
    stage: str
    since: float


class GpuTime:
    """GPU seconds by server and stage since this process started. `clock`: seconds while awake."""

    def __init__(self, clock: Callable[[], float] = awake_seconds) -> None:
        self._clock = clock
        self._seconds = defaultdict[tuple[str, str], float](float)
        self._running: dict[str, _Running] = {}

    @property
    def busy(self) -> frozenset[str]:
        """The servers that compute a job of ours at the moment."""
        return frozenset(self._running)

    def seconds(self) -> Mapping[tuple[str, str], float]:
        """Seconds by server and stage, those of the jobs that run included."""
        for server in self._running:
            self._count(server)
        return dict(self._seconds)

    @contextlib.contextmanager
    def counted(self, server: str) -> Generator[None]:
        """Count the time of one job on that server, from its `started` to the end of this block."""
        try:
            yield
        finally:
            self._count(server)
            self._running.pop(server, None)

    def feed(self, server: str, event: comfy.Event) -> None:
        """Note an event of the job that is counted there: its start, or what it does now."""
        match event:
            case comfy.Started():
                self._begin(server, STARTING)
            case comfy.Node(stage=stage):
                self._begin(server, stage.value)
            case comfy.Sampling():
                self._begin(server, comfy.Stage.SAMPLING.value)
            case _:
                pass

    def _begin(self, server: str, stage: str) -> None:
        self._count(server)
        self._running[server] = _Running(stage, self._clock())

    def _count(self, server: str) -> None:
        """Add what has passed of the stage that runs there."""
        if running := self._running.get(server):
            now = self._clock()
            self._seconds[server, running.stage] += now - running.since
            running.since = now
