"""How long each renderer stalls the event loop over the worst texts at Discord's longest lengths.

A task that ticks beside the renderers sees the stalls: what other people's interactions wait for.
"""

import argparse
import asyncio
import gc
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from benchmarks.queue import PARAMS
from cogs.ui.autocomplete import suggest_jobs, suggest_pairs, suggest_prompts, suggest_seeds
from cogs.ui.cards import JobEntry
from cogs.ui.history_card import Page, render_page
from cogs.ui.job_card import JobDetails, is_cut, render_details, render_text
from cogs.ui.queue_card import QueueView, render_queue
from cogs.ui.texts import (
    render_advice,
    render_alt,
    render_copy,
    render_final_status,
    render_poster,
    render_refusal,
    render_report,
    render_result,
)
from jobs.advice import advise
from jobs.errors import Refusal
from jobs.options import MAX_NEGATIVE, MAX_PROMPT
from storage import Job, Load, Reason, State
from storage.words.blocked_words import BLOCKED_WORDS, compile_words, first_blocked

LIMIT = 0.02  # seconds that the event loop may stall
TICK = 0.001  # seconds
MAX_SERVER_MESSAGE = 65_536  # characters of what a server writes
HISTORY = 100  # jobs of a person, whose prompts are suggested

TEXTS: Mapping[str, str] = {
    "<": "<",
    "*": "*",
    "newlines": "\n",
    "links": "[a](https://b.example) ",
    "CJK": "漢字，",
    "< and *": "<" * 300 + "*" * 1200,
    "emoji": "\U0001f469\u200d\U0001f680",
    "mentions": "@everyone <@1> ",
    "combining": "e\u0301\u0327\u0301\u0327\u0301\u0327",
    "brackets": "[",
    "long word": "in",
    "words": "then, ",
    "mixed": "<https://a.b>*_~`|\\\n# > -# 1. @here discord.gg/a 漢",
}

Renderer = Callable[[Job], object]


def fill(unit: str, length: int) -> str:
    """A unit repeated to a length."""
    return (unit * (length // len(unit) + 1))[:length]


def build_job(unit: str, *, part: float = 1.0) -> Job:
    """A failed job whose texts have a part of the greatest length that Discord, or a server, allows."""
    params = replace(
        PARAMS,
        prompt=fill(unit, int(part * MAX_PROMPT)),
        negative_prompt=fill(unit, int(part * MAX_NEGATIVE)),
        choices={"lora": fill(unit, int(part * MAX_SERVER_MESSAGE))},
    )
    return Job(
        seq=1,
        id="1a2b3c4d-0000-4000-8000-000000000000",
        key="interaction 1",
        user_id=42,
        guild_id=7,
        channel_id=8,
        locale="en-US",
        params=params,
        picture="00",
        parent=None,
        state=State.FAILED,
        epoch=1,
        server=None,
        attempts=1,
        status_message=99,
        result_message=100,
        clip="a.mp4",
        seconds=61.25,
        reason=Reason(code="node", values={"node": fill(unit, int(part * MAX_SERVER_MESSAGE))}),
        cancel_requested=False,
        created_at=0,
        started_at=1,
        finished_at=2,
    )


def _queue(job: Job) -> object:
    waiting = JobEntry(job=replace(job, state=State.QUEUED), ahead=3)
    load = Load(queued=25, running=1)
    return render_queue(
        "en-US", QueueView(mine=[waiting] * 25, guild=[waiting] * 25, guild_jobs=25, load=load, servers=1)
    )


def _others(job: Job) -> list[Job]:
    """Jobs with different prompts of the same length."""
    return [
        replace(job, id=f"{n:08x}", params=replace(job.params, prompt=f"{n:03}{job.params.prompt[3:]}"))
        for n in range(HISTORY)
    ]


RENDERERS: Mapping[str, Renderer] = {
    "result": render_result,
    "poster": render_poster,
    "copy": lambda job: render_copy("en-US", job),
    "report": lambda job: render_report("en-US", job, 1),
    "alternative text": render_alt,
    "final status": render_final_status,
    "refusal": lambda job: render_refusal("en-US", Refusal("preset", preset=job.params.prompt, offered="a")),
    "advice": lambda job: render_advice("en-US", advise(job.params.prompt, job.params.negative_prompt)),
    "blocked words": lambda job: first_blocked(job.params.prompt, BLOCKED_WORDS),
    "/show": lambda job: (
        render_details("en-US", JobDetails(job=job)),
        is_cut(job),
        render_text("en-US", job),
    ),
    "/history": lambda job: render_page("en-US", Page(jobs=[job] * 5, newer=True, older=True), {job.id}),
    "/queue": _queue,
    "suggested jobs": lambda job: suggest_jobs("en-US", _others(job), "zzz"),
    "suggested prompts": lambda job: suggest_prompts(_others(job), "zzz"),
    "suggested seeds": lambda job: suggest_seeds(_others(job), "zzz"),
    "suggested choices": lambda job: suggest_pairs([job.params.choices["lora"]], job.params.prompt),
}


class Ticker:
    """A task that wakes each TICK seconds; `longest`: how late it was at most, in seconds."""

    longest = 0.0

    async def run(self) -> None:
        """Tick until cancelled."""
        while True:
            due = time.perf_counter() + TICK
            await asyncio.sleep(TICK)
            self.longest = max(self.longest, time.perf_counter() - due)


async def stall(render: Renderer, job: Job, repeats: int) -> float:
    """The stall in seconds while a text is rendered, as a ticker sees it: the least of a few tries."""
    stalls = list[float]()
    for _ in range(repeats):
        ticker = Ticker()
        ticking = asyncio.create_task(ticker.run(), name="ticker")
        await asyncio.sleep(3 * TICK)
        ticker.longest = 0.0
        render(job)
        await asyncio.sleep(3 * TICK)
        ticking.cancel()
        stalls.append(ticker.longest)
    return min(stalls)


async def measure(repeats: int) -> Mapping[str, Mapping[str, float]]:
    """For each renderer and text the stall in milliseconds."""
    jobs = {name: build_job(unit) for name, unit in TEXTS.items()}
    return {
        renderer: {name: round(1000 * await stall(render, job, repeats), 2) for name, job in jobs.items()}
        for renderer, render in RENDERERS.items()
    }


def main() -> None:
    """The command line."""
    compile_words(BLOCKED_WORDS)  # as the bot does before it connects
    parser = argparse.ArgumentParser(prog="benchmarks.renderers", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="each text once instead of five times")
    options = parser.parse_args()
    gc.freeze()  # what the imports left is not collected while something is measured
    table = asyncio.run(measure(1 if options.quick else 5))
    print(f"{'stall in ms':18}" + "".join(f"{name:>11}" for name in TEXTS))
    for renderer, row in table.items():
        print(f"{renderer:18}" + "".join(f"{value:11}" for value in row.values()))
    worst = max(value for row in table.values() for value in row.values())
    print(json.dumps({"worst_ms": worst, "limit_ms": 1000 * LIMIT, "held": worst < 1000 * LIMIT}))


if __name__ == "__main__":
    main()
