"""The demo without a browser: `/animate`, report the status, save the clip, 🔁, save the next clip."""

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from pathlib import Path

from playground.errors import NeverHappened, PlaygroundError
from playground.playground import Playground
from playground.tracked_job import Clip, TextRevision, TrackedJob

TIME_STAMP = re.compile(r"<t:(-?\d{1,11})(?::([tTdDfFR]))?>")
TIME_FORMATS = {"t": "%H:%M", "T": "%H:%M:%S", "d": "%Y-%m-%d", "D": "%Y-%m-%d"}
FAILED, DONE = "❌", "✅"  # how the last text of a status begins


class DemoRunFailed(PlaygroundError):
    """No clip arrived; the message is the last text of the status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A clip that arrived. `seconds` from the command (or the 🔁) to the video; `texts` it took meanwhile."""

    file: Path
    message_id: int
    seconds: float
    texts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoRun:
    """One run: picture, prompt, folder for the clips, and seconds to wait for each clip (`timeout`)."""

    playground: Playground
    image: bytes
    filename: str
    prompt: str
    folder: Path
    report: Callable[[str], None]
    timeout: float = 3600.0

    async def go(self, *, rerolls: int) -> AsyncGenerator[Saved]:
        """Ask, and yield each clip when it is saved. Raises DemoRunFailed, Refused, NeverHappened."""
        member = self.playground.member("visitor")
        began = time.monotonic()
        job = await member.animate(self.image, self.prompt, filename=self.filename)
        clip = await self._await_clip(job)
        yield await self._save(clip, job, began)
        for _ in range(rerolls):
            began = time.monotonic()
            job = await member.react(clip, "🔁")
            clip = await self._await_clip(job)
            yield await self._save(clip, job, began)

    async def _await_clip(self, job: TrackedJob) -> Clip:
        async with asyncio.TaskGroup() as tasks:
            reporting = tasks.create_task(self._report_texts(job), name="reporting")
            failing = tasks.create_task(self._watch_for_failure(job), name="failing")
            try:
                return await job.video(self.timeout)
            finally:
                reporting.cancel()
                failing.cancel()

    async def _watch_for_failure(self, job: TrackedJob) -> None:
        raise DemoRunFailed(await job.says(FAILED, self.timeout))

    async def _report_texts(self, job: TrackedJob) -> None:
        reported: list[TextRevision] = []
        while True:
            new = await self.playground.until(
                lambda: job.texts[len(reported) :] or None, self.timeout, "a new text"
            )
            for revision in new:
                self.report(revision.text)
            reported.extend(new)

    async def _save(self, clip: Clip, job: TrackedJob, began: float) -> Saved:
        seconds = time.monotonic() - began
        file = self.folder / f"{clip.message.id}.mp4"
        await asyncio.to_thread(_write, file, clip.data)
        with contextlib.suppress(NeverHappened):
            self.report(await job.says(DONE, 15))
        texts = len({revision.text for revision in job.texts})
        return Saved(file=file, message_id=clip.message.id, seconds=seconds, texts=texts)


def readable_times(text: str, now: float | None = None) -> str:
    """A message as a terminal shows it: Discord's time stamps, such as `<t:1700000000:R>`, in words."""
    at = time.time() if now is None else now
    return TIME_STAMP.sub(lambda found: _time_in_words(int(found[1]), found[2] or "f", at), text)


def _time_in_words(stamp: int, style: str, now: float) -> str:
    if style != "R":
        return time.strftime(TIME_FORMATS.get(style, "%Y-%m-%d %H:%M"), time.localtime(stamp))
    seconds = round(abs(stamp - now))
    number, unit = (seconds, "s") if seconds < 100 else (round(seconds / 60), "min")
    return f"in {number} {unit}" if stamp >= now else f"{number} {unit} ago"


def _write(file: Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
