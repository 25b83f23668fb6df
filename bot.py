"""The front door: command line and shutdown. Nobody imports it."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import discord
from pydantic import SecretStr, ValidationError

import comfy
import storage
from cogs.runtime.app import open_application
from cogs.runtime.client import invite_link
from cogs.runtime.doctor import DoctorOptions, run_checks
from cogs.runtime.doctor_report import print_report
from cogs.runtime.redaction import redact_logs
from cogs.runtime.resources import load_workflows, server_name
from cogs.runtime.settings import DemoSettings, Settings
from media import open_media

# The playground and the sample are imported by those who play: a bot at work starts a fifth sooner.
if TYPE_CHECKING:
    from playground.demo_once import Saved
    from playground.playground import Playground

WHAT_TO_DO_FIRST = """\
There is no DISCORD_TOKEN: create a bot in Discord's developer portal and put its token into the environment
or into a file named .env (README.md, "Run it for your server"). To try everything without Discord and without
a GPU: python bot.py demo"""
WHAT_TO_CLICK = """\
Open {url}
Attach a picture, write what should move, press Enter; when the clip is there, click 🔁 under it.
{whence} Ctrl+C ends it."""
NO_MODEL = "No model runs here: the built-in ComfyUI only moves a camera over the picture."
DEMO_PORT = 8420
LONGEST_FAREWELL = 14.0  # seconds
DEMO_COMFYUI = {"lora": False, "speed": 0.8}  # 20 steps, slow enough to watch
SAMPLE_PROMPT = "The boat rocks gently on the waves while the evening sun glitters on the water"


def stop_on_signal() -> asyncio.Event:
    """An event that SIGINT or SIGTERM sets; a second signal ends the process at once.

    So does time: whatever hangs then, the rows say how to go on.

    `signal.signal` works on Windows too, `add_signal_handler` does not.
    """
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    deadline = threading.Timer(LONGEST_FAREWELL, os._exit, [0])
    deadline.daemon = True
    signals: list[int] = []

    def on_signal(number: int, _: object) -> None:
        signals.append(number)
        if len(signals) > 1:
            os._exit(128 + number)
        deadline.start()
        loop.call_soon_threadsafe(stop.set)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    return stop


async def run(settings: Settings) -> int:
    """`python bot.py`: the bot for real guilds, until a signal."""
    stop = stop_on_signal()
    async with open_application(settings) as bot:
        print(f"Logged in as {bot.client.user}. Invite it to a server: {invite_link(bot.client)}", flush=True)
        await bot.run(stop)
    return 0


async def doctor(options: argparse.Namespace, settings: Settings) -> int:
    """`python bot.py doctor`: what would fail, and what to do about it; exit code 1 if something would."""
    from media.sample import sample_picture

    workflows = load_workflows(settings)
    picture = await asyncio.to_thread(sample_picture)
    subjects = [
        comfy.Subject(
            url=url,
            name=server_name(url),
            token=settings.token_of(number),
            workflows=workflows,
            files=settings.model_files(),
            picture=picture,
        )
        for number, url in enumerate(settings.comfyui_url)
    ]
    patient = DoctorOptions(
        discord_token=settings.discord_token.get_secret_value(),
        discord_api_url=settings.discord_api_url,
        servers=subjects,
        run=options.run,
    )
    report = await run_checks(patient)
    if options.json:
        print(json.dumps(asdict(report), ensure_ascii=False))
    else:
        print_report(report)
    return report.exit_code


async def demo(options: argparse.Namespace) -> int:
    """`python bot.py demo`: the playground and the bot in one process, for a browser or once without."""
    from media.sample import sample_picture
    from playground.page import Sample, place_with_page

    stop = stop_on_signal()
    image = await asyncio.to_thread(options.image.read_bytes if options.image else sample_picture)
    port = options.port if options.port is not None else 0 if options.once else DEMO_PORT
    async with contextlib.AsyncExitStack() as stack:
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="animate-", ignore_cleanup_errors=True)
        )
        sample = Sample(draw=sample_picture, prompt=SAMPLE_PROMPT)
        page = place_with_page(comfyui=options.comfyui or DEMO_COMFYUI, port=port, sample=sample)
        place = await stack.enter_async_context(page)
        bot = await stack.enter_async_context(open_application(demo_settings(place, Path(folder))))
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        tasks.create_task(bot.run(stop), name="bot")
        await place.bot_online()
        whence = f"Clips come from {options.comfyui}." if options.comfyui else NO_MODEL
        code = await (
            visit(options, image, place, bot.store) if options.once else browse(place, stop, whence)
        )
        stop.set()
        return code


def demo_settings(place: Playground, folder: Path) -> Settings:
    """The playground's addresses and token; of the environment only what helps a demo."""
    found = place.environment()
    return DemoSettings(
        discord_token=SecretStr(found["DISCORD_TOKEN"]),
        discord_api_url=found["DISCORD_API_URL"],
        comfyui_url=(found["COMFYUI_URL"],),
        comfyui_token=tuple(
            SecretStr(each) for each in os.environ.get("COMFYUI_TOKEN", "").split(",") if each
        ),
        data_dir=Path(os.environ.get("DATA_DIR") or folder),
    )


async def browse(place: Playground, stop: asyncio.Event, whence: str) -> int:
    """Say what to click, and wait for a signal."""
    print(WHAT_TO_CLICK.format(url=place.discord.origin, whence=whence), flush=True)
    await stop.wait()
    return 0


async def visit(options: argparse.Namespace, image: bytes, place: Playground, store: storage.Store) -> int:
    """`demo --once`: the way of one request, told as it goes. Returns the exit code."""
    from playground.demo_once import DemoRun
    from playground.errors import PlaygroundError

    guest = DemoRun(
        place=place,
        image=image,
        filename=options.image.name if options.image else "sample.png",
        prompt=options.prompt,
        folder=options.out,
        tell=lambda text: print(text, flush=True),
    )
    clips: list[dict[str, object]] = []
    report: dict[str, object] = {"clips": clips}
    try:
        async for saved in guest.go(rerolls=int(options.reroll)):
            clips.append(await describe(saved, store))
            print(f"saved {saved.file}", flush=True)
    except* PlaygroundError as failures:
        report["error"] = str(failures.exceptions[0])
        print(f"failed: {report['error']}")
    if options.json:
        print(json.dumps(report, ensure_ascii=False))
    return 1 if "error" in report else 0


async def describe(saved: Saved, store: storage.Store) -> dict[str, object]:
    """What `--json` tells of a clip: its file measured anew, the rest from its row."""
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


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line. Without a command it is the bot itself."""
    parser = argparse.ArgumentParser(
        prog="bot.py", description="A Discord bot that brings pictures to life on a GPU of your own."
    )
    which = parser.add_subparsers(metavar="COMMAND", dest="command")
    which.add_parser("run", help="the bot, with the settings of the environment or .env (default)")
    check = which.add_parser(
        "doctor", help="look at every ComfyUI and at Discord: what would fail, and the fix"
    )
    check.add_argument("--run", action="store_true", help="make the smallest clip with each workflow, too")
    check.add_argument("--json", action="store_true", help="one JSON object instead of words")
    trial = which.add_parser("demo", help="try it here: no Discord, no GPU, nothing to set up")
    trial.add_argument("--comfyui", metavar="URL", help="a real ComfyUI instead of the built-in one")
    trial.add_argument("--port", type=int, metavar="N", help=f"where the page is served ({DEMO_PORT})")
    trial.add_argument("--once", action="store_true", help="one /animate without a browser, then exit")
    trial.add_argument("--image", type=Path, metavar="FILE", help="with --once: the picture (else a sample)")
    trial.add_argument(
        "--prompt", default=SAMPLE_PROMPT, metavar="TEXT", help="with --once: what should move"
    )
    trial.add_argument("--reroll", action="store_true", help="with --once: react with 🔁 and save that too")
    trial.add_argument("--out", type=Path, default=Path("clips"), metavar="DIR", help="with --once (clips)")
    trial.add_argument("--json", action="store_true", help="with --once: a JSON object as the last line")
    return parser.parse_args(arguments)


async def begin(options: argparse.Namespace) -> int:
    """What the command line asks for; returns the exit code."""
    if options.command == "demo":
        discord.utils.setup_logging(level=logging.WARNING)
        return await demo(options)
    settings = Settings()
    if options.command == "doctor":
        discord.utils.setup_logging(level=logging.ERROR)
        redact_logs(settings.secrets())
        return await doctor(options, settings)
    if not settings.discord_token.get_secret_value():
        print(WHAT_TO_DO_FIRST, file=sys.stderr)
        return 2
    discord.utils.setup_logging(level=logging.getLevelNamesMapping()[settings.log_level])
    redact_logs(settings.secrets())
    return await run(settings)


def main(arguments: Sequence[str]) -> int:
    """Exit codes: 0 well, 1 failed while running, 2 something to set right first; each with one sentence."""
    try:
        return asyncio.run(begin(parse_arguments(arguments)))
    except ValidationError as err:
        wrong = "; ".join(f"{str(each['loc'][0]).upper()}: {each['msg']}" for each in err.errors())
        return complain(f"A setting is not usable: {wrong}", 2)
    except (storage.StoreError, comfy.WorkflowInvalid) as err:
        return complain(str(err), 2)
    except discord.LoginFailure:
        return complain("Discord refuses the DISCORD_TOKEN: copy it anew from the developer portal.", 2)
    except (aiohttp.ClientError, discord.HTTPException, TimeoutError) as err:
        return complain(f"Discord cannot be reached: {type(err).__name__}", 1)
    except OSError as err:  # a file that is not there, a port that is taken
        return complain(f"That did not work: {err}", 1)
    except ExceptionGroup as err:
        logging.getLogger("bot").critical("the bot died", exc_info=err)
        return complain("A part of the bot died; the log above says which and why.", 1)


def complain(sentence: str, code: int) -> int:
    """Say what is wrong, on the terminal."""
    print(sentence, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
