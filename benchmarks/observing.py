"""What seeing costs: the log lines of a job and a scrape, against the job's own time.

    .venv/bin/python -m benchmarks.observing

A job's own time is that of the fastest built-in preset on a fast GPU, JOB_SECONDS; a slower job logs no more
lines. A scrape is asked for every SCRAPE_SECONDS. Both together must stay below MOST of one processor's time.
"""

import asyncio
import io
import json
import logging
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from benchmarks.queue import PARAMS
from cogs.discord_api.scheduler import RequestScheduler
from cogs.runtime.log_thread import log_in_thread
from cogs.runtime.observing.log_format import LogFormat, build_formatter
from cogs.runtime.observing.log_repeats import RepeatCountingHandler
from cogs.runtime.observing.measured import LoopLag
from cogs.runtime.observing.metrics import Metrics, Sources
from cogs.runtime.redaction import Redactor, redact_logs
from jobs.fleet.directory import OwnServers
from jobs.observing.gpu_time import GpuTime
from jobs.observing.log_context import log_job
from storage import Request, open_store

JOB_SECONDS = 20.0
LINES_OF_A_JOB = 12  # of one without a fault there are eight
SCRAPE_SECONDS = 15.0
JOBS, SCRAPES, QUEUED = 500, 50, 1000
MOST = 0.01
SECRETS = ["a token of forty characters, more or less", "a password"]


def main() -> int:
    """Print the table; 1 where it costs more than MOST."""
    lines = measure_lines()
    scrape, stall = asyncio.run(measure_scrapes())
    shares = lines / JOB_SECONDS, scrape / SCRAPE_SECONDS
    share = sum(shares)
    print(f"log lines of a job   {lines * 1000:8.2f} ms   {shares[0]:8.4%} of {JOB_SECONDS:.0f} s")
    print(f"a scrape             {scrape * 1000:8.2f} ms   {shares[1]:8.4%} of {SCRAPE_SECONDS:.0f} s")
    print(f"the loop waits       {stall * 1000:8.2f} ms   at most, with {QUEUED} jobs in the queue")
    print(f"together {share:.4%} of one processor: {'passed' if share < MOST else 'FAILED'}")
    milliseconds = {"job_lines_ms": lines, "scrape_ms": scrape, "longest_wait_ms": stall}
    figures = {name: round(seconds * 1000, 2) for name, seconds in milliseconds.items()}
    print(json.dumps({**figures, "share_of_a_processor": round(share, 6), "passed": share < MOST}))
    return int(share >= MOST)


def measure_lines() -> float:
    """Processor seconds of all log lines of one job, the thread that writes them included."""
    root, log = logging.getLogger(), logging.getLogger("jobs.run")
    redactor = Redactor(SECRETS)
    handler = RepeatCountingHandler(io.StringIO())
    handler.setFormatter(build_formatter(LogFormat.JSON, redactor, None))
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    redact_logs(redactor)
    began = time.process_time()
    with log_in_thread(limit=JOBS * LINES_OF_A_JOB):
        for _ in range(JOBS):
            job = str(uuid.uuid4())
            with log_job(job):
                for number in range(LINES_OF_A_JOB):
                    log.info("job %s: %s on %s", job, f"state {number}", "gpu:8188")
    root.removeHandler(handler)
    return (time.process_time() - began) / JOBS


async def measure_scrapes() -> tuple[float, float]:
    """Processor seconds of one scrape, its database read included, and the longest wait of the loop."""
    with tempfile.TemporaryDirectory() as folder:
        async with open_store(Path(folder)) as store:
            await store.database.fetch("PRAGMA synchronous = OFF", {})
            for number in range(QUEUED):
                await store.admit(request(number), limit=None)
            sources = Sources(
                store=store,
                scheduler=RequestScheduler("http://127.0.0.1:9/api/v10"),
                directory=OwnServers(store, {}, ()),
                gpu_time=GpuTime(),
                loop_lag=LoopLag(),
                online=lambda: True,
                guilds=lambda: 100,
            )
            return await scrape(lambda: Metrics(sources))


async def scrape(open_metrics: Callable[[], Metrics]) -> tuple[float, float]:
    """Scrape with metrics that have read nothing yet; see `measure_scrapes`."""
    waits = list[float]()
    ticking = asyncio.create_task(tick(waits), name="turns of the loop")
    costs = list[float]()
    for _ in range(SCRAPES):
        began = time.process_time()
        await open_metrics().render()
        costs.append(time.process_time() - began)
        await asyncio.sleep(0.01)
    ticking.cancel()
    return statistics.mean(costs), max(waits)


async def tick(waits: list[float]) -> None:
    """Note how much later than it asked for this task runs again, for ever."""
    while True:
        began = time.perf_counter()
        await asyncio.sleep(0.001)
        waits.append(time.perf_counter() - began - 0.001)


def request(number: int) -> Request:
    """A request of somebody of their own."""
    return Request(
        key=str(number),
        user_id=number,
        guild_id=number % 50,
        channel_id=8,
        locale="en-US",
        params=PARAMS,
        picture="00",
    )


if __name__ == "__main__":
    sys.exit(main())
