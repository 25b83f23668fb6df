"""Runs periodic chores so that one that fails stops no other, and remembers what is wrong with each."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from storage.errors import StoreError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoreFailure:
    """Why a chore could not be done, and how often in a row."""

    error: str
    times: int


class Chores:
    """Runs chores by name. A failure is logged when it begins, changes or ends, not each time.

    `record`: a file that holds the failures for other processes (see `read_failures`).
    """

    def __init__(self, record: Path | None = None) -> None:
        self._failures: dict[str, ChoreFailure] = {}
        self._record = record
        self._recorded: Mapping[str, ChoreFailure] | None = None

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
        await self._write()

    async def _write(self) -> None:
        """Write the failures where they changed; without room for that the log alone tells them."""
        if self._record and self._failures != self._recorded:
            try:
                await asyncio.to_thread(_write, self._record, self._failures)
                self._recorded = dict(self._failures)
            except OSError as err:
                log.info("the failures of chores are not recorded: %s", err)

    def _failed(self, name: str, error: str) -> None:
        before = self._failures.get(name)
        self._failures[name] = ChoreFailure(error=error, times=before.times + 1 if before else 1)
        if before is None or before.error != error:
            log.error("%s is left for later: %s", name, error)


def read_failures(record: Path) -> Mapping[str, ChoreFailure]:
    """The failures that the process which works there recorded last; none where there is no such file."""
    try:
        entries: Mapping[str, Mapping[str, object]] = json.loads(record.read_text(encoding="utf-8"))
        return {
            name: ChoreFailure(error=str(entry["error"]), times=int(str(entry["times"])))
            for name, entry in entries.items()
        }
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}


def _write(record: Path, failures: Mapping[str, ChoreFailure]) -> None:
    """Write the file, or remove it where nothing fails."""
    if failures:
        text = json.dumps({name: asdict(failure) for name, failure in failures.items()}, indent=1)
        record.write_text(text, encoding="utf-8")
    else:
        record.unlink(missing_ok=True)
