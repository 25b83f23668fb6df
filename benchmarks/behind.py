"""How far the status messages are behind the truth: jobs that move on twice a second, in 10 to 120 channels.

Ours against a bot that edits at every event and leaves the rest to discord.py's own care for rate limits; in
40 and more channels ours alone.
"""

import asyncio
import contextlib
import json
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.queue import PARAMS
from cogs.messages.bot_reactions import BotReactions, PendingReaction
from cogs.messages.lost_status import LostStatusHandler, OnDelete
from cogs.messages.status_editor import EditorContext, open_status_editor
from cogs.runtime.client import AnimateBot, open_client
from jobs.notifier import QueueNotifier
from playground.discord.model import Message
from playground.playground import Playground
from storage import Job, Request, Store, open_store

JOBS = 40
FEW_CHANNELS = 10
MANY_CHANNELS = (40, 80, 120)  # a job in each
EVENTS = 2.0  # of each job, a second
PROMISED = 6.0  # seconds

Show = Callable[[Job, str], None]


@dataclass(slots=True, kw_only=True)
class Told:
    """What one run showed: seconds behind at every look, edits, and answers of 429."""

    behind: list[float] = field(default_factory=list[float])
    edits: int = 0
    too_many: int = 0


@contextlib.asynccontextmanager
async def ours(client: AnimateBot, store: Store) -> AsyncGenerator[Show]:
    """The status editor of this bot."""
    context = EditorContext(
        channel_of=client.get_partial_messageable,
        store=store,
        scheduler=client.scheduler,
        lost_status=LostStatusHandler(client, client.scheduler, store, QueueNotifier(), OnDelete.DELIVER),
        pending_reaction=PendingReaction(BotReactions(client), store),
    )
    async with open_status_editor(context) as status_editor:
        yield status_editor.show


@contextlib.asynccontextmanager
async def every_event(client: AnimateBot, _: Store) -> AsyncGenerator[Show]:
    """One edit for each event, in its turn; discord.py waits where Discord says so."""
    async with asyncio.TaskGroup() as tasks:
        lines: dict[str, asyncio.Queue[str]] = {}
        editors: list[asyncio.Task[None]] = []

        async def edit(job: Job, texts: asyncio.Queue[str]) -> None:
            channel = client.get_partial_messageable(job.channel_id)
            while True:
                await channel.get_partial_message(job.status_message or 0).edit(content=await texts.get())

        def show(job: Job, text: str) -> None:
            if job.id not in lines:
                lines[job.id] = asyncio.Queue()
                editors.append(tasks.create_task(edit(job, lines[job.id]), name=f"edits of {job.id}"))
            lines[job.id].put_nowait(text)

        yield show
        for each in editors:
            each.cancel()


WAYS = {"ours": ours, "an edit for every event": every_event}


async def measure(way: str, jobs: int, channels: int, seconds: float) -> Told:
    """Run the jobs for that long, and look at every message ten times a second."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            Playground(comfyui=None, check_contract=False) as playground,
            open_store(Path(folder)) as store,
            open_client(playground.state.token, playground.discord.api_url) as client,
            WAYS[way](client, store) as show,
        ):
            posted = [await _post(playground, store, number, channels) for number in range(jobs)]
            told = Told()
            await _run(playground, posted, show, told, seconds)
            told.edits = sum(each.method == "PATCH" for each in playground.discord.requests)
            told.too_many = len(playground.discord.too_many)
            return told


async def _post(playground: Playground, store: Store, number: int, channels: int) -> Job:
    channel = playground.channel_named(f"channel-{number % channels}")
    request = Request(
        key=str(number),
        user_id=number,
        guild_id=playground.guild.id,
        channel_id=channel.id,
        locale="en-US",
        params=PARAMS,
        picture="00",
    )
    job = (await store.admit(request)).job
    message = Message(
        id=playground.state.ids.next(),
        channel_id=channel.id,
        author_id=playground.bot_user.id,
        content="0",
        sent_at=playground.state.clock.now(),
    )
    await store.set_status_message(job.id, playground.state.post(message).id)
    return await store.job(job.id)


async def _run(playground: Playground, jobs: Sequence[Job], show: Show, told: Told, seconds: float) -> None:
    """A text is the moment at which it was true; what is shown is behind since the next one was."""
    began, events = time.monotonic(), 0
    true_since = {"0": began}
    while (now := time.monotonic()) < began + seconds:
        if now >= began + events / EVENTS:
            events += 1
            true_since[str(events)] = now
            for job in jobs:
                show(job, str(events))
        for job in jobs:
            shown = int(playground.state.messages[job.status_message or 0].content)
            told.behind.append(now - true_since[str(shown + 1)] if shown < events else 0.0)
        await asyncio.sleep(0.1)


async def main(seconds: float) -> None:
    """Print what each way showed; the last line is JSON."""
    found: dict[str, object] = {}
    runs = [(way, JOBS, FEW_CHANNELS) for way in WAYS] + [("ours", count, count) for count in MANY_CHANNELS]
    print(f"{EVENTS:g} events a second of each job, {seconds:g} s")
    print(f"{'':28}{'jobs':>6}{'channels':>10}{'p50':>8}{'p99':>8}{'worst':>8}{'edits':>8}{'429':>6}")
    for way, jobs, channels in runs:
        told = await measure(way, jobs, channels, seconds)
        behind = sorted(told.behind)
        p50, p99, worst = behind[len(behind) // 2], behind[len(behind) * 99 // 100], behind[-1]
        print(f"{way:28}{jobs:6}{channels:10}{p50:8.2f}{p99:8.2f}{worst:8.2f}{told.edits:8}{told.too_many:6}")
        measured = {"p50": p50, "p99": p99, "worst": worst, "edits": told.edits, "429": told.too_many}
        found[f"{way}, {channels} channels"] = measured
    print(json.dumps({"promised": PROMISED, "ways": found}))


if __name__ == "__main__":
    asyncio.run(main(12.0 if "--quick" in sys.argv else 60.0))
