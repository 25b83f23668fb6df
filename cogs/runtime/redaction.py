"""Keeps secrets out of logs and crash output: those of the settings, and what has the form of one.

Done when records are formatted, as tracebacks become text only there.
"""

import logging
import re
import sys
import traceback
from collections.abc import Iterable
from types import TracebackType

HIDDEN = "[hidden]"
MIN_SECRET_LENGTH = 4  # characters: a shorter one would match everywhere in the log
# Each keeps its first group and hides what follows.
PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(authorization\W{1,5}(?:(?:bot|bearer|basic)\s+)?)[^\s'\",}]+",
        r"(\b(?:bot|bearer)\s+)[\w~+/=-]+\.[\w~+/=.-]+",  # a header's value alone
        r"([?&](?:ex|is|hm|token)=)[^&\s'\"<>)]+",  # Discord's signed addresses
        r"(/(?:webhooks|interactions)/\d+/)[\w-]{20,}",  # an interaction's token
        r"(://[^/\s:@]+:)[^/\s@]+(?=@)",  # a password in an address
    )
)
DISCORD_TOKEN = re.compile(r"\b[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}")


class Redactor:
    """Replaces these secrets in any text, and everything that has the form of one."""

    def __init__(self, secrets: Iterable[str]) -> None:
        known = sorted({each for each in secrets if len(each) >= MIN_SECRET_LENGTH}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def redact(self, text: str) -> str:
        """The text with each secret replaced by HIDDEN."""
        if self._known:
            text = self._known.sub(HIDDEN, text)
        for pattern in PATTERNS:
            text = pattern.sub(rf"\g<1>{HIDDEN}", text)
        return DISCORD_TOKEN.sub(HIDDEN, text)


class RedactingFormatter(logging.Formatter):
    """Formats with another formatter, then redacts."""

    def __init__(self, formatter: logging.Formatter, redactor: Redactor) -> None:
        super().__init__()
        self._formatter = formatter
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """Format a record and its traceback, redacted."""
        return self._redactor.redact(self._formatter.format(record))


def redact_logs(secrets: Iterable[str]) -> None:
    """Redact what the root logger's handlers and `sys.excepthook` print; call it once logging is set up."""
    redactor = Redactor(secrets)
    for handler in logging.getLogger().handlers:
        handler.setFormatter(RedactingFormatter(handler.formatter or logging.Formatter(), redactor))

    def report(kind: type[BaseException], err: BaseException, trace: TracebackType | None) -> None:
        sys.stderr.write(redactor.redact("".join(traceback.format_exception(kind, err, trace))))

    sys.excepthook = report
