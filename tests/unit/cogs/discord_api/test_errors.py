"""What is read of Discord's errors beside their code."""

import aiohttp
import discord
import pytest

from cogs.discord_api.errors import (
    GONE,
    MAX_RETRY_AFTER,
    NOT_DELETABLE,
    PASSING,
    invalid_fields,
    is_page,
    retry_after,
)


class Answer:
    """What discord.py keeps of a response."""

    def __init__(self, status: int, **headers: str) -> None:
        self.status, self.reason = status, ""
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def refused(message: object, **headers: str) -> discord.HTTPException:
    return discord.HTTPException(Answer(403, **headers), message)  # type: ignore[arg-type]


def test_a_page_is_told_from_an_answer_of_discords() -> None:
    assert is_page(refused(" <!DOCTYPE html><title>Attention Required! | Cloudflare</title>"))
    assert not is_page(refused(""))
    assert not is_page(refused({"code": 50013, "message": "<b>"}))
    assert not is_page(refused({"code": 0, "message": "401: Unauthorized"}))


def test_the_fields_that_discord_rejects_are_named() -> None:
    errors = {
        "message_reference": {"_errors": [{"code": "UNKNOWN", "message": "Unknown message"}]},
        "attachments": {"0": {"description": {"_errors": [{"code": "LONG", "message": "In short: no"}]}}},
    }
    err = refused({"code": 50035, "message": "Invalid Form Body", "errors": errors})
    assert invalid_fields(err) == {"message_reference", "attachments"}
    assert invalid_fields(refused({"code": 50035, "message": "Invalid Form Body"})) == frozenset()


@pytest.mark.parametrize(
    ("said", "seconds"), [("2.5", 2.5), ("1e9", MAX_RETRY_AFTER), ("-1", 0), ("soon", 0), ("", 0)]
)
def test_a_wait_is_read_within_bounds(said: str, seconds: float) -> None:
    assert retry_after(refused({}, Retry_After=said)) == seconds


def test_what_is_no_answer_asks_for_no_wait() -> None:
    assert retry_after(refused({})) == retry_after(TimeoutError()) == retry_after(aiohttp.ClientError()) == 0


def test_no_code_means_two_things() -> None:
    assert not PASSING & GONE
    assert not NOT_DELETABLE & (PASSING | GONE)
