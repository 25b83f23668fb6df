"""A lock is held by one process; a dead one gives it back."""

import asyncio
from pathlib import Path

import pytest

from storage import DatabaseLocation, open_store
from storage.postgres import locks
from storage.postgres.locks import key_of


async def test_a_second_one_waits_until_the_first_is_dead(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "TRY_SECONDS", 0.01)
    held = asyncio.Event()
    location = DatabaseLocation(folder=tmp_path, url=url)

    async with open_store(location) as store, open_store(location) as other:

        async def standby() -> None:
            async with other.database.lock("gateway"):
                held.set()

        async with store.database.lock("gateway") as lock, store.database.lock("another"):
            waiting = asyncio.create_task(standby())
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await held.wait()
            await other.database.fetch(
                """SELECT pg_terminate_backend(pid) FROM pg_locks
                WHERE locktype = 'advisory' AND granted AND pid <> pg_backend_pid()""",
                {},
            )
            async with asyncio.timeout(10):
                await lock.lost()
                await held.wait()
                await waiting


def test_each_name_has_a_number_of_its_own() -> None:
    assert key_of("gateway") == key_of("gateway") != key_of("migration")
    assert -(2**63) <= key_of("gateway") < 2**63
