"""A record as a line: its fields, the job it belongs to, without secrets, as JSON or for a terminal."""

import asyncio
import io
import json
import logging

import pytest

from cogs.runtime.observing.log_format import FIELDS, LogFormat, build_formatter, describe_record, job_of
from cogs.runtime.redaction import Redactor
from jobs.observing.log_context import log_job, logged_job

JOB = "5b0c2f6e-1111-4222-8333-0123456789ab"
OTHER = "5b0c2f6e-1111-4222-8333-0123456789ac"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def record(message: str, *args: object, failed: bool = False) -> logging.LogRecord:
    trace = None
    try:
        raise ValueError("open sesame")
    except ValueError as err:
        if failed:
            trace = (type(err), err, err.__traceback__)
    return logging.LogRecord("jobs.run", logging.WARNING, "f.py", 1, message, args, trace)


def line(log_format: LogFormat, message: logging.LogRecord, stream: io.StringIO | None = None) -> str:
    return build_formatter(log_format, Redactor(["open sesame"]), stream or io.StringIO()).format(message)


def test_a_line_of_json_has_the_fields_in_their_order() -> None:
    with log_job(JOB):
        fields = json.loads(line(LogFormat.JSON, record("uploaded %s as “é”", "a.png", failed=True)))
    assert tuple(fields) == FIELDS
    assert fields["message"] == "uploaded a.png as “é”"
    assert (fields["level"], fields["logger"], fields["job"]) == ("WARNING", "jobs.run", JOB)
    assert fields["exception"].startswith("Traceback")
    assert fields["time"].endswith("+00:00")


def test_a_line_that_belongs_to_no_job_says_nothing_of_one() -> None:
    fields = json.loads(line(LogFormat.JSON, record("started")))
    assert list(fields) == ["time", "level", "logger", "message"]


@pytest.mark.parametrize("log_format", [LogFormat.JSON, LogFormat.CONSOLE])
def test_no_field_shows_a_secret(log_format: LogFormat) -> None:
    said = record("say %s", "open sesame", failed=True)
    said.name = "open sesame"
    text = line(log_format, said)
    assert "sesame" not in text
    assert "ValueError" in text
    assert text.count("[hidden]") >= 3


def test_a_terminal_gets_words_and_everything_else_json() -> None:
    assert line(LogFormat.AUTO, record("started")).startswith("{")
    assert "started" in line(LogFormat.AUTO, record("started"), Terminal())
    assert not line(LogFormat.AUTO, record("started"), Terminal()).startswith("{")
    assert line(LogFormat.JSON, record("started"), Terminal()).startswith("{")
    assert not line(LogFormat.CONSOLE, record("started")).startswith("{")


def test_what_is_no_terminal_gets_no_colours() -> None:
    assert "\x1b" not in line(LogFormat.CONSOLE, record("started", failed=True))


def test_the_job_that_a_line_names_goes_before_that_of_its_task() -> None:
    with log_job(JOB):
        assert job_of(record("x"), f"job {OTHER}: its last frame cannot be read") == OTHER
        assert job_of(record("x"), "tried again") == JOB
    assert job_of(record("x"), f"job {OTHER}: removed") == OTHER
    assert job_of(record("x"), "tried again") is None


async def test_tasks_that_a_job_starts_carry_its_id_and_no_other_ones_do() -> None:
    async def job() -> str | None:
        await asyncio.sleep(0)
        return logged_job()

    with log_job(JOB):
        mine = asyncio.create_task(job(), name="mine")
        with log_job(OTHER):
            others = asyncio.create_task(job(), name="another one's")
        assert logged_job() == JOB
    nobodys = asyncio.create_task(job(), name="nobody's")
    assert [await mine, await others, await nobodys] == [JOB, OTHER, None]


def test_a_message_that_is_empty_is_still_a_message() -> None:
    event = describe_record(None, "info", {"event": "", "_record": record("")})
    assert event["message"] == ""
