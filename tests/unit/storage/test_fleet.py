"""Several processes on one database: who lives, one job a server, whose jobs others go on with."""

import contextlib
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from storage import (
    LeaseLost,
    ProcessRole,
    Reason,
    ServerRecord,
    ServerState,
    State,
    Store,
    StoreError,
    WorkerRecord,
    open_store,
)
from storage.fleet import ALIVE_SECONDS, KEPT_SECONDS
from storage.sqlite.database import SqliteDatabase, connected, migrations
from tests.unit.storage.old_databases import old_database
from tests.unit.storage.requests import Clock, admit, claim, make_request

ADA = WorkerRecord(
    id="ada", name="ada", role=ProcessRole.WORKER, version="1", host="host-a", servers=("a:8188", "b:8188")
)
BOB = WorkerRecord(
    id="bob", name="bob", role=ProcessRole.WORKER, version="1", host="host-b", servers=("c:8188",)
)
STATE = ServerState(name="a:8188", reachable=True, live=True, unavailable="", others=2)
LEASE_ENDS = 61.0  # seconds


def path_of(store: Store) -> Path:
    """The file of the store's database."""
    return store.database.folder / "animate.db"


@contextlib.asynccontextmanager
async def beside(store: Store) -> AsyncGenerator[Store]:
    """The store of another process on the same database, by connections of its own."""
    if not isinstance(store.database, SqliteDatabase):
        yield Store(store.database, store.now)  # each statement takes one of its pool
        return
    async with connected(path_of(store)) as connection:
        yield Store(SqliteDatabase(connection, path_of(store)), store.now)


async def test_a_process_is_alive_for_thirty_seconds_after_each_heartbeat(store: Store, clock: Clock) -> None:
    await store.join_fleet(ADA)
    clock.time += 20
    await store.beat(ADA)
    clock.time += ALIVE_SECONDS - 1
    (row,) = await store.workers()
    assert (row.servers, row.alive) == (ADA.servers, True)
    clock.time += 1
    assert [each.alive for each in await store.workers()] == [False]


async def test_one_whose_row_is_gone_writes_it_again(store: Store) -> None:
    await store.beat(ADA)
    (row,) = await store.workers()
    assert (row.id, row.servers) == (ADA.id, ADA.servers)


async def test_a_process_started_anew_takes_the_place_of_the_dead_one_of_its_name(
    store: Store, clock: Clock
) -> None:
    await store.join_fleet(ADA)
    await store.join_fleet(BOB)
    clock.time += ALIVE_SECONDS
    again = replace(ADA, id="ada again")
    await store.join_fleet(again)
    await store.beat(again)
    assert [each.id for each in await store.workers()] == ["ada again", "bob"]
    clock.time += KEPT_SECONDS
    await store.beat(again)
    assert [each.id for each in await store.workers()] == ["ada again"]


async def test_a_server_gets_one_job_whichever_process_claims(store: Store) -> None:
    for key, user in (("1", 1), ("2", 2)):
        await admit(store, make_request(key, user=user))
    async with beside(store) as other:
        lease = await claim(store, "a:8188")
        for loaded in (None, "wan"):
            assert await other.claim("a:8188", {"wan"}, loaded=loaded) is None
        assert (await claim(other, "c:8188")).job.key == "2"
        await admit(store, make_request("3", user=3))
        await store.move(await store.move(lease, State.RUNNING), State.DOWNLOADING)
        assert (await claim(other, "a:8188")).job.key == "3", "a clip that is fetched needs no GPU"


async def test_the_database_itself_refuses_a_second_job_on_a_server(store: Store) -> None:
    for key, user in (("1", 1), ("2", 2)):
        await admit(store, make_request(key, user=user))
        await claim(store, f"gpu {key}")
    with pytest.raises(StoreError):
        await store.database.fetch("UPDATE job SET server = 'gpu 1'", {})
    assert [each.server for each in await store.unfinished(2)] == ["gpu 1", "gpu 2"]


async def test_a_job_knows_who_holds_it(store: Store, clock: Clock) -> None:
    await admit(store, make_request("1"))
    async with beside(store) as other:
        await store.join_fleet(ADA)
        await other.join_fleet(BOB)
        lease = await claim(store, "a:8188")
        assert lease.job.holder == "ada"
        assert (await store.move(lease, State.QUEUED)).job.holder is None
        lease = await claim(store, "a:8188")
        clock.time += LEASE_ENDS
        adopted = await other.adopt("c:8188", BOB.servers)
        assert adopted
        assert adopted.job.holder == "bob"
        with pytest.raises(LeaseLost):
            await store.move(lease, State.RUNNING)


async def test_the_job_of_a_server_that_a_living_process_drives_is_left_to_it(
    store: Store, clock: Clock
) -> None:
    await admit(store, make_request("1"))
    async with beside(store) as other:
        await store.join_fleet(ADA)
        await other.join_fleet(BOB)
        await claim(store, "a:8188")
        clock.time += LEASE_ENDS
        await store.beat(ADA)
        assert await other.adopt("c:8188", BOB.servers) is None
        assert await store.adopt("b:8188", ADA.servers) is None, "its own other server has no part in it"
        assert await store.adopt("a:8188", ADA.servers)


async def test_the_job_of_a_dead_process_goes_on_elsewhere_where_it_can_run(
    store: Store, clock: Clock
) -> None:
    await admit(store, make_request("1"))
    async with beside(store) as other:
        await store.join_fleet(ADA)
        await claim(store, "a:8188")
        clock.time += LEASE_ENDS
        await other.join_fleet(BOB)
        assert await other.adopt("c:8188", BOB.servers, workflows={"another"}) is None
        adopted = await other.adopt("c:8188", BOB.servers, workflows={"wan"})
        assert adopted
        assert (adopted.job.server, adopted.adopted) == ("c:8188", True)


async def test_a_server_that_has_a_job_adopts_none_of_another(store: Store, clock: Clock) -> None:
    for key, user in (("1", 1), ("2", 2)):
        await admit(store, make_request(key, user=user))
    async with beside(store) as other:
        await store.join_fleet(ADA)
        await other.join_fleet(BOB)
        await claim(store, "a:8188")
        clock.time += 30
        own = await claim(other, "c:8188")
        clock.time += 31
        await other.beat(BOB)
        assert await other.adopt("c:8188", BOB.servers) is None
        await other.move(own, State.FAILED, reason=Reason(code="x"))
        assert await other.adopt("c:8188", BOB.servers)


async def test_what_was_cancelled_on_a_dead_process_ends_where_it_could_not_run(
    store: Store, clock: Clock
) -> None:
    job = (await admit(store, make_request("1"))).job
    await claim(store, "a:8188")
    await store.cancel(job.id, mover="person 1", reason=Reason(code="cancelled"))
    clock.time += LEASE_ENDS
    assert await store.adopt("c:8188", BOB.servers, workflows={"another"})


async def test_whoever_leaves_gives_its_jobs_back_at_once(store: Store) -> None:
    await admit(store, make_request("1"))
    async with beside(store) as other:
        await store.join_fleet(ADA)
        await other.join_fleet(BOB)
        await claim(store, "a:8188")
        await store.leave_fleet(ADA)
        assert await other.adopt("c:8188", BOB.servers)


async def test_a_drained_process_takes_no_new_job_and_finishes_its_own(store: Store, clock: Clock) -> None:
    for key, user in (("1", 1), ("2", 2)):
        await admit(store, make_request(key, user=user))
    async with beside(store) as operator:
        await store.join_fleet(ADA)
        lease = await claim(store, "a:8188")
        assert await operator.drain("ada", draining=True) == 1
        assert await operator.drain("nobody", draining=True) == 0
        for loaded in (None, "wan"):
            assert await store.claim("b:8188", {"wan"}, loaded=loaded) is None
        await store.move(lease, State.SUBMITTING)
        clock.time += LEASE_ENDS
        assert await store.adopt("a:8188", ADA.servers)
        assert await operator.drain("ada", draining=False) == 1
        assert await store.claim("b:8188", {"wan"})


async def test_a_drain_holds_over_a_restart(store: Store, clock: Clock) -> None:
    await store.join_fleet(ADA)
    await store.drain("ada", draining=True)
    await store.leave_fleet(ADA)
    again = replace(ADA, id="ada again")
    await store.join_fleet(again)
    await store.beat(again)
    assert [(each.id, each.draining) for each in await store.workers()] == [("ada again", True)]


async def test_what_a_process_says_of_its_servers_holds_while_it_lives(store: Store, clock: Clock) -> None:
    record = ServerRecord(
        name="a:8188", seen_at=5.0, runnable=frozenset({"wan"}), choices={"wan": {}}, missing={}
    )
    await store.join_fleet(ADA)
    await store.record_server_state(STATE)
    (found,) = await store.fleet_servers()
    assert (found.state, found.record, found.driven) == (STATE, None, True)
    assert await store.server_records(["a:8188"]) == {}, "it has never said what it can run"
    await store.record_server(record)
    await store.record_server_state(replace(STATE, unavailable="unreachable", reachable=False))
    (found,) = await store.fleet_servers()
    assert (found.state.unavailable, found.record) == ("unreachable", record)
    await store.record_server_state(STATE)
    clock.time += ALIVE_SECONDS
    (found,) = await store.fleet_servers()
    assert (found.state.reachable, found.driven) == (False, False)


async def test_uploads_are_noted_for_the_servers_of_others(store: Store, clock: Clock) -> None:
    await store.join_fleet(ADA)
    await store.join_fleet(BOB)
    await store.add_stale_upload("x.png", beside=["b:8188"], job_server="c:8188")
    await store.add_stale_upload("x.png", beside=["b:8188"], job_server="a:8188")
    assert [each.was_there for each in await store.stale_uploads("a:8188")] == [True]
    (upload,) = await store.stale_uploads("c:8188")
    assert upload.was_there
    assert await store.stale_uploads("b:8188") == []
    await store.remove_stale_upload(upload)
    assert await store.stale_uploads("c:8188") == []


async def test_of_several_jobs_on_one_server_an_update_leaves_one_there(tmp_path: Path) -> None:
    before = max(number for number in migrations() if number < 15)
    with old_database(tmp_path, before) as old:
        for number, name in enumerate(("first", "second", "third")):
            old.admit(name, 42 + number)
            old.execute(
                "UPDATE job SET state = 'running', server = 'gpu', lease_until = 1, epoch = 1 WHERE id = ?",
                name,
            )
    async with open_store(tmp_path) as store:
        first = await store.adopt("gpu", ["gpu"])
        assert first
        assert first.job.id == "first"
        assert {(await store.job(each)).server for each in ("second", "third")} == {
            "gpu (second)",
            "gpu (third)",
        }
        assert await store.adopt("gpu", ["gpu"]) is None
        second = await store.adopt("another", ["another", "gpu"])
        assert second
        assert second.job.id == "second"
