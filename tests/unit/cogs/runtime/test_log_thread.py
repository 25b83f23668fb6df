"""The log's thread: who logs does not wait for the console, and at the end all of it is written."""

import logging
import threading
from collections.abc import Generator
from io import StringIO

import pytest

from cogs.runtime.log_thread import log_in_thread
from cogs.runtime.observing.log_repeats import RepeatCountingHandler
from cogs.runtime.redaction import Redactor, redact_logs
from jobs.observing.log_context import log_job


class Console(StringIO):
    """A console that takes text only while `open` is set, as one in which somebody selects."""

    def __init__(self) -> None:
        super().__init__()
        self.open = threading.Event()
        self.asked = threading.Event()
        self._changed = threading.Condition()

    def write(self, text: str) -> int:
        """Wait for `open`, then keep the text."""
        self.asked.set()
        self.open.wait(20)
        with self._changed:
            self._changed.notify_all()
            return super().write(text)

    def reads(self, text: str) -> bool:
        """Wait until it shows this text; returns whether it does."""
        with self._changed:
            return self._changed.wait_for(lambda: text in self.getvalue(), 20)


@pytest.fixture
def console() -> Generator[Console]:
    root, console = logging.getLogger(), Console()
    handlers, level = list(root.handlers), root.level
    root.handlers[:] = [logging.StreamHandler(console)]
    root.setLevel(logging.INFO)
    try:
        yield console
    finally:
        console.open.set()
        root.handlers[:] = handlers
        root.setLevel(level)


def test_who_logs_does_not_wait_for_the_console_and_all_is_written_at_the_end(console: Console) -> None:
    log = logging.getLogger("test")
    with log_in_thread():
        for number in range(100):
            log.info("line %d", number)
        assert console.asked.wait(20)
        assert console.getvalue() == ""
        console.open.set()
    assert console.getvalue().splitlines() == [f"line {number}" for number in range(100)]
    log.info("afterwards")
    assert console.getvalue().endswith("afterwards\n")


def test_where_too_many_wait_the_rest_is_left_out_and_counted(console: Console) -> None:
    log = logging.getLogger("test")
    with log_in_thread(limit=3):
        log.info("first")
        assert console.asked.wait(20)  # it waits in the thread, outside the queue
        for number in range(10):
            log.info("line %d", number)
        console.open.set()
        assert console.reads("line 2\n")
        log.info("last")
    lines = console.getvalue().splitlines()
    assert lines == [
        "first",
        "line 0",
        "line 1",
        "line 2",
        "last",
        "(7 records before this one were left out)",
    ]


def test_secrets_are_gone_before_a_record_waits(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    factory, hooks = logging.getLogRecordFactory(), (threading.excepthook,)
    monkeypatch.setattr("sys.excepthook", None)
    monkeypatch.setattr("sys.unraisablehook", None)
    try:
        redact_logs(Redactor(["open sesame"]))
        console.open.set()
        with log_in_thread():
            try:
                raise ValueError("open sesame")
            except ValueError:
                logging.getLogger("test").exception("it is %s", "open sesame")
    finally:
        logging.setLogRecordFactory(factory)
        (threading.excepthook,) = hooks
    assert "sesame" not in console.getvalue()
    assert console.getvalue().count("[hidden]") == 3
    assert console.getvalue().count("Traceback") == 1


def test_the_job_of_the_task_that_logs_is_kept_for_the_thread(console: Console) -> None:
    logging.getLogger().handlers[0].setFormatter(logging.Formatter("%(job)s %(message)s"))
    console.open.set()
    with log_in_thread():
        with log_job("a"):
            logging.getLogger("test").info("uploaded")
        logging.getLogger("test").info("waiting")
    assert console.getvalue() == "a uploaded\nNone waiting\n"


def test_repeats_are_written_though_nothing_follows_and_at_the_end(console: Console) -> None:
    logging.getLogger().handlers[:] = [RepeatCountingHandler(console)]
    console.open.set()
    with log_in_thread():
        for _ in range(3):
            logging.getLogger("test").info("no answer")
        assert console.reads("no answer (3 times)\n")
        for _ in range(2):
            logging.getLogger("test").info("at the end")
    assert console.getvalue().endswith("at the end\nat the end (2 times)\n")
