"""What other processes do wakes whoever waits here."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

import pytest

from jobs.fleet import changes
from jobs.fleet.changes import pass_on_changes
from jobs.notifier import QueueNotifier
from storage import StoreUnavailable
from storage.database import Change
from tests.unit.jobs.observable import TEST_TIMEOUT


@dataclass
class ScriptedDatabase:
    """Tells what is put into `told`; a StoreUnavailable breaks its connection."""

    told: asyncio.Queue[Change | StoreUnavailable] = field(default_factory=asyncio.Queue)

    @contextlib.asynccontextmanager
    async def changes(self) -> AsyncGenerator[AsyncGenerator[Change]]:
        async with contextlib.aclosing(self._changes()) as found:
            yield found

    async def _changes(self) -> AsyncGenerator[Change]:
        while True:
            told = await self.told.get()
            if isinstance(told, StoreUnavailable):
                raise told
            yield told


@dataclass
class ScriptedStore:
    """A store on it."""

    database: ScriptedDatabase


async def test_each_change_notifies_also_after_the_connection_broke(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "RETRY_SECONDS", 0.0)
    database, notifier = ScriptedDatabase(), QueueNotifier()
    passing = asyncio.create_task(pass_on_changes(ScriptedStore(database), notifier))  # type: ignore[arg-type]
    for told in (Change(kind="queued", job="a"), StoreUnavailable("gone"), Change(kind="queued", job="b")):
        mark = notifier.mark()
        database.told.put_nowait(told)
        async with asyncio.timeout(TEST_TIMEOUT):
            await mark.wait()
    passing.cancel()
