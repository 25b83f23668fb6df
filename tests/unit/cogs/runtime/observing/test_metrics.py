"""Each metric tells what happened; a scrape waits for no database, and asks it seldom."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

import comfy
from cogs.runtime.observing import metrics as metrics_module
from cogs.runtime.observing.metrics import Metrics
from jobs.fleet.directory import OwnServers
from jobs.routing import KnownServer
from storage import JobCounts, Reason, State, Store, StoreUnavailable
from tests.unit.cogs.runtime.observing.observing_setup import ObservedBot, observed_bot, with_store
from tests.unit.jobs.scripted_server import ScriptedServer
from tests.unit.storage.requests import admit, claim, delivering, make_request


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncGenerator[ObservedBot]:
    servers = ScriptedServer("gpu:8188"), ScriptedServer.never_reached("attic:8188")
    async with observed_bot(tmp_path, *servers) as bot:
        yield bot


async def test_the_queue_is_told_by_length_age_and_state(bot: ObservedBot) -> None:
    before = await bot.scrape()
    assert before["animate_queue_jobs"] == {(): 0}
    assert before["animate_queue_oldest_seconds"] == {(): 0}
    for key in "abc":
        await admit(bot.store, make_request(key))
    await bot.store.database.fetch("UPDATE job SET created_at = :at", {"at": time.time() - 100})
    await claim(bot.store)
    after = await bot.scrape()
    assert after["animate_queue_jobs"] == {(): 2}
    assert 100 <= after["animate_queue_oldest_seconds"][()] < 110
    assert after["animate_active_jobs"]["claimed",] == 1
    assert after["animate_active_jobs"]["running",] == 0


async def test_jobs_that_ended_are_told_by_end_and_reason(bot: ObservedBot) -> None:
    lease = await delivering(bot.store, "sent")
    await bot.store.move(lease, State.DONE, result_message=1)
    await bot.store.move(await delivering(bot.store, "no"), State.FAILED, reason=Reason(code="forbidden"))
    found = await bot.scrape()
    ends = found["animate_jobs_ended_total"]
    assert (ends["done", "none"], ends["failed", "forbidden"], ends["cancelled", "none"]) == (1, 1, 0)
    assert found["animate_deliveries_total"] == {("sent",): 1, ("put_off",): 0, ("refused",): 1}


async def test_servers_are_told_as_up_or_away_since_when(bot: ObservedBot) -> None:
    found = await bot.scrape()
    assert found["animate_comfyui_up"] == {("gpu:8188",): 1, ("attic:8188",): 0}
    away = found["animate_comfyui_away_since_timestamp_seconds"]
    assert list(away) == [("attic:8188",)]
    assert abs(away["attic:8188",] - time.time()) < 60


async def test_gpus_are_told_by_what_they_do(bot: ObservedBot) -> None:
    gpu_time = bot.sources.gpu_time
    with gpu_time.counted("gpu:8188"):
        gpu_time.feed("gpu:8188", comfy.Started(at=1.0))
        gpu_time.feed("gpu:8188", comfy.Sampling(step=1, steps=2))
        found = await bot.scrape()
    assert found["animate_gpu_busy"] == {("gpu:8188",): 1, ("attic:8188",): 0}
    seconds = found["animate_gpu_seconds_total"]
    assert seconds["gpu:8188", "sampling"] > 0
    assert ("attic:8188", "starting") in seconds
    assert (await bot.scrape())["animate_gpu_busy"]["gpu:8188",] == 0


async def test_discord_is_told_by_requests_and_refusals(bot: ObservedBot) -> None:
    scheduler = bot.sources.scheduler
    scheduler.sent["progress"] += 4
    scheduler.rate_limited["global"] += 2
    for _ in range(3):
        scheduler.note_invalid()
    found = await bot.scrape()
    assert found["animate_discord_requests_total"]["progress",] == 4
    assert found["animate_discord_requests_total"]["interaction",] == 0
    assert found["animate_discord_rate_limited_total"]["global",] == 2
    assert found["animate_discord_invalid_requests_total"] == {(): 3}
    assert found["animate_discord_invalid_recent"] == {(): 3}
    assert found["animate_discord_connected"] == {(): 1}
    assert found["animate_guilds"] == {(): 3}


async def test_the_process_is_told_by_memory_and_lag(bot: ObservedBot) -> None:
    found = await bot.scrape()
    assert found["animate_loop_lag_seconds"] == {(): 0}
    assert found.get("animate_memory_bytes", {(): 10**7})[()] >= 10**7


async def test_nothing_is_registered_for_the_whole_process(bot: ObservedBot) -> None:
    await bot.scrape()
    assert not [family.name for family in REGISTRY.collect() if family.name.startswith("animate")]


class CountedStore(Store):
    """Counts how often it is asked, and answers once `free` is set."""

    def __init__(self, store: Store, error: Exception | None = None) -> None:
        super().__init__(store.database)
        self.asked = 0
        self.free = asyncio.Event()
        self._error = error

    async def counts(self) -> JobCounts:
        self.asked += 1
        await self.free.wait()
        if self._error:
            raise self._error
        return await super().counts()


async def test_the_database_is_asked_once_for_many_scrapes(bot: ObservedBot) -> None:
    store = CountedStore(bot.store)
    store.free.set()
    metrics = Metrics(with_store(bot.sources, store))
    await asyncio.gather(*(metrics.render() for _ in range(20)))
    assert store.asked == 1


@pytest.mark.parametrize("error", [None, StoreUnavailable("the disk is gone")], ids=["slow", "broken"])
async def test_a_database_that_does_not_answer_leaves_the_rest(
    bot: ObservedBot, monkeypatch: pytest.MonkeyPatch, error: Exception | None
) -> None:
    monkeypatch.setattr(metrics_module, "DATABASE_TIMEOUT", 0.01)
    store = CountedStore(bot.store, error)
    if error:
        store.free.set()
    bot.sources = with_store(bot.sources, store)
    found = await bot.scrape()
    assert found["animate_database_up"] == {(): 0}
    assert "animate_queue_jobs" not in found
    assert "animate_comfyui_up" in found


async def test_servers_are_told_of_where_the_database_never_answered(bot: ObservedBot) -> None:
    class NoRecords(OwnServers):
        """Whose database is away."""

        async def known(self) -> Sequence[KnownServer]:
            raise StoreUnavailable("the disk is gone")

    bot.sources = replace(bot.sources, directory=NoRecords(bot.store, {}, bot.servers))
    found = await bot.scrape()
    assert found["animate_comfyui_up"] == {("gpu:8188",): 1.0, ("attic:8188",): 0.0}
