"""How far every prompt is, so that tests can wait for a moment or stop the engine at one."""

import asyncio
from dataclasses import dataclass

from playground.comfyui.values import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A prompt got somewhere; `step` counts sampler steps, when saving frames, and is 0 elsewhere."""

    prompt_id: str
    stage: Stage
    step: int = 0


class Timeline:
    """The moments so far, and the `gate` at which the engine can be held."""

    def __init__(self) -> None:
        self.moments: list[Moment] = []
        self._news = asyncio.Condition()
        self._hold: Moment | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def note(self, moment: Moment) -> None:
        """Something happened; wakes whoever waits for it and closes the gate if it was to close here."""
        if self._hold and _is(moment, self._hold.prompt_id, self._hold.stage, self._hold.step):
            self.gate.clear()
        self.moments.append(moment)
        async with self._news:
            self._news.notify_all()

    async def reached(self, prompt_id: str | None, stage: Stage, step: int) -> Moment:
        """The first such moment, at once if it has been. Without an id: of the prompt queued last."""
        async with self._news:
            while not (moment := self._find(prompt_id, stage, step)):
                await self._news.wait()
            return moment

    def hold(self, stage: Stage | None, step: int) -> None:
        """Close the gate: at once without a stage, else when a prompt gets there."""
        if stage is None:
            self.gate.clear()
        else:
            self._hold = Moment(prompt_id="", stage=stage, step=step)

    def release(self) -> None:
        """Open the gate."""
        self._hold = None
        self.gate.set()

    def _find(self, prompt_id: str | None, stage: Stage, step: int) -> Moment | None:
        wanted = prompt_id or next(
            (m.prompt_id for m in reversed(self.moments) if m.stage is Stage.QUEUED), ""
        )
        return next((m for m in self.moments if wanted and _is(m, wanted, stage, step)), None)


def _is(moment: Moment, prompt_id: str, stage: Stage, step: int) -> bool:
    return moment.stage == stage and moment.step >= step and prompt_id in ("", moment.prompt_id)
