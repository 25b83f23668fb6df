"""The same line within a second is written once, then with its number."""

import io
import logging

import pytest

from cogs.runtime.observing.log_repeats import REPEAT_SECONDS, RepeatCountingHandler


@pytest.fixture
def console() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def handler(console: io.StringIO) -> RepeatCountingHandler:
    return RepeatCountingHandler(console)


def record(message: str, at: float, **fields: object) -> logging.LogRecord:
    made = logging.makeLogRecord({"name": "x", "msg": message, "levelno": logging.INFO, **fields})
    made.created = at
    return made


def test_a_line_is_written_at_once_and_its_repeats_are_counted(
    handler: RepeatCountingHandler, console: io.StringIO
) -> None:
    for number in range(12):
        handler.handle(record("no answer", 100 + number / 100))
    handler.handle(record("another", 100.5))
    assert console.getvalue().splitlines() == ["no answer", "another"]
    handler.handle(record("later", 101.2))
    assert console.getvalue().splitlines() == ["no answer", "another", "no answer (12 times)", "later"]


def test_a_flood_is_one_line_a_second(handler: RepeatCountingHandler, console: io.StringIO) -> None:
    for number in range(300):
        handler.handle(record("no answer", 100 + number / 100))
    handler.write_all()
    assert console.getvalue().splitlines() == ["no answer", *["no answer (100 times)"] * 3]


def test_the_number_is_written_when_the_second_is_over_though_nothing_else_is_said(
    handler: RepeatCountingHandler, console: io.StringIO
) -> None:
    handler.handle(record("no answer", 100))
    handler.handle(record("no answer", 100.1))
    assert handler.write_due(100.5)
    assert console.getvalue() == "no answer\n"
    assert handler.write_due(100 + REPEAT_SECONDS)
    assert console.getvalue() == "no answer\nno answer (2 times)\n"
    assert not handler.write_due(103)


def test_what_comes_once_a_second_is_written_each_time(
    handler: RepeatCountingHandler, console: io.StringIO
) -> None:
    for at in (100, 101, 102):
        handler.handle(record("still away", at))
    handler.write_all()
    assert console.getvalue() == "still away\n" * 3


def test_lines_of_other_jobs_levels_loggers_and_tracebacks_are_others(
    handler: RepeatCountingHandler, console: io.StringIO
) -> None:
    others = ({}, {"job": "a"}, {"levelno": logging.ERROR}, {"name": "y"}, {"exc_text": "Traceback"})
    for fields in others:
        handler.handle(record("no answer", 100, **fields))
    assert console.getvalue().count("no answer") == len(others)


def test_what_is_left_is_written_at_the_end(handler: RepeatCountingHandler, console: io.StringIO) -> None:
    for _ in range(3):
        handler.handle(record("no answer", 100))
    handler.close()
    assert console.getvalue() == "no answer\nno answer (3 times)\n"


def test_a_traceback_is_written_once(handler: RepeatCountingHandler, console: io.StringIO) -> None:
    for _ in range(3):
        handler.handle(record("it failed", 100, exc_text="Traceback: …"))
    handler.write_all()
    assert console.getvalue() == "it failed\nTraceback: …\nit failed (3 times)\n"
