"""What is hidden in a log, and what is not."""

import io
import logging
import sys

import pytest

from cogs.runtime.redaction import HIDDEN, RedactingFormatter, Redactor, redact_logs

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcdE.abcdefghijklmnopqrstuvwxyz012345"  # noqa: S105 - of nobody
REDACTOR = Redactor(["open sesame", "", "abc"])


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("it says open sesame to all", "open sesame"),
        (f"token {TOKEN} refused", TOKEN),
        (f"{{'Authorization': 'Bot {TOKEN}'}}", TOKEN),
        ("Authorization: Bearer hunter2", "hunter2"),
        ("https://cdn.discordapp.com/attachments/1/2/a.png?ex=66aa&is=66bb&hm=ccdd&", "66aa"),
        ("https://cdn.discordapp.com/attachments/1/2/a.png?ex=66aa&is=66bb&hm=ccdd&", "ccdd"),
        ("POST https://discord.com/api/v10/webhooks/12/aW50ZXJhY3Rpb246MTIzNDU2/messages", "aW50ZXJh"),
        ("http://gpu:s3cr3t@10.0.0.2:8188/prompt", "s3cr3t"),
    ],
)
def test_what_is_secret_is_hidden(text: str, secret: str) -> None:
    cleaned = REDACTOR.redact(text)
    assert secret not in cleaned
    assert HIDDEN in cleaned


@pytest.mark.parametrize(
    "text", ["job 1a2b3c4d: delivered", "the bot is running on 10.0.0.2:8188", "abc", "a bot dies: 3.5 s"]
)
def test_what_is_not_secret_is_left_alone(text: str) -> None:
    assert REDACTOR.redact(text) == text


def test_a_traceback_is_cleaned_too() -> None:
    try:
        raise ValueError("open sesame")
    except ValueError as err:
        trace = (type(err), err, err.__traceback__)
        record = logging.LogRecord("x", logging.ERROR, "f.py", 1, "%s", ("open sesame",), trace)
    text = RedactingFormatter(logging.Formatter(), REDACTOR).format(record)
    assert "ValueError" in text
    assert "sesame" not in text


def test_no_handler_of_the_root_logger_and_no_crash_prints_a_secret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = io.StringIO()
    monkeypatch.setattr(logging.getLogger(), "handlers", [logging.StreamHandler(printed)])
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    redact_logs(["open sesame"])
    logging.getLogger("x").error("say %s", "open sesame")
    sys.excepthook(ValueError, ValueError("open sesame"), None)
    for text in (printed.getvalue(), capsys.readouterr().err):
        assert HIDDEN in text
        assert "sesame" not in text
