"""How long the GPU idles between two jobs of a backlog: with two lanes over comfy/, and in the whole bot."""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import comfy
from benchmarks.rivals import LIMIT, stamps
from media.sample import sample_picture
from playground.comfyui import ComfyUI
from playground.playground import Playground

SPEED = 8  # jobs of a second: with shorter ones, preparing the next picture is what takes time
ROOT = Path(__file__).parents[1]


async def lanes(server: comfy.Server, url: str, picture: bytes, jobs: Iterable[comfy.Graph]) -> list[float]:
    """Gaps in seconds, where one job computes while the next one has its picture up already."""
    waiting, gpu = list(jobs), asyncio.Lock()
    spans: list[tuple[float, float]] = []

    async def lane(folder: Path) -> None:
        while waiting:
            graph, prompt_id = waiting.pop(0), str(uuid4())
            await server.upload(picture + prompt_id.encode(), name=f"{prompt_id}.png")
            async with gpu, server.follow(prompt_id, graph) as events:
                await server.submit(prompt_id, graph)
                end = [event async for event in events][-1]
            if isinstance(end, comfy.Done):
                await server.download(end.files[0], folder / prompt_id, limit=LIMIT)
            spans.append(await stamps(url, prompt_id))

    with tempfile.TemporaryDirectory() as folder:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(2):
                tasks.create_task(lane(Path(folder)), name="lane")
    spans.sort()
    return [after - before for (_, before), (after, _) in pairwise(spans)]


async def whole_bot(jobs: int) -> list[float]:
    """Gaps in seconds of the real bot, with its database and its Discord, over that many commands."""
    picture = await asyncio.to_thread(sample_picture)
    async with Playground(comfyui={"speed": SPEED, "lora": False}, check_contract=False) as playground:
        with tempfile.TemporaryDirectory() as folder:
            bot = await _start_bot(playground, folder)
            try:
                return await _drive(playground, playground.comfyui, picture, jobs)
            finally:
                bot.terminate()
                await bot.wait()


async def _start_bot(playground: Playground, folder: str) -> asyncio.subprocess.Process:
    environment = {**os.environ, **playground.environment(), "DATA_DIR": folder, "LOG_LEVEL": "ERROR"}
    bot = await asyncio.create_subprocess_exec(
        sys.executable, str(ROOT / "bot.py"), cwd=folder, env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    await playground.bot_online()
    return bot


async def _drive(playground: Playground, comfyui: ComfyUI, picture: bytes, jobs: int) -> list[float]:
    comfyui.pause()
    watch = asyncio.create_task(_watch(comfyui, jobs), name="watching the engine")
    asked = [
        await playground.member(f"member {number}").animate(picture, "it moves", seconds=1)
        for number in range(jobs)
    ]
    for job in asked:
        await job.answered()
    comfyui.resume()
    for job in asked:
        await job.video()
    return await watch


async def _watch(comfyui: ComfyUI, jobs: int) -> list[float]:
    """Between two jobs, by a look each millisecond."""
    gaps: list[float] = []
    ended: float | None = None
    while len(gaps) < jobs - 1:
        await asyncio.sleep(0.001)
        if comfyui.running and ended:
            gaps.append(time.monotonic() - ended)
            ended = None
        elif not comfyui.running and comfyui.runs and ended is None:
            ended = time.monotonic()
    return gaps
