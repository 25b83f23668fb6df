"""Writes no line twice a second: the same line is counted, and said once more with its number."""

import copy
import logging
import math
import time
from dataclasses import dataclass
from typing import TextIO

REPEAT_SECONDS = 1.0

Line = tuple[str, int, str, str | None, str | None]


@dataclass(slots=True)
class _Written:
    """A line that was written last at `at`, in Unix seconds.

    `count`: how often it came in the second since then; `unsaid`: how many of these were not written.
    """

    record: logging.LogRecord
    at: float
    count: int
    unsaid: int = 0


class RepeatCountingHandler(logging.StreamHandler[TextIO]):
    """Writes a line at once; where the same one follows within REPEAT_SECONDS, it is counted.

    When the second is over `LINE (12 times)` is written, which counts the first one too: with the next line,
    by `write_due`, or by `write_all` at the end.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__(stream)
        self._lines: dict[Line, _Written] = {}  # in the order of `at`

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, or count it where its line was written less than a second before it."""
        self._write_counted(record.created)
        line = _line_of(record)
        if written := self._lines.get(line):
            written.record, written.count, written.unsaid = record, written.count + 1, written.unsaid + 1
        else:
            self._lines[line] = _Written(record, record.created, 1)
            super().emit(record)

    def write_due(self, now: float | None = None) -> bool:
        """Write the numbers whose second is over; returns whether lines are counted still."""
        self.acquire()
        try:
            self._write_counted(time.time() if now is None else now)
            return bool(self._lines)
        finally:
            self.release()

    def write_all(self) -> None:
        """Write all numbers that are left, though their second is not over."""
        while any(each.unsaid for each in self._lines.values()):
            self.write_due(math.inf)
        self._lines.clear()

    def close(self) -> None:
        """Write what is left, and forget it."""
        self.write_all()
        super().close()

    def _write_counted(self, now: float) -> None:
        while self._lines:
            line, written = next(iter(self._lines.items()))
            if now - written.at < REPEAT_SECONDS:
                break
            del self._lines[line]
            if written.unsaid:
                super().emit(_with_count(written.record, written.count))
                self._lines[line] = _Written(written.record, min(now, time.time()), 0, 0)


def _line_of(record: logging.LogRecord) -> Line:
    job = getattr(record, "job", None)
    return record.name, record.levelno, record.getMessage(), record.exc_text, job


def _with_count(record: logging.LogRecord, count: int) -> logging.LogRecord:
    counted = copy.copy(record)
    number = f" ({count} times)" if count > 1 else ""
    counted.msg, counted.args = record.getMessage() + number, None
    counted.exc_info = counted.exc_text = counted.stack_info = None  # the first one had it
    return counted
