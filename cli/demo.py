"""`python bot.py demo`: the playground and the bot in one process, with a browser page or a single job."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

import storage
from cli.demo_options import DEFAULT_PORT, SAMPLE_PROMPT, check_once, demo_tokens, read_picture
from cli.signals import stop_on_signal
from cogs.runtime.app import open_application
from cogs.runtime.log_thread import log_in_thread
from cogs.runtime.logs import start_logging
from cogs.runtime.observing.log_format import LogFormat
from cogs.runtime.settings import DemoSettings, Settings, secrets_of
from media import open_media

# Imported where they are used: `run` starts a fifth faster without them.
if TYPE_CHECKING:
    from playground.demo_once import Saved
    from playground.playground import Playground

INSTRUCTIONS = """\
Open {url}
Tap a sample, or attach a picture and write what should move; when the clip is there, click 🔁 under it.
{source} Ctrl+C ends it."""
NO_MODEL = "No model runs here: the built-in ComfyUI only moves a camera over the picture."
BUILT_IN_COMFYUI = {"lora": False, "speed": 0.8}  # 20 steps, slow enough to watch


async def demo(options: argparse.Namespace) -> int:
    """Run the demo; returns the exit code."""
    from cli.demo_samples import demo_example, demo_samples
    from media.sample import sample_picture
    from playground.page import playground_with_page

    tokens = demo_tokens()
    start_logging(logging.WARNING, secrets_of((options.comfyui or "",), tokens), LogFormat.CONSOLE)
    stop = stop_on_signal()
    if options.once:
        await check_once(options, tokens)
    image = await asyncio.to_thread(read_picture, options.image) if options.image else sample_picture()
    port = options.port if options.port is not None else 0 if options.once else DEFAULT_PORT
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(log_in_thread())
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="animate-", ignore_cleanup_errors=True)
        )
        page = playground_with_page(
            comfyui=options.comfyui or BUILT_IN_COMFYUI,
            port=port,
            samples=demo_samples(SAMPLE_PROMPT),
            example=demo_example(),
        )
        playground = await stack.enter_async_context(page)
        application = await stack.enter_async_context(
            open_application(demo_settings(playground, options.data_dir or Path(folder), tokens))
        )
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        tasks.create_task(application.run(stop), name="bot")
        await playground.bot_online()
        if options.once:
            code = await run_once(options, image, playground, application.context.store)
        else:
            source = f"Clips come from {options.comfyui}." if options.comfyui else NO_MODEL
            code = await wait_for_signal(playground, stop, source)
        stop.set()
        return code


def demo_settings(playground: Playground, folder: Path, tokens: Sequence[SecretStr]) -> Settings:
    """The playground's addresses and token, and what the command line names: never the real bot's folder."""
    environment = playground.environment()
    return DemoSettings(
        discord_token=SecretStr(environment["DISCORD_TOKEN"]),
        discord_api_url=environment["DISCORD_API_URL"],
        comfyui_url=(environment["COMFYUI_URL"],),
        comfyui_token=tuple(tokens),
        data_dir=folder.expanduser().absolute(),
    )


async def wait_for_signal(playground: Playground, stop: asyncio.Event, source: str) -> int:
    """Print the address of the page, and wait for a signal; returns the exit code."""
    print(INSTRUCTIONS.format(url=playground.discord.origin, source=source), flush=True)
    await stop.wait()
    return 0


async def run_once(
    options: argparse.Namespace, image: bytes, playground: Playground, store: storage.Store
) -> int:
    """Send one `/animate`, print the bot's messages and save the clips; returns the exit code."""
    from playground.demo_once import DemoRun, readable_times
    from playground.errors import PlaygroundError

    demo_run = DemoRun(
        playground=playground,
        image=image,
        filename=options.image.name if options.image else "sample.png",
        prompt=options.prompt,
        folder=options.out,
        report=lambda text: print(readable_times(text), flush=True),
    )
    clips: list[dict[str, object]] = []
    report: dict[str, object] = {"clips": clips}
    try:
        async for saved in demo_run.go(rerolls=int(options.reroll)):
            clips.append(await describe(saved, store))
            print(f"saved {saved.file}", flush=True)
    except* PlaygroundError as failures:
        report["error"] = readable_times(str(failures.exceptions[0]))
    except* OSError as failures:
        report["error"] = f"a file cannot be written: {failures.exceptions[0]}"
    if "error" in report:
        print(f"failed: {report['error']}")
    if options.json:
        print(json.dumps(report))  # in ASCII: whatever the encoding of the output, a program can read it
    return 1 if "error" in report else 0


async def describe(saved: Saved, store: storage.Store) -> dict[str, object]:
    """The JSON object for a saved clip: measured from its file, the rest from its row."""
    job = await store.by_result(saved.message_id)
    async with open_media() as reader:
        clip = await reader.probe_clip(saved.file)
    return {
        "file": str(saved.file),
        "seed": job.params.seed if job else None,
        "frames": clip.frames,
        "width": clip.width,
        "height": clip.height,
        "bytes": clip.bytes,
        "seconds": round(saved.seconds, 3),
        "engine_seconds": round(job.seconds, 3) if job and job.seconds is not None else None,
        "progress_texts": saved.texts,
    }
