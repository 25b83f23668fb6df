"""What other processes do to jobs is heard, also after the connection broke; without LISTEN it is polled."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from storage import DatabaseLocation, Reason, State, open_store
from storage.database import Change
from storage.postgres import listener
from tests.unit.storage.requests import admit, claim, make_request

CANCELLED = Reason(code="cancelled")


async def next_of(changes: AsyncGenerator[Change], kind: str) -> str:
    """The job of the next change of that kind."""
    async with asyncio.timeout(10):
        async for change in changes:
            if change.kind == kind:
                return change.job
    raise AssertionError(kind)


async def test_jobs_that_are_queued_cancelled_and_to_be_delivered_are_heard(url: str, tmp_path: Path) -> None:
    location = DatabaseLocation(folder=tmp_path, url=url)
    async with (
        open_store(location) as worker,
        open_store(location) as gateway,
        worker.database.changes() as changes,
    ):
        job = (await admit(gateway, make_request("a"))).job
        assert await next_of(changes, "queued") == job.id
        lease = await claim(worker)
        await gateway.cancel(job.id, mover="person 1", reason=CANCELLED)
        assert await next_of(changes, "cancelled") == job.id
        await gateway.move(lease, State.DELIVERING)
        assert await next_of(changes, "deliverable") == job.id


async def test_a_connection_that_breaks_is_made_anew(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "POLL_SECONDS", 0.01)
    location = DatabaseLocation(folder=tmp_path, url=url)
    async with open_store(location) as store, store.database.changes() as changes:
        assert await next_of(changes, "unknown") == ""
        await store.database.fetch(
            """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE query LIKE '%pg_notify%' AND pid <> pg_backend_pid() AND datname = current_database()""",
            {},
        )
        assert await next_of(changes, "unknown") == ""
        job = (await admit(store, make_request("a"))).job
        assert await next_of(changes, "queued") == job.id


async def test_without_notifications_the_queue_is_polled_and_one_warning_says_so(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(listener, "TEST_SECONDS", 0.05)
    monkeypatch.setattr(listener, "POLL_SECONDS", 0.01)
    silent = "SELECT $1::text, $2::text"  # as a pooler does, which passes on none
    monkeypatch.setattr(listener, "TEST", silent)
    location = DatabaseLocation(folder=tmp_path, url=url)
    with caplog.at_level(logging.WARNING):
        async with open_store(location) as store, store.database.changes() as changes:
            for _ in range(3):
                assert await next_of(changes, "unknown") == ""
    assert caplog.text.count("DATABASE_LISTEN_URL") == 1
