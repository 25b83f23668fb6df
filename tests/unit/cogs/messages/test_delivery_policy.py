"""The table of decisions: what is in the way, and what comes next; docs/delivery.md tells the rows."""

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import aiohttp
import discord
import pytest

import media
from cogs.discord_api.errors import MAX_RETRY_AFTER, UnreadableAnswer
from cogs.i18n.catalogue import ENGLISH, read_sentences
from cogs.messages.delivery_policy import (
    MAX_TRIES,
    MAX_UNCLEAR_TRIES,
    RULES,
    DeliveryError,
    DeliveryStep,
    backoff,
    next_step,
    reason_code,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What discord.py reads of a response."""

    status: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AnswerWithHeaders:
    """What the bot reads of a response that asks for a wait."""

    headers: dict[str, str]


def refused(status: int, code: int = 0) -> discord.HTTPException:
    """Discord's no, as discord.py raises it."""
    kind = {403: discord.Forbidden, 404: discord.NotFound}.get(status, discord.HTTPException)
    return kind(Answer(status), {"code": code, "message": ""})  # type: ignore[arg-type]


CLOUDFLARE = "<!DOCTYPE html><title>Attention Required! | Cloudflare</title>"


def refused_field(field: str) -> discord.HTTPException:
    """Discord's 50035 about a field, as discord.py raises it."""
    errors = {field: {"_errors": [{"code": "BAD", "message": "is not right"}]}}
    answer = {"code": 50035, "message": "Invalid Form Body", "errors": errors}
    return discord.HTTPException(Answer(400), answer)  # type: ignore[arg-type]


PASSING = {
    "slow mode": refused(429, 20016),
    "edits of announcements": refused(429, 20022),
    "writes to the channel": refused(429, 20028),
    "writes to the guild": refused(429, 20029),
    "too many edits of an old message": refused(429, 30046),
    "unauthorized": refused(401, 40001),
    "DMs opened too fast": refused(403, 40003),
    "sending is disabled for a time": refused(403, 40004),
    "a feature is disabled for a time": refused(403, 40006),
    "a service is rate limited": refused(429, 40062),
    "Cloudflare": refused(403, 40333),
    "Cloudflare's page": discord.Forbidden(Answer(403), CLOUDFLARE),  # type: ignore[arg-type]
    "a proxy's page": discord.NotFound(Answer(404), " <html>"),  # type: ignore[arg-type]
    "token withdrawn": refused(401),
    "token invalid": refused(401, 50014),
    "interaction expired": refused(401, 50027),
    "the upload was lost": refused(400, 50146),
    "not available yet": refused(400, 110000),
    "application not available yet": refused(400, 110001),
    "overloaded": refused(400, 130000),
    "too fast": refused(429),
    "a proxy's request timeout": refused(408),
    "Discord is down": refused(503),
    "no connection": aiohttp.ClientConnectionError(),
    "no answer": TimeoutError(),
    "an answer that cannot be read": UnreadableAnswer("a page"),
    "our disk is full": media.BadClip(media.ClipFault.NO_ROOM),
    "a file is held open": media.BadClip(media.ClipFault.BUSY),
    "a file may not be opened now": PermissionError(13, "used by another process"),
    "no process can be started": media.ProcessStartFailed("no memory"),
}
UNCLEAR = {
    "another 400": refused(400),
    "another 403": refused(403),
    "another 404": refused(404),
    "another 405": refused(405),
    "an unknown code with 403": refused(403, 987654),
    "an unknown code with 404": refused(404, 987654),
    "a request that makes no sense": refused(400, 50006),
    "JSON that arrived broken": refused(400, 50109),
    "invalid file": refused(400, 50046),
    "file invalid": refused(400, 50110),
    "file type invalid": refused(400, 50123),
}
ROWS: dict[str, tuple[DeliveryError, DeliveryStep, str]] = {
    **{name: (err, DeliveryStep.LATER, "not_taken") for name, err in PASSING.items()},
    **{name: (err, DeliveryStep.LATER, "refused") for name, err in UNCLEAR.items()},
    "unknown channel": (refused(404, 10003), DeliveryStep.BY_DM, "channel_gone"),
    "unknown guild": (refused(404, 10004), DeliveryStep.BY_DM, "guild_left"),
    "unknown message": (refused(404, 10008), DeliveryStep.WITHOUT_REFERENCE, "deleted"),
    "unknown user": (refused(404, 10013), DeliveryStep.GIVE_UP, "no_dms"),
    "explicit": (refused(400, 20009), DeliveryStep.BY_DM, "explicit"),
    "explicit, as a 403": (refused(403, 20009), DeliveryStep.BY_DM, "explicit"),
    "a form that Discord rejects": (refused(400, 50035), DeliveryStep.WITHOUT_REFERENCE, "refused"),
    "its reference": (refused_field("message_reference"), DeliveryStep.WITHOUT_REFERENCE, "refused"),
    "its text": (refused_field("content"), DeliveryStep.WITHOUT_PROMPT, "refused"),
    "its attachments": (refused_field("attachments"), DeliveryStep.WITHOUT_PROMPT, "refused"),
    "another field": (refused_field("flags"), DeliveryStep.WITHOUT_REFERENCE, "refused"),
    "no view, or put out": (refused(403, 50001), DeliveryStep.BY_DM, "cannot_send"),
    "a permission is missing": (refused(403, 50013), DeliveryStep.WITHOUT_REFERENCE, "cannot_send"),
    "no history to reply to": (refused(403, 160002), DeliveryStep.WITHOUT_REFERENCE, "cannot_send"),
    "a forum": (refused(400, 40058), DeliveryStep.BY_DM, "wrong_channel"),
    "no text channel": (refused(400, 50008), DeliveryStep.BY_DM, "wrong_channel"),
    "a channel of another kind": (refused(400, 50024), DeliveryStep.BY_DM, "wrong_channel"),
    "too large": (refused(413, 40005), DeliveryStep.SMALLER, "too_large"),
    "too large as a 400": (refused(400, 40005), DeliveryStep.SMALLER, "too_large"),
    "file too large": (refused(400, 50045), DeliveryStep.SMALLER, "too_large"),
    "too large for the proxy": (refused(413), DeliveryStep.SMALLER, "too_large"),
    "cannot be fitted": (media.CannotFit(limit=1, smallest=2), DeliveryStep.LINK, "too_large"),
    "uploads limited": (refused(403, 400001), DeliveryStep.BY_DM, "uploads_limited"),
    "no clip after all": (media.BadClip(media.ClipFault.BROKEN), DeliveryStep.GIVE_UP, "no_clip"),
    "thread archived": (refused(403, 50083), DeliveryStep.BY_DM, "thread_locked"),
    "thread locked": (refused(403, 160005), DeliveryStep.BY_DM, "thread_locked"),
    "AutoMod": (refused(400, 200000), DeliveryStep.WITHOUT_PROMPT, "text_blocked"),
    "AutoMod on a title": (refused(400, 200001), DeliveryStep.WITHOUT_PROMPT, "text_blocked"),
    "a harmful link": (refused(400, 240000), DeliveryStep.WITHOUT_PROMPT, "text_blocked"),
    "no DMs": (refused(403, 50007), DeliveryStep.GIVE_UP, "no_dms"),
    "no guild in common": (refused(403, 50278), DeliveryStep.GIVE_UP, "no_dms"),
    "invalid recipient": (refused(400, 50033), DeliveryStep.GIVE_UP, "no_dms"),
}


@pytest.mark.parametrize("row", ROWS)
def test_each_obstacle_has_its_decision_and_a_reason_in_words(row: str) -> None:
    err, decision, reason = ROWS[row]
    assert next_step(err) is decision
    assert reason_code(err) == reason
    assert f"reason_{reason}" in ENGLISH


def test_every_row_is_in_the_document() -> None:
    table = (Path(__file__).parents[4] / "docs" / "delivery.md").read_text(encoding="utf-8")
    codes = {err.code for err, _, _ in ROWS.values() if isinstance(err, discord.HTTPException)} - {0}
    told = {code for code in codes if re.search(rf"\b{code}\b", table)}
    assert codes - told == {987654, 50006, 50109}
    assert set(RULES) <= told


def test_only_a_missing_permission_is_blamed_on_permissions() -> None:
    sentences = read_sentences("en-US")
    blaming = {
        reason for _, _, reason in ROWS.values() if "permission" in str(sentences[f"reason_{reason}"].string)
    }
    assert blaming == {"cannot_send"}
    errors = [err for err, _, reason in ROWS.values() if reason in blaming]
    assert {err.code for err in errors if isinstance(err, discord.HTTPException)} == {50001, 50013, 160002}


def test_a_status_alone_decides_only_where_it_means_one_thing() -> None:
    for status in range(400, 500):
        step = next_step(refused(status))
        assert step is (DeliveryStep.SMALLER if status == 413 else DeliveryStep.LATER), status


@pytest.mark.parametrize("name", UNCLEAR)
def test_what_is_unclear_is_looked_for_some_times_and_then_sent_another_way(name: str) -> None:
    err = UNCLEAR[name]
    assert next_step(err, tries=MAX_UNCLEAR_TRIES - 1) is DeliveryStep.LATER
    assert next_step(err, tries=MAX_UNCLEAR_TRIES) is DeliveryStep.BY_DM
    assert next_step(err, [DeliveryStep.BY_DM], tries=MAX_UNCLEAR_TRIES) is DeliveryStep.GIVE_UP


def test_a_message_that_was_deleted_is_not_sent_again() -> None:
    assert next_step(refused(404, 10008), [DeliveryStep.WITHOUT_REFERENCE]) is DeliveryStep.GIVE_UP


def test_a_wait_that_discord_asks_for_is_kept_within_bounds() -> None:
    slow = refused(429, 20016)
    for said, wait in (("30", 30), ("0.5", 1), ("99999999", MAX_RETRY_AFTER), ("soon", 1), ("-3", 1)):
        slow.response = AnswerWithHeaders({"Retry-After": said})  # type: ignore[assignment]
        assert backoff(0, slow) == wait
    assert backoff(3, TimeoutError()) == 8


def test_what_was_tried_is_not_tried_again_and_a_dm_is_the_last_resort() -> None:
    no_permission, too_large = refused(403, 50013), refused(413)
    assert next_step(no_permission, [DeliveryStep.WITHOUT_REFERENCE]) is DeliveryStep.BY_DM
    assert (
        next_step(no_permission, [DeliveryStep.WITHOUT_REFERENCE, DeliveryStep.BY_DM]) is DeliveryStep.GIVE_UP
    )
    smaller, link, poster = DeliveryStep.SMALLER, DeliveryStep.LINK, DeliveryStep.POSTER
    assert next_step(too_large, [smaller]) is link
    assert next_step(too_large, [smaller, link]) is poster
    assert next_step(too_large, [smaller, link, poster]) is DeliveryStep.GIVE_UP


def test_every_sequence_of_steps_ends() -> None:
    for err, _, _ in ROWS.values():
        tried: list[DeliveryStep] = []
        while (decision := next_step(err, tried, tries=MAX_TRIES)) is not DeliveryStep.GIVE_UP:
            tried.append(decision)
        assert len(tried) <= 3


def test_waiting_ends_after_about_a_day() -> None:
    waits = [backoff(tries) for tries in range(MAX_TRIES)]
    assert waits[:4] == [1, 2, 4, 8]
    assert all(one <= other for one, other in pairwise(waits))
    assert 20 < sum(waits) / 3600 < 30
    assert next_step(refused(503), tries=MAX_TRIES - 1) is DeliveryStep.LATER
    assert next_step(refused(503), tries=MAX_TRIES) is DeliveryStep.GIVE_UP
