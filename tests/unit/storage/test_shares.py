"""Fair shares, as proven for start-time fair queueing: measured on random loads over several servers.

With constant weights and known costs, two people who both have jobs waiting differ in what they get, over any
time, by at most one job of each (Goyal, Vin, Cheng 1996: by dispatch; what is still in service adds a job of
each for every server). A head start adds itself; affinity adds its slack of one job at either end.
"""

import heapq
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, target
from hypothesis import strategies as st

from storage import Lease
from tests.unit.storage.requests import make_params
from tests.unit.storage.temporary_store import TemporaryStore, example_settings, open_temporary_store

COSTS = {"short": 5.0, "wan": 20.0, "long": 60.0}


@dataclass(frozen=True, kw_only=True)
class Person:
    weight: float
    head_start: float


@dataclass(frozen=True, kw_only=True)
class Arrival:
    person: int
    workflow: str
    pause: float


@dataclass(kw_only=True)
class Share:
    """What each person has got, and whose jobs wait, after one event."""

    got: Counter[int]
    waiting: Counter[int]


@dataclass(kw_only=True)
class Simulation:
    """A simulation on the real store: requests arrive, servers claim at once and take the known time."""

    temporary: TemporaryStore
    people: Sequence[Person]
    arrivals: Sequence[Arrival]
    affinity: bool
    idle: list[tuple[str, str | None]]
    shares: list[Share] = field(default_factory=list[Share])
    got: Counter[int] = field(default_factory=Counter[int])
    waiting: Counter[int] = field(default_factory=Counter[int])

    def run(self) -> None:
        """Until the last job is done."""
        order = itertools.count()
        times = itertools.accumulate(arrival.pause for arrival in self.arrivals)
        events: list[tuple[float, int, Arrival | Lease]] = [
            (self.temporary.clock.time + time, next(order), arrival)
            for time, arrival in zip(times, self.arrivals, strict=True)
        ]
        while events:
            self.temporary.clock.time, number, event = heapq.heappop(events)
            self._handle(event, str(number))
            for lease in self._dispatch():
                done = self.temporary.clock.time + COSTS[lease.job.params.workflow]
                heapq.heappush(events, (done, next(order), lease))

    def _handle(self, event: Arrival | Lease, key: str) -> None:
        if isinstance(event, Arrival):
            person = self.people[event.person]
            self.temporary.admit(
                key,
                event.person,
                params=make_params(workflow=event.workflow),
                weight=person.weight,
                head_start=person.head_start,
            )
            self.waiting[event.person] += 1
            self._record()
        else:
            self.temporary.finish(event, event.job.cost)
            self.idle.append((str(event.job.server), event.job.params.workflow))

    def _dispatch(self) -> Iterator[Lease]:
        while self.idle:
            server, loaded = self.idle.pop()
            claimed = self.temporary.store.claim(server, COSTS, loaded=loaded if self.affinity else None)
            lease = self.temporary.run(claimed)
            if lease is None:
                self.idle.append((server, loaded))
                return
            self.got[lease.job.user_id] += int(lease.job.cost)
            self.waiting[lease.job.user_id] -= 1
            self._record()
            yield lease

    def _record(self) -> None:
        self.shares.append(Share(got=Counter(self.got), waiting=Counter(self.waiting)))


def widest(shares: Sequence[Share], one: int, other: int, weights: Sequence[float]) -> float:
    """The largest difference of weighted work over any time in which both have jobs waiting."""
    largest = 0.0
    for both, period in itertools.groupby(shares, lambda each: each.waiting[one] > 0 < each.waiting[other]):
        leads = [each.got[one] / weights[one] - each.got[other] / weights[other] for each in period]
        largest = max(largest, max(leads) - min(leads)) if both else largest
    return largest


PEOPLE = st.lists(
    st.builds(Person, weight=st.sampled_from([1.0, 2.0, 4.0]), head_start=st.sampled_from([0.0, 0.0, 40.0])),
    min_size=2,
    max_size=3,
)
BURSTS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(sorted(COSTS)),
        st.integers(1, 8),
        st.sampled_from([0.0, 0.0, 30.0, 200.0]),
    ),
    min_size=2,
    max_size=6,
)


@pytest.fixture(scope="module")
def temporary(engine: str, empty_database: Path) -> Iterator[TemporaryStore]:
    with open_temporary_store(engine, empty_database) as opened:
        yield opened


@pytest.mark.long
def test_people_who_wait_differ_by_at_most_a_job_of_each(
    temporary: TemporaryStore, engine: str, pytestconfig: pytest.Config
) -> None:
    @example_settings(pytestconfig, 40, engine)
    @given(people=PEOPLE, bursts=BURSTS, servers=st.integers(1, 3), affinity=st.booleans())
    def check(
        people: list[Person], bursts: list[tuple[int, str, int, float]], servers: int, affinity: bool
    ) -> None:
        arrivals = [
            Arrival(person=person % len(people), workflow=workflow, pause=0.0 if n else pause)
            for person, workflow, number, pause in bursts
            for n in range(number)
        ]
        shares = simulate(temporary, people, arrivals, servers=servers, affinity=affinity)
        weights = [person.weight for person in people]
        turns = [
            max((COSTS[arrival.workflow] for arrival in arrivals if arrival.person == n), default=0)
            / weights[n]
            for n in range(len(people))
        ]
        slack = 2 * max(turns) if affinity else 0
        for one, other in itertools.combinations(range(len(people)), 2):
            head_starts = people[one].head_start + people[other].head_start
            bound = turns[one] + turns[other] + head_starts + slack
            measured = widest(shares, one, other, weights)
            assert measured <= bound + 1e-6
            target(measured - bound, label=f"{one} against {other}")
        assert sum(shares[-1].waiting.values()) == 0, "nobody is forgotten"

    check()


def simulate(
    temporary: TemporaryStore,
    people: Sequence[Person],
    arrivals: Sequence[Arrival],
    *,
    servers: int,
    affinity: bool,
) -> Sequence[Share]:
    """What each got at each event, when each arrival comes after its pause."""
    temporary.reset()
    for workflow, seconds in COSTS.items():
        temporary.teach(workflow, seconds)
    idle: list[tuple[str, str | None]] = [(f"server {n}", None) for n in range(servers)]
    simulation = Simulation(
        temporary=temporary, people=people, arrivals=arrivals, affinity=affinity, idle=idle
    )
    simulation.run()
    return simulation.shares
