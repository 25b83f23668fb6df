"""Rows, messages and runs after all jobs have ended, and the invariants that they break."""

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from playground.demo_once import DONE
from playground.discord.model import Message
from playground.playground import Playground
from storage import FINISHED, Job, State

REROLL = "🔁"


def read_jobs(folder: Path) -> list[Job]:
    """All job rows of the bot in this folder, oldest first, whether it runs or not."""
    return [Job.from_row(row) for row in _read(folder, "SELECT * FROM job ORDER BY seq")]


def count_jobs(folder: Path) -> Counter[State]:
    """How many there are in each state."""
    rows = _read(folder, "SELECT state, count(*) FROM job GROUP BY state")
    return Counter({State(row[0]): row[1] for row in rows})


def unfinished(folder: Path) -> int:
    """How many are still on their way."""
    return sum(number for state, number in count_jobs(folder).items() if state not in FINISHED)


def unannounced(folder: Path) -> int:
    """How many have ended without their final status having been shown."""
    return int(_read(folder, "SELECT count(*) FROM job WHERE finished_at IS NOT NULL AND told = 0")[0][0])


def _read(folder: Path, question: str) -> list[sqlite3.Row]:
    path = folder / "data" / "animate.db"
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
        database.row_factory = sqlite3.Row
        return list(database.execute(question))


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalState:
    """Rows, messages and runs after the last job."""

    jobs: list[Job]
    bot_messages: list[Message]
    """Messages of the bot that are not deleted."""
    runs: Counter[str]
    """How often ComfyUI ran each job. From its cache counts too: elsewhere that would have cost the GPU."""

    @property
    def results(self) -> list[Message]:
        """Messages with a clip."""
        return [message for message in self.bot_messages if has_clip(message)]

    def results_of(self, job: Job) -> list[Message]:
        """Those of one job: its clip is named after it."""
        return [each for each in self.results if has_clip(each, f"animate-{job.short}")]

    @property
    def lost(self) -> list[Job]:
        """Jobs that were admitted and ended without the clip."""
        return [job for job in self.jobs if job.state != State.DONE or not self.results_of(job)]

    @property
    def sent_twice(self) -> list[Job]:
        """Jobs whose clip was sent more than once."""
        return [job for job in self.jobs if len(self.results_of(job)) > 1]

    @property
    def run_twice(self) -> list[Job]:
        """Jobs that ComfyUI ran more than once."""
        return [job for job in self.jobs if self.runs[job.id] > 1]

    @property
    def left_behind(self) -> list[str]:
        """Texts of status messages that do not show a finished job."""
        final = {job.status_message for job in self.jobs}
        words = [message for message in self.bot_messages if not has_clip(message)]
        return [each.text for each in words if each.id not in final or not each.text.startswith(DONE)]

    @property
    def stale(self) -> list[str]:
        """Texts of the status messages of jobs that are done, where they do not say so."""
        final = {job.status_message for job in self.jobs if job.state is State.DONE}
        return [
            each.text for each in self.bot_messages if each.id in final and not each.text.startswith(DONE)
        ]

    @property
    def bare(self) -> list[Message]:
        """Results without the 🔁 that people are to click."""
        return [message for message in self.results if REROLL not in message.reactions]

    def damage(self) -> list[str]:
        """Lost, twice sent and twice run jobs, one sentence each."""
        return [
            *(f"lost: {job.short} {job.state} {job.reason}" for job in self.lost),
            *(f"sent twice: {job.short}" for job in self.sent_twice),
            *(f"run twice: {job.short}" for job in self.run_twice),
        ]

    def faults(self) -> list[str]:
        """Every broken invariant, one sentence each."""
        return [
            *self.damage(),
            *(f"no status: {job.short}" for job in self.jobs if not job.status_message),
            *(f"left behind: {text!r}" for text in self.left_behind),
            *("no 🔁 under a result" for _ in self.bare),
        ]


def read_final_state(playground: Playground, folder: Path) -> FinalState:
    """Rows, messages and runs as they are now."""
    return FinalState(
        jobs=read_jobs(folder),
        bot_messages=[
            message
            for message in playground.state.messages.values()
            if message.author_id == playground.bot_user.id and message.only_for is None
        ],
        runs=Counter(run.prompt_id for run in playground.comfyui.runs),
    )


def has_clip(message: Message, name: str = "") -> bool:
    """Whether a message carries a video, and of that name."""
    return any(
        file.content_type.startswith("video/") and file.filename.startswith(name)
        for file in message.attachments
    )
