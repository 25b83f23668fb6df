"""Who waits how long: `python -m benchmarks.fairness [--quick]`.

A simulated evening: two servers, 60 people of whom six are boosters, and one more who asks for 60 jobs at
once; more is wanted than the servers can do. First come first served and round robin are a few lines here;
ours is the real store on a real file, its clock simulated. A server needs a minute to load another model.
"""

# matplotlib has not all types:
# pyright: reportUnknownMemberType=false

import argparse
import asyncio
import heapq
import itertools
import json
import random
import statistics
import tempfile
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.policies import BOOSTERS, SECONDS, FirstCome, Ours, Policy, RoundRobin, SimulatedJob
from storage import QueueLimits, Store
from storage.sqlite.database import open_database

PEOPLE = 60
FLOODER = PEOPLE
FLOOD = 60  # jobs
EVENING = 4 * 3600.0  # seconds in which people ask
SIMULATED_JOBS = 3.0  # of each person, in the mean
LOADING = 60.0
SERVERS = 2
QUEUED_PER_PERSON = 5
POLICIES = ("first come", "round robin", "ours without affinity", "ours")
PICTURE_FILE = Path("benchmarks/pictures/fairness.png")


class Evening:
    """One policy, the jobs of one evening, and what comes of them."""

    def __init__(self, policy: Policy, simulated_jobs: Sequence[SimulatedJob]) -> None:
        self.now = 0.0
        self.switches = 0
        self._policy = policy
        self._order = itertools.count()
        self._loaded: dict[str, str | None] = dict.fromkeys((f"server {n}" for n in range(SERVERS)), None)
        self._idle = list(self._loaded)
        self._events: list[tuple[float, int, SimulatedJob, str | None]] = [
            (simulated.at, next(self._order), simulated, None) for simulated in simulated_jobs
        ]
        heapq.heapify(self._events)

    async def run(self) -> None:
        """Until the last clip is there."""
        while self._events:
            self.now, _, simulated, server = heapq.heappop(self._events)
            if server is None:
                await self._policy.add(simulated)
            else:
                await self._policy.end(simulated, simulated.ended - simulated.started)
                self._idle.append(server)
            while self._idle and await self._begin(self._idle[-1]):
                self._idle.pop()

    async def _begin(self, server: str) -> bool:
        simulated = await self._policy.take(server, self._loaded[server])
        if simulated is None:
            return False
        switch = self._loaded[server] != simulated.workflow
        self.switches += switch
        self._loaded[server] = simulated.workflow
        simulated.started = self.now
        simulated.ended = self.now + SECONDS[simulated.workflow] + LOADING * switch
        heapq.heappush(self._events, (simulated.ended, next(self._order), simulated, server))
        return True


def simulated_jobs_of(seed: int) -> list[SimulatedJob]:
    """An evening's jobs: the flood comes after half an hour."""
    chance = random.Random(seed)  # noqa: S311 - a simulation
    times = [(chance.uniform(0, EVENING), person) for person in range(PEOPLE) for _ in range(_some(chance))]
    flood = [(1800.0, FLOODER)] * FLOOD
    return [
        SimulatedJob(number=n, person=person, at=at, workflow=chance.choice(["wan", "wan", "light"]))
        for n, (at, person) in enumerate(sorted(times + flood), start=1)
    ]


def _some(chance: random.Random) -> int:
    return 1 + min(int(chance.expovariate(1 / (SIMULATED_JOBS - 0.5))), 15)


@asynccontextmanager
async def open_policy(name: str, evening: list[Evening]) -> AsyncGenerator[Policy]:
    """The policy of that name; its clock is that of the evening that will be put into the list."""
    plain = {"first come": FirstCome, "round robin": RoundRobin}
    if name in plain:
        yield plain[name]()
        return
    with tempfile.TemporaryDirectory() as folder:
        async with open_database(Path(folder) / "animate.db") as database:
            await database.fetch("PRAGMA synchronous = OFF", {})
            limits = QueueLimits(queued_per_person=QUEUED_PER_PERSON, longest_wait=None)
            store = Store(database, lambda: evening[0].now, limits)
            yield Ours(store, affinity=name == "ours")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Waits in minutes of one policy's evenings, model switches of each, and fairness."""

    light: Sequence[float]
    boosters: Sequence[float]
    flooder: Sequence[float]
    switches: float
    jain: float

    def row(self) -> dict[str, float]:
        """What the table shows."""
        return {
            "light p50": round(statistics.median(self.light), 1),
            "light p95": round(statistics.quantiles(self.light, n=20)[-1], 1),
            "boosters p50": round(statistics.median(self.boosters), 1),
            "flooder p50": round(statistics.median(self.flooder), 1),
            "switches": round(self.switches, 1),
            "Jain": round(self.jain, 3),
        }


def jain(simulated_jobs: Sequence[SimulatedJob]) -> float:
    """Jain's index of the GPU seconds that people got while they all waited, of what each could have used.

    1 is the same part for all. What the flooder could use is no more than an equal share.
    """
    asked, got = dict[int, float](), dict[int, float]()
    for simulated in simulated_jobs:
        seconds = SECONDS[simulated.workflow]
        asked[simulated.person] = asked.get(simulated.person, 0.0) + seconds
        got[simulated.person] = got.get(simulated.person, 0.0) + seconds * (simulated.ended <= EVENING)
    share = SERVERS * EVENING / len(asked)
    parts = [min(got[person] / min(asked[person], share), 1.0) for person in asked]
    return sum(parts) ** 2 / (len(parts) * sum(part * part for part in parts))


async def simulate(name: str, seeds: Sequence[int]) -> Outcome:
    """The same evenings under one policy."""
    simulated_jobs, switches, fairness = list[SimulatedJob](), list[int](), list[float]()
    for seed in seeds:
        of_evening, evening = simulated_jobs_of(seed), list[Evening]()
        async with open_policy(name, evening) as policy:
            evening.append(Evening(policy, of_evening))
            await evening[0].run()
        simulated_jobs += of_evening
        switches.append(evening[0].switches)
        fairness.append(jain(of_evening))
    return Outcome(
        light=[simulated.wait for simulated in simulated_jobs if BOOSTERS <= simulated.person < PEOPLE],
        boosters=[simulated.wait for simulated in simulated_jobs if simulated.person < BOOSTERS],
        flooder=[simulated.wait for simulated in simulated_jobs if simulated.person == FLOODER],
        switches=statistics.mean(switches),
        jain=statistics.mean(fairness),
    )


def draw(outcomes: Mapping[str, Outcome], picture: Path) -> None:
    """What part of the light users waited no longer than so many minutes, under each policy."""
    from matplotlib.figure import Figure  # only where a picture is wanted

    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.add_subplot()
    for name, outcome in outcomes.items():
        waits = sorted(outcome.light)
        axes.plot(waits, [(n + 1) / len(waits) for n in range(len(waits))], label=name)
    axes.set(
        xlabel="minutes of waiting", ylabel="part of the jobs of light users", xlim=(0, None), ylim=(0, 1)
    )
    axes.grid(alpha=0.2)
    axes.legend()
    picture.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(picture, dpi=120)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.fairness", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one evening instead of ten, no picture")
    parser.add_argument("--picture", type=Path, default=PICTURE_FILE, metavar="FILE", help=str(PICTURE_FILE))
    options = parser.parse_args()
    seeds = range(1 if options.quick else 10)
    outcomes = {name: asyncio.run(simulate(name, seeds)) for name in POLICIES}
    table = {name: outcome.row() for name, outcome in outcomes.items()}
    columns = next(iter(table.values()))
    print(f"{'minutes':24}" + "".join(f"{column:>14}" for column in columns))
    for name, row in table.items():
        print(f"{name:24}" + "".join(f"{value:14}" for value in row.values()))
    if not options.quick:
        draw(outcomes, options.picture)
    print(json.dumps(table))


if __name__ == "__main__":
    main()
