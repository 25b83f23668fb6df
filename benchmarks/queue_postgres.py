"""What `benchmarks.queue --database URL` measures: our store on PostgreSQL beside procrastinate.

Both have databases of their own beside the one of URL (benchmarks/queues.py). Callers are tasks, each with a
store of its own, as so many processes would have. Rates are operations a second of all callers together;
times are of one operation, in milliseconds.
"""

import asyncio
import importlib.util
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from benchmarks.queues import Queue, connected, open_ours, open_procrastinate, own_database

CLAIMERS = (1, 4, 16)

Figures = dict[str, float]


async def timed(times: list[float], operation: Callable[[], Awaitable[Any]]) -> Any:
    """Carry it out, and note how long it took."""
    begin = time.perf_counter()
    result = await operation()
    times.append(time.perf_counter() - begin)
    return result


async def together(callers: int, each: int, work: Callable[[int], Awaitable[None]]) -> float:
    """Let every caller do its work so often, at the same time; returns operations a second."""

    async def one(caller: int) -> None:
        for _ in range(each):
            await work(caller)

    begin = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for caller in range(callers):
            tasks.create_task(one(caller), name=f"caller {caller}")
    return callers * each / (time.perf_counter() - begin)


async def measure_queue(queue: Queue, callers: int, operations: int) -> Figures:
    """Rates and median times of each operation with so many callers."""
    each = max(operations // callers, 5)
    admits, claims, finishes, places = list[float](), list[float](), list[float](), list[float]()

    admitted: dict[int, list[str]] = {caller: [] for caller in range(callers)}

    async def admit(caller: int) -> None:
        admitted[caller].append(await timed(admits, lambda: queue.admit(caller)))

    async def announce(caller: int) -> None:
        await queue.announce(caller, admitted[caller].pop())

    async def work(caller: int) -> None:
        claimed = await timed(claims, lambda: queue.claim(caller))
        if claimed is None:
            raise RuntimeError("nothing waits: the database was not filled")
        await timed(finishes, lambda: queue.finish(caller, claimed))

    async def place(caller: int) -> None:
        await timed(places, lambda: queue.place(caller))

    figures = {"admit/s": await together(callers, each, admit)}
    await together(callers, each, announce)
    figures["claim and finish/s"] = await together(callers, each, work)
    if queue.tells_places:
        figures["place/s"] = await together(callers, each, place)
    for name, times in (("admit", admits), ("claim", claims), ("finish", finishes), ("place", places)):
        if times:
            figures[f"{name} ms"] = statistics.median(times) * 1000
    return {name: round(figure, 3) for name, figure in figures.items()}


async def measure_held_snapshot(url: str, queue: Queue, operations: int) -> Figures:
    """Times of claims while another connection keeps its snapshot: at the begin and after so many jobs."""
    claims = list[float]()
    async with connected(url) as connection, connection.transaction(isolation="repeatable_read"):
        await connection.fetch("SELECT 1")
        for _ in range(operations):
            claimed = await timed(claims, lambda: queue.claim(0))
            await queue.finish(0, claimed)
            await queue.announce(0, await queue.admit(0))
    tenth = max(operations // 10, 1)
    return {
        "jobs": operations,
        "first tenth, claim ms": round(statistics.median(claims[:tenth]) * 1000, 3),
        "last tenth, claim ms": round(statistics.median(claims[-tenth:]) * 1000, 3),
    }


async def measure(url: str, rows: int, *, quick: bool) -> Mapping[str, Mapping[str, Figures]]:
    """Both queues at one size, by their name and the number of callers."""
    operations, callers = (60, CLAIMERS[:2]) if quick else (800, CLAIMERS)
    found: dict[str, dict[str, Figures]] = {}
    kinds = {"animate": open_ours}
    if importlib.util.find_spec("procrastinate"):
        kinds["procrastinate"] = open_procrastinate
    for name, opened in kinds.items():
        async with (
            own_database(url, f"benchmark_{name}_{rows}") as own,
            opened(own, rows, max(callers)) as queue,
        ):
            await measure_queue(queue, 1, operations // 4)  # caches and plans
            found[name] = {str(each): await measure_queue(queue, each, operations) for each in callers}
            found[name]["snapshot held"] = await measure_held_snapshot(own, queue, 200 if quick else 4000)
        for case, figures in found[name].items():
            line = " · ".join(f"{each} {figure:g}" for each, figure in figures.items())
            print(f"{rows:>9,} rows, {name}, {case}: {line}", flush=True)
    return found


def report(sizes: Mapping[int, Mapping[str, Mapping[str, Figures]]]) -> dict[str, object]:
    """What the last line tells."""
    smallest, largest = sizes[min(sizes)], sizes[max(sizes)]
    return {
        "figures": {str(rows): found for rows, found in sizes.items()},
        "claim_times_slower_at_most_rows": {
            name: {
                callers: round(figures["claim ms"] / smallest[name][callers]["claim ms"], 2)
                for callers, figures in largest[name].items()
                if "claim ms" in figures
            }
            for name in largest
        },
        "snapshot_times_slower": {name: slowed(cases["snapshot held"]) for name, cases in largest.items()},
    }


def slowed(figures: Figures) -> float:
    """How many times slower claims are at the end of a held snapshot."""
    return round(figures["last tenth, claim ms"] / figures["first tenth, claim ms"], 2)
