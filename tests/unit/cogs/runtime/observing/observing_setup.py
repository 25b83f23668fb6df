"""Sources of metrics on a real store, with scripted servers, and how to read a scrape."""

import contextlib
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from cogs.discord_api.scheduler import RequestScheduler
from cogs.runtime.observing.measured import LoopLag
from cogs.runtime.observing.metrics import Metrics, Sources
from jobs.fleet.directory import OwnServers
from jobs.observing.gpu_time import GpuTime
from jobs.observing.outages import Outages
from storage import Store, open_store
from tests.unit.jobs.scripted_server import WORKFLOWS, ScriptedServer

Labels = tuple[str, ...]


@dataclass
class ObservedBot:
    """What is counted, and the metrics that tell of it."""

    store: Store
    servers: list[ScriptedServer]
    sources: Sources
    online: bool = True

    @property
    def metrics(self) -> Metrics:
        """Metrics that have read nothing yet."""
        return Metrics(self.sources)

    async def scrape(self) -> Mapping[str, Mapping[Labels, float]]:
        """Every number of a new scrape by its name and the values of its labels."""
        return read_scrape((await self.metrics.render()).decode())


def read_scrape(text: str) -> Mapping[str, Mapping[Labels, float]]:
    """Every number of a scrape by its name and the values of its labels."""
    found: dict[str, dict[Labels, float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


@contextlib.asynccontextmanager
async def observed_bot(folder: Path, *servers: ScriptedServer) -> AsyncGenerator[ObservedBot]:
    """A bot without Discord: a store in this folder, and these servers."""
    async with open_store(folder) as store:
        sources = Sources(
            store=store,
            scheduler=RequestScheduler("http://127.0.0.1:9/api/v10"),
            directory=OwnServers(store, WORKFLOWS, servers, Outages(servers, warn_seconds=600).since),
            gpu_time=GpuTime(),
            loop_lag=LoopLag(),
            online=lambda: bot.online,
            guilds=lambda: 3,
        )
        bot = ObservedBot(store, list(servers), sources)
        yield bot


def with_store(sources: Sources, store: Store) -> Sources:
    """The same sources with another store."""
    return replace(sources, store=store)
