"""The lock of the gateway: a standby, a database that is away for a while, a place that another one took."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

import pytest

from cogs.runtime.processes import gateway_lock
from cogs.runtime.processes.gateway_lock import GatewayTaken, hold_gateway
from storage import StoreUnavailable
from tests.unit.jobs.observable import TEST_TIMEOUT


@dataclass
class ScriptedHold:
    """A lock as the database gave it."""

    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def lost(self) -> None:
        await self.gone.wait()


class ScriptedDatabase:
    """A database whose lock one process can have; `away` while it does not answer."""

    def __init__(self) -> None:
        self.place = asyncio.Lock()
        self.away = False
        self.held: ScriptedHold | None = None
        self.taken = asyncio.Event()
        self.asked = asyncio.Event()

    async def version(self) -> int:
        if self.away:
            self.asked.set()
            raise StoreUnavailable("the database cannot be reached")
        return 1

    @contextlib.asynccontextmanager
    async def lock(self, name: str) -> AsyncGenerator[ScriptedHold]:
        while self.away:  # noqa: ASYNC110 - as PostgreSQL's, which waits until the database answers
            await asyncio.sleep(0.001)
        async with self.place:
            self.held = ScriptedHold()
            self.taken.set()
            yield self.held


@dataclass
class ScriptedStore:
    """A store on that database."""

    database: ScriptedDatabase


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_lock, "RETRY_SECONDS", 0.001)
    monkeypatch.setattr(gateway_lock, "TAKEN_SECONDS", 0.02)
    monkeypatch.setattr(gateway_lock, "WAIT_TOLD_SECONDS", 0.0)


async def test_a_second_gateway_waits_until_the_first_one_is_gone(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    store, entered = ScriptedStore(ScriptedDatabase()), asyncio.Event()

    async def stand_by() -> None:
        async with hold_gateway(store):  # type: ignore[arg-type]
            entered.set()

    async with hold_gateway(store):  # type: ignore[arg-type]
        second = asyncio.create_task(stand_by())
        async with asyncio.timeout(TEST_TIMEOUT):
            while "stands by" not in caplog.text:  # noqa: ASYNC110 - a log has no event
                await asyncio.sleep(0.001)
        assert not entered.is_set()
    async with asyncio.timeout(TEST_TIMEOUT):
        await second
    assert entered.is_set()


async def test_a_database_that_comes_back_gives_the_lock_again() -> None:
    database = ScriptedDatabase()
    async with hold_gateway(ScriptedStore(database)) as lock:  # type: ignore[arg-type]
        keeping = asyncio.create_task(lock.keep())
        assert database.held
        database.away = True
        database.taken.clear()
        database.held.gone.set()
        async with asyncio.timeout(TEST_TIMEOUT):
            for _ in range(50):  # longer than TAKEN_SECONDS
                await database.asked.wait()
                database.asked.clear()
        database.away = False
        async with asyncio.timeout(TEST_TIMEOUT):
            await database.taken.wait()
        assert not keeping.done()
        keeping.cancel()


async def test_where_another_process_took_the_place_this_one_ends() -> None:
    database = ScriptedDatabase()
    async with hold_gateway(ScriptedStore(database)) as lock:  # type: ignore[arg-type]
        keeping = asyncio.create_task(lock.keep())
        other = asyncio.create_task(database.place.acquire())  # it waits, and is the next
        assert database.held
        await asyncio.sleep(0)
        database.held.gone.set()
        with pytest.raises(GatewayTaken):
            async with asyncio.timeout(TEST_TIMEOUT):
                await keeping
        assert other.done()
