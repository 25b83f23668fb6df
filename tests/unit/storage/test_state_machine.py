"""Operations on the queue in random order: the invariants hold, and every job is served."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from storage import Lease, LeaseLost, QueueLimits, Reason, State
from storage.job import FINISHED
from tests.unit.storage.requests import NODE_FAILED, make_params
from tests.unit.storage.temporary_store import TemporaryStore, example_settings, open_temporary_store

SERVERS = ("server 1", "server 2", "server 3")
WORKFLOWS = {"short": 5.0, "wan": 20.0, "long": 60.0}
STAGES = (State.CLAIMED, State.SUBMITTING, State.RUNNING, State.DOWNLOADING)
REQUEST = st.fixed_dictionaries(
    {
        "user": st.integers(1, 3),
        "guild_id": st.integers(1, 2),
        "params": st.sampled_from([make_params(workflow=workflow) for workflow in WORKFLOWS]),
        "weight": st.sampled_from([1.0, 1.0, 2.0, 4.0]),
        "head_start": st.sampled_from([0.0, 0.0, 30.0, 600.0]),
    }
)
SECONDS = st.floats(0.1, 200)


@pytest.fixture(scope="module")
def temporary(engine: str, empty_database: Path) -> Iterator[TemporaryStore]:
    with open_temporary_store(engine, empty_database) as opened:
        yield opened


class QueueMachine(RuleBasedStateMachine):
    """Everything that may happen to a queue, in any order; `held` are the leases of those who still live."""

    temporary: TemporaryStore

    @initialize(running=st.sampled_from([None, None, 1, 2]))
    def begin(self, running: int | None) -> None:
        self.limits = QueueLimits(running_per_guild=running)
        self.temporary.reset(self.limits)
        for workflow, seconds in WORKFLOWS.items():
            self.temporary.teach(workflow, seconds)
        self.numbers = itertools.count()
        self.jobs: list[str] = []
        self.held: dict[str, Lease] = {}
        self.zombies: list[Lease] = []

    @rule(requests=st.lists(REQUEST, min_size=1, max_size=4))
    def admit(self, requests: list[dict[str, object]]) -> None:
        for request in requests:
            key = str(next(self.numbers))
            self.jobs.append(self.temporary.admit(key, **request))  # type: ignore[arg-type]

    @rule(server=st.sampled_from(SERVERS), loaded=st.sampled_from([None, *sorted(WORKFLOWS)]))
    def claim(self, server: str, loaded: str | None) -> None:
        waiting = [each.job for each in self.temporary.run(self.temporary.store.waiting(limit=1000))]
        servable = [job for job in waiting if self._may_run(job.guild_id)]
        is_free = self.temporary.is_free(server)
        lease = self.temporary.run(self.temporary.store.claim(server, WORKFLOWS, loaded=loaded))
        may_serve = bool(servable) and is_free
        assert (lease is not None) == may_serve, "a server is idle when and only when nobody may be served"
        if lease:
            own = next(job for job in servable if job.user_id == lease.job.user_id)
            assert lease.job.id == own.id, "a person is served in the order of asking"
            assert loaded or lease.job.id == servable[0].id
            self.held[lease.job.id] = lease

    def _may_run(self, guild: int) -> bool:
        limit = self.limits.running_per_guild
        return limit is None or self.temporary.running(guild) < limit

    @rule(number=st.integers(0, 99), state=st.sampled_from(STAGES[1:]))
    def move(self, number: int, state: State) -> None:
        """To this stage, or again to its own where that is later: none goes back but through the queue."""
        if self.held:
            reached = self.held[self._chosen(number)].job.state
            self._move(number, max(state, reached, key=STAGES.index))

    @rule(number=st.integers(0, 99), seconds=SECONDS)
    def finish(self, number: int, seconds: float) -> None:
        self._move(number, State.DONE, seconds=seconds, result_message=next(self.numbers) + 1)

    @rule(number=st.integers(0, 99), charged=st.none() | SECONDS)
    def fail(self, number: int, charged: float | None) -> None:
        fault = {} if charged is None else {"charged": charged}
        self._move(number, State.FAILED, reason=NODE_FAILED, **fault)

    @rule(number=st.integers(0, 99))
    def put_back(self, number: int) -> None:
        self._move(number, State.QUEUED)

    @rule(number=st.integers(0, 99))
    def cancel(self, number: int) -> None:
        if self.jobs:
            job_id = self.jobs[number % len(self.jobs)]
            reason = Reason(code="cancelled")
            self.temporary.run(self.temporary.store.cancel(job_id, mover="person", reason=reason))

    @rule(seconds=st.floats(0, 50))
    def heartbeat(self, seconds: float) -> None:
        self.temporary.clock.time += seconds
        self.temporary.run(self.temporary.store.renew(self.held.values()))

    @rule(server=st.sampled_from(SERVERS))
    def every_holder_dies_and_somebody_adopts(self, server: str) -> None:
        self.temporary.clock.time += 61
        self.zombies += self.held.values()
        self.held.clear()
        lease = self.temporary.run(self.temporary.store.adopt(server, SERVERS))
        if lease:
            assert lease.job.server == server
            self.held[lease.job.id] = lease

    @rule(number=st.integers(0, 99), state=st.sampled_from([State.RUNNING, State.QUEUED, State.FAILED]))
    def a_zombie_moves_nothing(self, number: int, state: State) -> None:
        taken_over = [lease for lease in self.zombies if lease.job.id in self.held]
        if taken_over:
            lost = taken_over[number % len(taken_over)]
            before = self.temporary.run(self.temporary.store.job(lost.job.id))
            zombie = replace(lost, job=replace(before, epoch=lost.job.epoch))
            with pytest.raises(LeaseLost):
                self.temporary.run(self.temporary.store.move(zombie, state))
            assert self.temporary.run(self.temporary.store.job(before.id)) == before

    def _move(self, number: int, state: State, **changes: object) -> None:
        if self.held:
            job_id = self._chosen(number)
            moved = self.temporary.run(self.temporary.store.move(self.held.pop(job_id), state, **changes))  # type: ignore[arg-type]
            if moved.job.state not in FINISHED and moved.job.state != State.QUEUED:
                self.held[job_id] = moved

    def _chosen(self, number: int) -> str:
        """By seq, not by id: ids are random, and the same draws have to move the same job on every run."""
        return sorted(self.held, key=lambda each: self.held[each].job.seq)[number % len(self.held)]

    @invariant()
    def invariants(self) -> None:
        self.temporary.check_invariants()

    def teardown(self) -> None:
        """However it went, whoever is left is served: nobody starves."""
        self.temporary.clock.time += 61
        self.temporary.store = type(self.temporary.store)(self.temporary.store.database, self.temporary.clock)
        left = len(self.jobs)
        while lease := self.temporary.run(self._next()):
            self.temporary.run(self.temporary.store.move(lease, State.FAILED, reason=NODE_FAILED))
            left -= 1
            assert left >= 0
        assert all(self.temporary.run(self.temporary.store.job(job)).state in FINISHED for job in self.jobs)
        self.temporary.check_invariants()

    async def _next(self) -> Lease | None:
        store = self.temporary.store
        return (
            await store.adopt_delivery()
            or await store.adopt("new server", ["new server"])
            or await store.claim("new server", WORKFLOWS)
        )


def test_in_any_order_of_operations_the_invariants_hold_and_everybody_is_served(
    temporary: TemporaryStore, engine: str, pytestconfig: pytest.Config
) -> None:
    QueueMachine.temporary = temporary
    run_state_machine_as_test(QueueMachine, settings=example_settings(pytestconfig, 15, engine))
