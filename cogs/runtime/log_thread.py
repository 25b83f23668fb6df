"""Writes the log in a thread: a console that takes no text stops that thread and nothing else.

On Windows a console takes none while somebody selects in it, on every system a full pipe takes none. Records
are redacted before they are queued (`redaction`), so that none waits with a secret in it.
"""

import contextlib
import logging
import queue
from collections.abc import Generator
from logging.handlers import QueueHandler, QueueListener

MAX_WAITING_RECORDS = 10_000


class BoundedQueueHandler(QueueHandler):
    """Queues records up to a number; says in the next one that finds room how many were left out."""

    def __init__(self, records: "queue.Queue[logging.LogRecord]", limit: int) -> None:
        super().__init__(records)
        self._records = records
        self._limit = limit
        self._left_out = 0

    def enqueue(self, record: logging.LogRecord) -> None:
        """Queue a prepared record without waiting."""
        if self._records.qsize() >= self._limit:
            self._left_out += 1
            return
        if self._left_out:
            record.msg = f"{record.msg}\n({self._left_out} records before this one were left out)"
            self._left_out = 0
        self._records.put_nowait(record)


@contextlib.contextmanager
def log_in_thread(limit: int = MAX_WAITING_RECORDS) -> Generator[None]:
    """Let the root logger's handlers write in a thread; at the end all that waits is written, in order.

    Call it after logging is set up. At most `limit` records wait.
    """
    root = logging.getLogger()
    handlers = list(root.handlers)
    records = queue.Queue[logging.LogRecord]()
    queued = BoundedQueueHandler(records, limit)
    listener = QueueListener(records, *handlers, respect_handler_level=True)
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
