"""What is hidden in a log, and what is not."""

import asyncio
import io
import json
import logging
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

import pytest

from cogs.runtime.redaction import (
    CUT,
    HIDDEN,
    MAX_TEXT_LENGTH,
    Redactor,
    redact_logs,
)

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcdE.abcdefghijklmnopqrstuvwxyz012345"  # noqa: S105 - of nobody
SECRET = "pa ss/wörd+1=ü&?"  # noqa: S105 - of nobody, with all that is ever quoted or escaped
INTERACTION = "aW50ZXJhY3Rpb246MTIzNDU2Nzg5MDEyMzQ1Njc4OTpEU0xrZmpz"
REDACTOR = Redactor(["open sesame", "", "abc", SECRET])


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("it says open sesame to all", "open sesame"),
        (f"token {TOKEN} refused", TOKEN),
        (f"{{'Authorization': 'Bot {TOKEN}'}}", TOKEN),
        ("Authorization: Bearer hunter2", "hunter2"),
        ("https://cdn.discordapp.com/attachments/1/2/a.png?ex=66aa&is=66bb&hm=ccdd&", "66aa"),
        ("https://s3.example.org/b/a.mp4?X-Amz-Expires=9&X-Amz-Signature=ff00ee11", "ff00ee11"),
        ("https://s3.example.org/b/a.mp4?X-Amz-Credential=AKIAOFOURS%2F2026&X-Amz-Date=1", "AKIAOFOURS"),
        ("https://cdn.discordapp.com/attachments/1/2/a.png?ex=66aa&is=66bb&hm=ccdd&", "ccdd"),
        ("POST https://discord.com/api/v10/webhooks/12/aW50ZXJhY3Rpb246MTIzNDU2/messages", "aW50ZXJh"),
        ("http://gpu:s3cr3t@10.0.0.2:8188/prompt", "s3cr3t"),
        ("http://s3cr3t@10.0.0.2:8188/prompt", "s3cr3t"),
        ("http://:s3cr3t@10.0.0.2:8188/prompt", "s3cr3t"),
        ("ws says Basic dXNlcjpwYXNz to it", "dXNlcjpwYXNz"),
        ("ws says basic Og== to it", "Og=="),
        ("it says Bearer hunter to it", "hunter"),
        ("proxy-AUTHORIZATION = 'ApiKey hunter two'", "two"),
        ("[('Authorization', 'hunter2')]", "hunter2"),
        ("[(b'authorization', b'hunter2')]", "hunter2"),
        ('{\\"Authorization\\": \\"Digest hunter2\\"}', "hunter2"),
        ("<CIMultiDict('AUTHORIZATION': 'hunter2', 'Accept': '*')>", "hunter2"),
        ('{"op": 6, "d": {"token": "hunter2", "session_id": "0a1b2c"}}', "hunter2"),
        ('{"op": 6, "d": {"token": "hunter2", "session_id": "0a1b2c"}}', "0a1b2c"),
        ("<Interaction id=1 token=hunter2 guild=3>", "hunter2"),
        ("Server(url='x', password='hun ter2')", "ter2"),
        ("Shard ID None has connected to Gateway (Session ID: 0a1b2c3d).", "0a1b2c3d"),
        ("Shard ID None has successfully RESUMED session 0a1b2c3d.", "0a1b2c3d"),
        ("wss://gateway/?v=10&access_token=hunter2", "hunter2"),
        ("x%3Ftoken%3Dhunter2", "hunter2"),
        (f"https://discord.com/api/webhooks/12/{INTERACTION}", INTERACTION),
        (f"https%3A%2F%2Fdiscord.com%2Fapi%2Fwebhooks%2F12%2F{INTERACTION}", INTERACTION),
        (f"{INTERACTION} alone", INTERACTION),
        (repr({"a": SECRET}), "rd+1"),
        (ascii(SECRET), "rd+1"),
        (json.dumps(SECRET), "rd+1"),
        (quote(SECRET, safe=""), "%C3%B6rd"),
        (quote_plus(SECRET).lower(), "%c3%b6rd"),
        (b64encode(f"x:{SECRET}".encode()).decode(), b64encode(SECRET.encode()[1:10]).decode()),
        (b64encode(f"{SECRET}".encode()).decode(), b64encode(SECRET.encode()[:9]).decode()),
        (f"{'x ' * 16380}open sesame and more", "open"),
        (f"{'x ' * 16380}{TOKEN}", TOKEN[:10]),
    ],
)
def test_what_is_secret_is_hidden(text: str, secret: str) -> None:
    cleaned = REDACTOR.redact(text)
    assert secret not in cleaned
    assert HIDDEN in cleaned or CUT in cleaned


@pytest.mark.parametrize(
    "text",
    [
        "job 1a2b3c4d: delivered",
        "the bot is running on 10.0.0.2:8188",
        "abc",
        "a bot dies: 3.5 s",
        "basic settings are kept",
        "COMFYUI_TOKEN: leave the password out of the address",
        "token=None",
        "the session ended: it was closed",
    ],
)
def test_what_is_not_secret_is_left_alone(text: str) -> None:
    assert REDACTOR.redact(text) == text


@pytest.mark.parametrize(
    "piece", ["a", "://", "a.", "bot ", "token", "Bearer ", "&token", "'", "Basic a-", "%3f"]
)
def test_a_long_text_takes_little_time(piece: str) -> None:
    began = time.perf_counter()
    cleaned = REDACTOR.redact(piece * (1_000_000 // len(piece)))
    assert time.perf_counter() - began < 1
    assert len(cleaned) < 4 * MAX_TEXT_LENGTH


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What a root logger's handler writes once logs are redacted; restores logging's and Python's hooks."""
    text = io.StringIO()
    factory = logging.getLogRecordFactory()
    monkeypatch.setattr(logging.getLogger(), "handlers", [logging.StreamHandler(text)])
    for name, value in (("disabled", False), ("level", logging.NOTSET), ("propagate", True)):
        monkeypatch.setattr(logging.getLogger("asyncio"), name, value)  # whatever another test left it at
    logging.getLogger("asyncio").manager._clear_cache()
    for module, hook in ((sys, "excepthook"), (sys, "unraisablehook"), (threading, "excepthook")):
        monkeypatch.setattr(module, hook, getattr(module, hook))
    redact_logs(Redactor(["open sesame"]))
    yield text
    logging.setLogRecordFactory(factory)


def raise_a_chain() -> None:
    try:
        raise ValueError("open sesame")
    except ValueError as err:
        raise KeyError("other") from err


def log_the_chain(logger: logging.Logger) -> None:
    try:
        raise_a_chain()
    except KeyError:
        logger.exception("it failed")


def test_what_is_logged_shows_no_secret(printed: io.StringIO) -> None:
    logger = logging.getLogger("x")
    logger.error("say %s", "open sesame")
    logger.error("say %s%s", "open ", "sesame")
    logger.error("say %s", {"a": ["open sesame"]})
    logger.error("too few %s %s", "open sesame")
    log_the_chain(logger)
    assert printed.getvalue().count(HIDDEN) >= 6  # the traceback's source lines too
    assert "sesame" not in printed.getvalue()
    assert "ValueError" in printed.getvalue()


def test_a_handler_that_is_added_later_to_any_logger_shows_no_secret(printed: io.StringIO) -> None:
    late = io.StringIO()
    logger = logging.Logger("late")
    logger.addHandler(logging.StreamHandler(late))
    logger.error("say %s", "open sesame")
    log_the_chain(logger)
    assert HIDDEN in late.getvalue()
    assert "sesame" not in late.getvalue()
    assert "ValueError" in late.getvalue()
    assert printed.getvalue() == ""


class _Failing:
    def __del__(self) -> None:
        raise ValueError("open sesame")


@pytest.mark.usefixtures("printed")
def test_no_crash_prints_a_secret(capsys: pytest.CaptureFixture[str]) -> None:
    sys.excepthook(ValueError, ValueError("open sesame"), None)
    thread = threading.Thread(target=raise_a_chain)
    thread.start()
    thread.join()
    _Failing()
    text = capsys.readouterr().err
    assert text.count(HIDDEN) >= 3
    assert "sesame" not in text


async def test_what_asyncio_says_of_a_failed_task_shows_no_secret(printed: io.StringIO) -> None:
    context = {"message": "open sesame", "exception": ValueError("open sesame"), "task": "open sesame"}
    asyncio.get_running_loop().call_exception_handler(context)
    assert HIDDEN in printed.getvalue()
    assert "sesame" not in printed.getvalue()
