"""`python -m benchmarks.client [--quick] [--url URL]`: what driving ComfyUI costs, ours beside others.

Overhead: from handing a job in to its clip on our disk, less the engine's own time by the stamps of its
history. All clients take turns in one run. Idle gap: from the end of a job to the start of the next, in a
backlog. The last line is a JSON object.
"""

import argparse
import asyncio
import json
import logging
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import comfy
from benchmarks.engine import engine
from benchmarks.gaps import lanes, whole_bot
from benchmarks.lies import table
from benchmarks.rivals import (
    INSTALL,
    Durable,
    FromPyPI,
    Ideal,
    Ours,
    Polling,
    Rival,
    is_installed,
    newest,
    opened_ideal,
    opened_server,
    stamps,
)
from media.sample import sample_picture

# Jobs of all lengths end anywhere between two looks ten seconds apart: so a sixth, a half, five sixths.
FIRST_LOOKS = (10 / 6, 10 / 2, 10 * 5 / 6)  # seconds
SPEED = 20


async def build(server: comfy.Server, image: str, seed: int) -> comfy.Graph:
    """A small clip; each seed is another job."""
    values = {
        "prompt": "a boat rocks",
        "negative_prompt": "",
        "seed": seed,
        "steps": 4,
        "cfg": 1.0,
        "shift": 5.0,
        "denoise": 1.0,
        "width": 256,
        "height": 256,
        "frames": 17,
        "fps": 16,
        "prefix": f"benchmark/{seed}",
    }
    return server.build("wan21_i2v", values, image)


async def uploaded(server: comfy.Server, url: str, seed: int) -> comfy.Graph:
    """The same with its picture."""
    picture = await asyncio.to_thread(sample_picture)
    return await build(server, await server.upload(picture, name="benchmark.png"), seed)


async def overhead(url: str, rival: Rival, graph: comfy.Graph) -> float:
    """Seconds of one job that are not the engine's."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        await rival.make(graph, Path(folder) / "clip.mp4")
        took = time.monotonic() - began
    start, end = await stamps(url, await newest(url))
    return took - (end - start)


async def race(
    url: str, server: comfy.Server, rounds: int, looks: Sequence[float]
) -> Mapping[str, list[float]]:
    """Everybody's overheads, one job each in turn."""
    image = await server.upload(await asyncio.to_thread(sample_picture), name="benchmark.png")
    times: dict[str, list[float]] = {}
    seed = int(time.time())
    async with rivals(url, server) as racers:
        for number in range(rounds):
            polling = [Polling(url, first=looks[number])] if number < len(looks) else []
            for rival in [*racers, *polling]:
                seed += 1
                graph = await build(server, image, seed)
                times.setdefault(rival.name, []).append(await overhead(url, rival, graph))
    return times


@asynccontextmanager
async def rivals(url: str, server: comfy.Server) -> AsyncGenerator[list[Rival]]:
    """Those that are quick enough to run each round; comfyui-utils where it is installed."""
    async with AsyncExitStack() as stack:
        ideal: Ideal = await stack.enter_async_context(opened_ideal(url))
        racers: list[Rival] = [Ours(server), ideal, Durable(ideal)]
        if is_installed():
            racers.append(FromPyPI(url))
        else:
            print(f"comfyui-utils is left out. To measure it too: {INSTALL}")
        yield racers


async def measure(options: argparse.Namespace) -> Mapping[str, object]:
    """The whole run; prints the tables as it goes."""
    rounds = 15 if options.quick else 60
    async with AsyncExitStack() as stack:
        url = options.url or await stack.enter_async_context(engine(SPEED))
        server = await stack.enter_async_context(opened_server(url))
        times = await race(url, server, rounds, FIRST_LOOKS * (1 if options.quick else 3))
        found = report_overheads(times)
        gaps = await backlog(url, server, 12 if options.quick else 40)
    found["idle_gap_lanes_ms"] = report_gaps("two lanes over comfy/", gaps)
    if not options.url:
        whole = await whole_bot(12 if options.quick else 40)
        found["idle_gap_bot_ms"] = report_gaps("the whole bot", whole)
        found["faults"] = report_faults(await table(uploaded))
    return found


async def backlog(url: str, server: comfy.Server, jobs: int) -> list[float]:
    """Idle gaps over that many jobs of our own scheme."""
    picture = await asyncio.to_thread(sample_picture)
    image = await server.upload(picture, name="benchmark.png")
    seed = int(time.time()) + 10_000
    return await lanes(server, url, picture, [await build(server, image, seed + n) for n in range(jobs)])


def report_overheads(times: Mapping[str, list[float]]) -> dict[str, object]:
    """Medians in milliseconds, and how they compare."""
    medians = {name: statistics.median(each) * 1000 for name, each in times.items()}
    print(f"\n{'overhead per job':<24} {'median ms':>10} {'p95 ms':>10} {'jobs':>6}")
    for name, each in times.items():
        print(f"{name:<24} {medians[name]:>10.1f} {quantile(each) * 1000:>10.1f} {len(each):>6}")
    ours = medians["animate"]
    to_ideal, to_polling = ours / medians["ideal script"], medians["polling"] / ours
    to_durable = ours / medians[Durable.name]
    print(
        f"animate takes {to_ideal:.2f} times the ideal script's, {to_durable:.2f} times where that waits for"
    )
    print(f"the disk as we do, and polling {to_polling:.0f} times ours")
    rounded = {name: round(median, 2) for name, median in medians.items()}
    return {
        "overhead_ms": rounded,
        "to_ideal": round(to_ideal, 3),
        "to_durable_ideal": round(to_durable, 3),
        "polling_to_ours": round(to_polling),
    }


def report_gaps(title: str, gaps: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile in milliseconds."""
    median, worst = statistics.median(gaps) * 1000, quantile(gaps) * 1000
    print(f"idle gap of the engine, {title}: median {median:.1f} ms, p95 {worst:.1f} ms, {len(gaps)} gaps")
    return {"median": round(median, 2), "p95": round(worst, 2)}


def report_faults(found: Mapping[str, Mapping[str, str]]) -> Mapping[str, Mapping[str, str]]:
    """Who is right about what."""
    print(f"\n{'fault':<24}" + "".join(f"{name:>16}" for name in next(iter(found.values()))))
    for fault, verdicts in found.items():
        print(f"{fault:<24}" + "".join(f"{verdict:>16}" for verdict in verdicts.values()))
    return found


def quantile(numbers: Sequence[float], share: float = 0.95) -> float:
    """The number that so many are not above."""
    return sorted(numbers)[min(int(len(numbers) * share), len(numbers) - 1)]


def main() -> None:
    """Parse the command line, measure, and end with a line of JSON."""
    parser = argparse.ArgumentParser(prog="benchmarks.client", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under a minute")
    parser.add_argument("--url", help="a real ComfyUI, which must be idle")
    logging.disable(logging.CRITICAL)  # clients complain of the faults that they are given
    print(json.dumps(asyncio.run(measure(parser.parse_args()))))


if __name__ == "__main__":
    main()
