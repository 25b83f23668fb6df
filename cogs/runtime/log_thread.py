"""Writes the log in a thread: a console that takes no text stops that thread and nothing else.

On Windows a console takes none while somebody selects in it, on every system a full pipe takes none. Records
are redacted before they are queued (`redaction`), so that none waits with a secret in it.
"""

import contextlib
import copy
import logging
import queue
from collections.abc import Generator, Sequence
from logging.handlers import QueueHandler, QueueListener

from cogs.runtime.observing.log_repeats import REPEAT_SECONDS, RepeatCountingHandler
from jobs.observing.log_context import logged_job

MAX_WAITING_RECORDS = 10_000


class BoundedQueueHandler(QueueHandler):
    """Queues records up to a number; says in the next one that finds room how many were left out."""

    def __init__(self, records: "queue.Queue[logging.LogRecord]", limit: int) -> None:
        super().__init__(records)
        self._records = records
        self._limit = limit
        self._left_out = 0

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """A copy with the message and traceback as text, and the job of the task that logs."""
        prepared = copy.copy(record)
        prepared.msg, prepared.args = record.getMessage(), None
        if record.exc_info and record.exc_info[0] and not record.exc_text:
            prepared.exc_text = logging.Formatter().formatException(record.exc_info)
        prepared.exc_info, prepared.job = None, logged_job()
        return prepared

    def enqueue(self, record: logging.LogRecord) -> None:
        """Queue a prepared record without waiting."""
        if self._records.qsize() >= self._limit:
            self._left_out += 1
            return
        if self._left_out:
            record.msg = f"{record.msg}\n({self._left_out} records before this one were left out)"
            self._left_out = 0
        self._records.put_nowait(record)


class RepeatListener(QueueListener):
    """Handles queued records in its thread; while none comes, repeats that are due are written."""

    def __init__(
        self, records: "queue.Queue[logging.LogRecord]", handlers: Sequence[logging.Handler]
    ) -> None:
        super().__init__(records, *handlers, respect_handler_level=True)
        self._records = records
        self._counting = [each for each in handlers if isinstance(each, RepeatCountingHandler)]

    def dequeue(self, block: bool) -> logging.LogRecord:
        """Wait for the next record."""
        while self._write_due():
            with contextlib.suppress(queue.Empty):
                return self._records.get(block, REPEAT_SECONDS)
        return self._records.get(block)

    def _write_due(self) -> bool:
        """Write the repeats whose second is over; returns whether lines are counted still."""
        return any(list(map(RepeatCountingHandler.write_due, self._counting)))

    def stop(self) -> None:
        """Handle what waits, end the thread, and write the numbers of all repeats."""
        super().stop()
        for each in self._counting:
            each.write_all()


@contextlib.contextmanager
def log_in_thread(limit: int = MAX_WAITING_RECORDS) -> Generator[None]:
    """Let the root logger's handlers write in a thread; at the end all that waits is written, in order.

    Call it after logging is set up. At most `limit` records wait.
    """
    root = logging.getLogger()
    handlers = list(root.handlers)
    records = queue.Queue[logging.LogRecord]()
    queued = BoundedQueueHandler(records, limit)
    listener = RepeatListener(records, handlers)
    _replace_handlers(root, handlers, [queued])
    listener.start()
    try:
        yield
    finally:
        listener.stop()
        _replace_handlers(root, [queued], handlers)


def _replace_handlers(logger: logging.Logger, old: list[logging.Handler], new: list[logging.Handler]) -> None:
    for handler in old:
        logger.removeHandler(handler)
    for handler in new:
        logger.addHandler(handler)
