"""The desk: what every cog needs to take a wish and answer it."""

from dataclasses import dataclass

from cogs.bell import Bell
from cogs.door import Door
from cogs.gate import Gate, Shares
from cogs.intake import Intake
from cogs.lost import Lost
from cogs.runner import Runner
from cogs.status import StatusMessages
from storage import Job, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Opened in `bot.py`, handed to each cog."""

    gate: Gate
    shares: Shares
    intake: Intake
    store: Store
    status: StatusMessages
    runner: Runner
    bell: Bell
    lost: Lost
    door: Door

    async def waiting_text(self, job: Job) -> str:
        """What the status of a job says while it waits. Raises StoreError."""
        return await self.runner.waiting_text(job, await self.store.ahead(job.id))
