"""Runs periodic chores so that one that fails stops no other, and remembers what is wrong with each."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from storage.errors import StoreError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoreFailure:
    """Why a chore could not be done, and how often in a row."""

    error: str
    times: int


class Chores:
    """Runs chores by name. A failure is logged when it begins, changes or ends, not each time."""

    def __init__(self) -> None:
        self._failures: dict[str, ChoreFailure] = {}

    @property
    def failures(self) -> Mapping[str, ChoreFailure]:
        """The chores that failed when they were run last, by name."""
        return self._failures

    async def run(self, name: str, chore: Callable[[], Awaitable[None]]) -> None:
        """Run one chore to its end; StoreError and OSError become its failure."""
        try:
            await chore()
        except (StoreError, OSError) as err:
            self._failed(name, str(err))
        else:
            if failure := self._failures.pop(name, None):
                log.info("%s works again, after %d failures", name, failure.times)

    def _failed(self, name: str, error: str) -> None:
        before = self._failures.get(name)
        self._failures[name] = ChoreFailure(error=error, times=before.times + 1 if before else 1)
        if before is None or before.error != error:
            log.error("%s is left for later: %s", name, error)
