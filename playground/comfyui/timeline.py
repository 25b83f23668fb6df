"""The stages that every prompt has reached, so that tests can wait for one or pause the engine there."""

import asyncio
from dataclasses import dataclass

from playground.comfyui.values import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A stage that a prompt reached. `step` counts sampler steps (frames while saving), else it is 0."""

    prompt_id: str
    stage: Stage
    step: int = 0


class Timeline:
    """The stages reached so far; the engine waits while `resumed` is not set."""

    def __init__(self) -> None:
        self.moments: list[Moment] = []
        self._news = asyncio.Condition()
        self._hold: Moment | None = None
        self.resumed = asyncio.Event()
        self.resumed.set()

    async def record(self, moment: Moment) -> None:
        """Record a stage, wake its waiters, and pause the engine if it was to pause here."""
        if self._hold and _is(moment, self._hold.prompt_id, self._hold.stage, self._hold.step):
            self.resumed.clear()
        self.moments.append(moment)
        async with self._news:
            self._news.notify_all()

    async def reached(self, prompt_id: str | None, stage: Stage, step: int) -> Moment:
        """The first such moment, at once if it has been. Without an id: of the prompt queued last."""
        async with self._news:
            while not (moment := self._find(prompt_id, stage, step)):
                await self._news.wait()
            return moment

    def pause(self, stage: Stage | None, step: int) -> None:
        """Pause the engine: at once without a stage, else when a prompt reaches it."""
        if stage is None:
            self.resumed.clear()
        else:
            self._hold = Moment(prompt_id="", stage=stage, step=step)

    def resume(self) -> None:
        """Let the engine go on."""
        self._hold = None
        self.resumed.set()

    def _find(self, prompt_id: str | None, stage: Stage, step: int) -> Moment | None:
        wanted = prompt_id or next(
            (m.prompt_id for m in reversed(self.moments) if m.stage is Stage.QUEUED), ""
        )
        return next((m for m in self.moments if wanted and _is(m, wanted, stage, step)), None)


def _is(moment: Moment, prompt_id: str, stage: Stage, step: int) -> bool:
    return moment.stage == stage and moment.step >= step and prompt_id in ("", moment.prompt_id)
