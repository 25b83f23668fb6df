"""⏳ under a result while another one of it is made: the sign that a reaction was accepted."""

import re

from cogs.messages.bot_reactions import HOURGLASS, Marks
from storage import Job, Store

ASKED_UNDER = re.compile(r"reroll (\d+) ")  # the key of such a job names the message


class Hourglass:
    """Turned when a reroll is admitted, taken away after the last word of the last one that waits."""

    def __init__(self, marks: Marks, store: Store) -> None:
        self._marks = marks
        self._store = store

    async def turn(self, channel_id: int, message_id: int) -> None:
        """Put it under a message."""
        await self._marks.put(channel_id, message_id, HOURGLASS)

    async def take_away(self, job: Job) -> None:
        """This job is over: so is the waiting, unless it is not the last one. Raises StoreError."""
        asked = ASKED_UNDER.match(job.key)
        if asked and not await self._store.waits_for(int(asked[1])):
            await self._marks.take_away(job.channel_id, int(asked[1]), HOURGLASS)
