"""Turns log records into lines: for a person at a terminal, else one JSON object each.

Every line has `time`, `level`, `logger` and `message`; `job` and `exception` where there are any.
"""

import logging
import re
from collections.abc import MutableMapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TextIO, cast

import structlog

from cogs.runtime.redaction import Redactor
from jobs.observing.log_context import logged_job

FIELDS = ("time", "level", "logger", "message", "job", "exception")
Event = MutableMapping[str, Any]

# Lines that tell of a job begin so, whichever job the task works for that logs them.
_NAMED_JOB = re.compile(r"job ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b")
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class LogFormat(StrEnum):
    """How log lines look; AUTO is CONSOLE at a terminal, JSON elsewhere."""

    AUTO = "auto"
    CONSOLE = "console"
    JSON = "json"


def describe_record(_: object, __: str, event: Event) -> Event:
    """A processor: the fields of a line, in the order of FIELDS, from the standard library's record."""
    record = cast(logging.LogRecord, event["_record"])
    message = str(event["event"])
    written_at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    job, trace = job_of(record, message), exception_of(record)
    values = (written_at, record.levelname, record.name, message, job, trace)
    fields = dict(zip(FIELDS, values, strict=True))
    kept = {name: value for name, value in fields.items() if value}
    return {**kept, "message": message, "_record": record, "_from_structlog": False}


def job_of(record: logging.LogRecord, message: str) -> str | None:
    """The id of the job that a line names first, else of the one that its task works for."""
    named = _NAMED_JOB.match(message)
    return named[1] if named else getattr(record, "job", None) or logged_job()


def exception_of(record: logging.LogRecord) -> str | None:
    """The traceback and the stack of a record as text; None without any."""
    trace = record.exc_text
    if not trace and record.exc_info and record.exc_info[0]:
        trace = logging.Formatter().formatException(record.exc_info)
    return "\n".join(filter(None, [trace, record.stack_info])) or None


class RedactionProcessor:
    """A processor: replaces secrets in each text of a line."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    def __call__(self, _: object, __: str, event: Event) -> Event:
        """The line's fields, redacted."""
        for name, value in event.items():
            if isinstance(value, str):
                event[name] = self._redactor.redact(value)
        return event


def build_formatter(log_format: LogFormat, redactor: Redactor, stream: TextIO | None) -> logging.Formatter:
    """The formatter of all records, of our own loggers and of libraries, for a handler on this stream."""
    terminal = stream is not None and stream.isatty()
    as_json = log_format is LogFormat.JSON or (log_format is LogFormat.AUTO and not terminal)
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[describe_record, RedactionProcessor(redactor)],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False) if as_json else _console(colours=terminal),
        ],
    )


def _console(*, colours: bool) -> structlog.dev.ConsoleRenderer:
    """One line with the time, the level, the message, the logger and the job, then any traceback."""
    colours = colours and structlog.dev._has_colors  # pyright: ignore[reportPrivateUsage] - not on Windows
    styles = structlog.dev.ConsoleRenderer.get_default_level_styles(colours)
    return structlog.dev.ConsoleRenderer(
        colors=colours,
        pad_event_to=0,
        event_key="message",
        timestamp_key="time",
        level_styles={level: styles[level.lower()] for level in _LEVELS},
        exception_formatter=structlog.dev.plain_traceback,
    )
