"""Keeps secrets out of logs and crash output: those of the settings, and what has the form of one.

Messages and tracebacks are redacted in each record, so in every handler; the log's own lines are redacted
once more, field by field (`log_format`).
"""

import json
import logging
import re
import sys
import threading
import traceback
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from types import TracebackType
from urllib.parse import quote, quote_plus

HIDDEN = "[hidden]"
MIN_SECRET_LENGTH = 4  # characters: a shorter one would match everywhere in the log
MAX_TEXT_LENGTH = 1 << 15  # characters of a message or traceback: strangers' text may be in it
CUT = " [cut]"

_TOKEN_CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~+/=%"  # noqa: S105
_QUOTES = r"b?['\"\\]{1,4}"
_SPACE = r"\s{0,4}"
_NAME = r"(?:token|session[_ ]?id|password|passwd|secret|api[_-]?key)"
_AMAZON = r"x-amz-(?:signature|credential|security-token)"  # of an address that S3 signed
_SIGNED = rf"(?:ex|is|hm|sig|signature|auth|key|{_AMAZON}|\w{{0,20}}(?:token|password|secret|api_?key))"
# Each keeps its first group and hides what follows. No two repetitions in a row can match the same text, and
# each but the last of a pattern is bounded: the time is linear in the length of the text.
PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"((?:authorization|cookie)['\"\\]{{0,4}}{_SPACE}[:=,]{_SPACE}(?:{_QUOTES})?)[^'\"\\\r\n]+",
        r"(\bbearer(?:\s|%20|\+){1,4})[\w~+/=.%-]{3,}",
        r"(\bbasic(?:\s|%20|\+){1,4})(?!(?-i:[a-z]+)(?![\w+/=%-]))[\w+/=%-]{4,}",
        r"(\bbot(?:\s|%20|\+){1,4})[\w~+/=-]{4,}\.[\w~+/=.-]{4,}",
        rf"((?:[?&]|%3f|%26){_SIGNED}(?:=|%3d))[^&\s'\"<>)]+",
        r"((?:/|%2f)(?:webhooks|interactions)(?:/|%2f)\d{1,20}(?:/|%2f))[\w.~=%-]{16,}",
        r"(aW50ZXJhY3Rpb2)[\w%=+/-]{8,}",  # "interaction" in base64 begins an interaction's token
        r"(://)[^/?#\s@<>]+(?=@)",  # name and password in an address
        rf"({_NAME}['\"\\]{{0,4}}{_SPACE}[:=,]{_SPACE}{_QUOTES})[^'\"\\]+",
        rf"({_NAME}=)(?!none\b|null\b)[^\s'\"\\,&;)}}\]>]{{3,}}",
        rf"({_NAME}:{_SPACE})[^\s'\"\\,;)}}\]>]{{16,}}",
        r"(\b(?:resumed session|session[_ ]?id:?)\s)[\w-]{6,}",
    )
)
DISCORD_TOKEN = re.compile(r"\b[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}")


class Redactor:
    """Replaces these secrets in any text, and everything that has the form of one."""

    def __init__(self, secrets: Iterable[str]) -> None:
        written = {form for each in secrets if len(each) >= MIN_SECRET_LENGTH for form in _spellings(each)}
        self._secrets = sorted(written, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, self._secrets))) if written else None

    def redact(self, text: str) -> str:
        """The text with each secret replaced by HIDDEN, and cut at MAX_TEXT_LENGTH characters."""
        text = self._cut(text)
        if self._known:
            text = self._known.sub(HIDDEN, text)
        for pattern in PATTERNS:
            text = pattern.sub(rf"\g<1>{HIDDEN}", text)
        return DISCORD_TOKEN.sub(HIDDEN, text)

    def _cut(self, text: str) -> str:
        """Shorten a long text before any secret that the cut would divide, and so make unrecognizable."""
        if len(text) <= MAX_TEXT_LENGTH:
            return text
        end = MAX_TEXT_LENGTH
        for secret in self._secrets:
            start = text.find(secret, max(end - len(secret), 0), end + len(secret))
            end = min(end, start) if start >= 0 else end
        return text[:end].rstrip(_TOKEN_CHARACTERS) + CUT


def _spellings(secret: str) -> Iterator[str]:
    """How a secret may stand in a text: itself, escaped, quoted for an address, inside base64."""
    yield secret
    for escaped in (repr(secret), ascii(secret), json.dumps(secret)):
        yield escaped[1:-1]
    for quoted in (quote(secret), quote(secret, safe=""), quote_plus(secret)):
        yield quoted
        yield re.sub(r"%..", lambda each: each[0].lower(), quoted)
    for before in range(3):  # base64 of three bytes is four characters, wherever the secret begins in them
        data = bytes(before) + secret.encode()
        whole = len(data) // 3 * 4
        for encoded in (b64encode(data), urlsafe_b64encode(data)):
            form = encoded.decode()[(0, 2, 3)[before] : whole]
            if len(form) >= 2 * MIN_SECRET_LENGTH:
                yield form


def redact_logs(redactor: Redactor) -> None:
    """Redact every log record and what crashes print.

    Crashes are those of the main thread, other threads and destructors; asyncio logs those of its tasks.
    """
    logging.setLogRecordFactory(_record_class(redactor))

    def report(kind: type[BaseException], err: BaseException | None, trace: TracebackType | None) -> None:
        if sys.stderr is not None:  # pyright: ignore[reportUnnecessaryComparison] - without a console
            sys.stderr.write(redactor.redact("".join(traceback.format_exception(kind, err, trace))))

    def report_thread(crash: threading.ExceptHookArgs) -> None:
        if crash.exc_type is not SystemExit:
            report(crash.exc_type, crash.exc_value, crash.exc_traceback)

    def report_unraisable(crash: "sys.UnraisableHookArgs") -> None:
        report(crash.exc_type, crash.exc_value, crash.exc_traceback)

    sys.excepthook = report
    threading.excepthook = report_thread
    sys.unraisablehook = report_unraisable


def _record_class(redactor: Redactor) -> type[logging.LogRecord]:
    """A class of log records whose message and traceback are redacted."""

    class RedactedRecord(logging.LogRecord):
        def __init__(self, *args: object, **named: object) -> None:
            super().__init__(*args, **named)  # pyright: ignore[reportArgumentType] - what logging passes
            if self.exc_info and self.exc_info[0]:
                self.exc_text = redactor.redact("".join(traceback.format_exception(*self.exc_info)).rstrip())
            if self.stack_info:
                self.stack_info = redactor.redact(self.stack_info)

        def getMessage(self) -> str:
            try:
                message = super().getMessage()
            except (TypeError, ValueError, KeyError):  # logging would print the arguments as they are
                message = f"{self.msg} {self.args!r}"
            return redactor.redact(message)

    return RedactedRecord
