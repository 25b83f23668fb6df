"""The server away, restarted, refusing; commits without an answer; and what a wrong setting gets."""

import asyncio
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from storage import (
    DatabaseLocation,
    LeaseLost,
    Reason,
    SchemaTooNew,
    State,
    StoreError,
    StoreUnavailable,
    open_store,
    open_store_beside,
)
from storage.database import QueueOperation, Row, Values
from storage.postgres import database as postgres_database
from storage.postgres import schema
from storage.postgres.operations import Run
from tests.postgres_server import PostgresServer, create_database, installed, own_server
from tests.unit.storage.engines import server_of
from tests.unit.storage.postgres.postgres_setup import CutLine, cut_line
from tests.unit.storage.requests import SERVER, admit, claim, delivering, make_request


def at(folder: Path, url: str, listen_url: str = "") -> DatabaseLocation:
    return DatabaseLocation(folder=folder, url=url, listen_url=listen_url)


async def cut_next(line: CutLine) -> None:
    """The next commit gets no answer."""
    line.commits_to_cut = 1


@pytest.mark.parametrize("operation", ["admit", "claim", "move", "postpone", "cancel", "language"])
async def test_a_commit_whose_answer_is_lost_is_done_once(
    postgres: str, url: str, tmp_path: Path, operation: str
) -> None:
    async with cut_line(server_of(postgres)) as line, open_store(at(tmp_path, line.url(url))) as store:
        if operation == "admit":
            await cut_next(line)
            assert (await store.admit(make_request("a"))).created
            assert len(await store.waiting()) == 1
        elif operation == "claim":
            await admit(store, make_request("a"))
            await cut_next(line)
            lease = await claim(store)
            assert (await store.current(lease)).job.epoch == 1
        elif operation == "move":
            await admit(store, make_request("a"))
            lease = await claim(store)
            await cut_next(line)
            lease = await store.move(lease, State.FAILED, reason=Reason(code="x"))
            states = [each.state for each in await store.transitions(lease.job.id)]
            assert states == [State.QUEUED, State.CLAIMED, State.FAILED]
        elif operation == "postpone":
            lease = await delivering(store)
            await cut_next(line)
            assert (await store.postpone(lease, 1)).tries == 1
            with pytest.raises(LeaseLost):
                await store.postpone(lease, 1)
        elif operation == "cancel":
            job = (await admit(store, make_request("a"))).job
            await cut_next(line)
            ended = await store.cancel(job.id, mover="person 1", reason=Reason(code="cancelled"))
            assert ended
            assert ended.state is State.CANCELLED
        else:
            await cut_next(line)
            await store.set_language(1, "zh-CN")
            assert await store.language(1) == "zh-CN"
        assert line.cut == 1


async def test_an_outcome_that_cannot_be_asked_for_is_known_when_the_same_is_tried_again(
    postgres: str, url: str, tmp_path: Path
) -> None:
    async with cut_line(server_of(postgres)) as line, open_store(at(tmp_path, line.url(url))) as store:
        await admit(store, make_request("a"))
        lease = await claim(store)
        line.commits_to_cut, line.refusing = 1, True
        with pytest.raises(StoreUnavailable, match="cannot be reached"):
            await store.move(lease, State.RUNNING)
        line.refusing = False
        moved = await store.move(lease, State.RUNNING)
        assert moved.job.state is State.RUNNING
        with pytest.raises(LeaseLost):
            await store.move(lease, State.RUNNING)
        assert len(await store.transitions(lease.job.id)) == 3


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A server that asks for a password, which a test may end."""
    if not installed():
        pytest.skip("no PostgreSQL is installed")
    with own_server(auth="scram-sha-256", synchronous_commit="on") as opened:
        yield opened


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
async def test_a_server_that_is_away_is_said_so_and_work_goes_on_when_it_is_back(
    server: PostgresServer, tmp_path: Path, how: signal.Signals
) -> None:
    url = await create_database(server, f"away_{how.value}")
    async with open_store(at(tmp_path, url)) as store:
        await admit(store, make_request("a"))
        await asyncio.to_thread(server.stop, how)
        try:
            with pytest.raises(StoreUnavailable, match="cannot be reached"):
                await store.claim(SERVER, {"wan"})
            with pytest.raises(StoreUnavailable, match="cannot be reached"):
                await store.waiting()
        finally:
            await asyncio.to_thread(server.start)
        assert (await claim(store)).job.key == "a"


async def test_what_locks_undo_again_and_again_is_no_lost_lease(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def undone(run: Run, values: Values) -> Sequence[Row]:
        return await run("SELECT 1 FROM job ORDER BY seq FOR UPDATE NOWAIT", values)

    monkeypatch.setattr(postgres_database, "ATTEMPTS", 2)
    async with open_store(at(tmp_path, url)) as store, open_store(at(tmp_path, url)) as other:
        await admit(store, make_request("a"))
        lease = await claim(store)
        monkeypatch.setattr(postgres_database, "OPERATIONS", {QueueOperation.MOVE: undone})
        async with other.database.transaction():
            await other.database.fetch("SELECT 1 FROM job FOR UPDATE", {})
            with pytest.raises(StoreUnavailable, match="could not obtain lock"):
                await store.move(lease, State.RUNNING)


async def test_connections_that_the_server_ends_are_replaced(url: str, tmp_path: Path) -> None:
    async with open_store(at(tmp_path, url)) as store, open_store(at(tmp_path, url)) as other:
        await admit(store, make_request("a"))
        await other.database.fetch(
            """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()""",
            {},
        )
        assert (await claim(store)).job.key == "a"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("http://127.0.0.1/bot", "no address of a database"),
        ("postgresql://127.0.0.1:port/bot", "no address of a database"),
        ("postgresql://127.0.0.1:1/bot", "cannot be reached"),
        ("postgresql://no-such-host.invalid/bot", "cannot be reached"),
    ],
)
async def test_a_wrong_url_is_said_so(tmp_path: Path, wrong: str, sentence: str) -> None:
    with pytest.raises(StoreError, match=sentence) as refused:
        async with open_store(at(tmp_path, wrong)):
            pass
    assert "DATABASE_URL" in str(refused.value)
    assert "\n" not in str(refused.value)


async def test_a_refused_password_or_an_unknown_database_is_said_so(
    server: PostgresServer, tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match="refuses the user or the password") as refused:
        async with open_store(at(tmp_path, server.url("postgres", password="hunter2"))):
            pass
    assert "hunter2" not in str(refused.value)
    with pytest.raises(StoreError, match=r"has no database .*createdb"):
        async with open_store(at(tmp_path, server.url("nowhere"))):
            pass


async def test_a_user_who_may_create_no_tables_is_said_so(server: PostgresServer, tmp_path: Path) -> None:
    url = await create_database(server, "closed")
    async with open_store(at(tmp_path, url)) as store:
        await store.database.fetch("CREATE ROLE reader LOGIN PASSWORD 'reader'", {})
    await create_database(server, "closed_2")
    reader = server.url("closed_2").replace("postgres:test", "reader:reader")
    with pytest.raises(StoreError, match="may not create tables"):
        async with open_store(at(tmp_path, reader)):
            pass


async def test_a_newer_schema_and_an_old_server_are_refused(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_store(at(tmp_path, url)) as store:
        await store.database.fetch("UPDATE about SET value = '9999' WHERE name = 'schema'", {})
    try:
        for opening in (open_store, open_store_beside):
            with pytest.raises(SchemaTooNew, match="schema 9999"):
                async with opening(at(tmp_path, url)):
                    pass
    finally:
        monkeypatch.setattr(schema, "check_version", lambda version: None)
        newest = str(max(schema.migrations()))
        async with postgres_database.open_database(at(tmp_path, url)) as database:
            await database.fetch("UPDATE about SET value = :text WHERE name = 'schema'", {"text": newest})
    monkeypatch.setattr(schema, "OLDEST_SERVER", 99)
    with pytest.raises(StoreError, match=r"PostgreSQL \d+ is too old"):
        async with open_store(at(tmp_path, url)):
            pass


async def test_without_asyncpg_the_command_that_installs_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(StoreError, match=r"pip install .*requirements-postgres\.lock"):
        async with open_store(at(tmp_path, "postgresql://127.0.0.1/bot")):
            pass


async def test_a_command_works_beside_the_bot_and_the_bot_sees_that_it_did(url: str, tmp_path: Path) -> None:
    async with open_store(at(tmp_path, url)) as bot:
        before = await bot.database.version()
        async with open_store_beside(at(tmp_path, url)) as beside, beside.database.transaction():
            await beside.record("somebody", "pause", {})
            await beside.begin_pause(until=None, reason="cleaning")
            assert await bot.pause() is None
        assert await bot.database.version() != before
        pause = await bot.pause()
        assert pause
        assert pause.reason == "cleaning"


async def test_the_time_of_leases_is_the_servers(url: str, tmp_path: Path) -> None:
    async with open_store(at(tmp_path, url)) as store:
        await admit(store, make_request("a"))
        lease = await claim(store)
        row = await store.database.fetch_one("SELECT :now AS now", {"now": 1.0})
        assert row
        assert 58 < lease.until - row["now"] <= 60


async def test_behind_a_pooler_nothing_is_kept_in_a_session(url: str, tmp_path: Path) -> None:
    async with open_store(at(tmp_path, url, listen_url=url)) as store:
        await admit(store, make_request("a"))
        rows = await store.database.fetch("SELECT name FROM pg_prepared_statements", {})
        assert not [row for row in rows if row["name"].startswith("__asyncpg_stmt") and len(rows) > 1]
