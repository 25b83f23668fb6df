"""The table of decisions: what is in the way, and what comes next; docs/delivery.md tells the rows."""

from dataclasses import dataclass
from itertools import pairwise

import aiohttp
import discord
import pytest

import media
from cogs.i18n.catalogue import ENGLISH
from cogs.messages.delivery_policy import (
    MAX_TRIES,
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


def refused(status: int, code: int = 0) -> discord.HTTPException:
    """Discord's no, as discord.py raises it."""
    kind = {403: discord.Forbidden, 404: discord.NotFound}.get(status, discord.HTTPException)
    return kind(Answer(status), {"code": code, "message": ""})  # type: ignore[arg-type]


ROWS: dict[str, tuple[DeliveryError, DeliveryStep, str]] = {
    "unknown channel": (refused(404, 10003), DeliveryStep.BY_DM, "channel_gone"),
    "unknown guild": (refused(404, 10004), DeliveryStep.BY_DM, "cannot_send"),
    "unknown message": (refused(404, 10008), DeliveryStep.WITHOUT_REFERENCE, "cannot_send"),
    "a reference that Discord rejects": (refused(400, 50035), DeliveryStep.WITHOUT_REFERENCE, "cannot_send"),
    "no view, or put out": (refused(403, 50001), DeliveryStep.BY_DM, "cannot_send"),
    "a permission is missing": (refused(403, 50013), DeliveryStep.WITHOUT_REFERENCE, "cannot_send"),
    "no history to reply to": (refused(403, 160002), DeliveryStep.WITHOUT_REFERENCE, "cannot_send"),
    "another 403": (refused(403), DeliveryStep.BY_DM, "cannot_send"),
    "another 404": (refused(404), DeliveryStep.BY_DM, "cannot_send"),
    "too large": (refused(413, 40005), DeliveryStep.SMALLER, "too_large"),
    "too large for the proxy": (refused(413), DeliveryStep.SMALLER, "too_large"),
    "cannot be fitted": (media.CannotFit(limit=1, smallest=2), DeliveryStep.POSTER, "too_large"),
    "our disk is full": (media.BadClip(media.ClipFault.NO_ROOM), DeliveryStep.LATER, "not_taken"),
    "no clip after all": (media.BadClip(media.ClipFault.BROKEN), DeliveryStep.GIVE_UP, "no_clip"),
    "too fast": (refused(429), DeliveryStep.LATER, "not_taken"),
    "too many edits of an old message": (refused(429, 30046), DeliveryStep.LATER, "not_taken"),
    "Discord is down": (refused(503), DeliveryStep.LATER, "not_taken"),
    "no connection": (aiohttp.ClientConnectionError(), DeliveryStep.LATER, "not_taken"),
    "no answer": (TimeoutError(), DeliveryStep.LATER, "not_taken"),
    "token withdrawn": (refused(401), DeliveryStep.LATER, "not_taken"),
    "interaction expired": (refused(401, 50027), DeliveryStep.LATER, "not_taken"),
    "thread locked": (refused(403, 50083), DeliveryStep.BY_DM, "cannot_send"),
    "no DMs": (refused(403, 50007), DeliveryStep.GIVE_UP, "cannot_send"),
    "no guild in common": (refused(403, 50278), DeliveryStep.GIVE_UP, "cannot_send"),
    "a request that makes no sense": (refused(400, 50006), DeliveryStep.GIVE_UP, "cannot_send"),
}


@pytest.mark.parametrize("row", ROWS)
def test_each_obstacle_has_its_decision_and_a_reason_in_words(row: str) -> None:
    err, decision, reason = ROWS[row]
    assert next_step(err) is decision
    assert reason_code(err) == reason
    assert f"reason_{reason}" in ENGLISH


def test_what_was_tried_is_not_tried_again_and_a_dm_is_the_last_resort() -> None:
    no_permission, too_large = refused(403, 50013), refused(413)
    assert next_step(no_permission, [DeliveryStep.WITHOUT_REFERENCE]) is DeliveryStep.BY_DM
    assert (
        next_step(no_permission, [DeliveryStep.WITHOUT_REFERENCE, DeliveryStep.BY_DM]) is DeliveryStep.GIVE_UP
    )
    assert next_step(too_large, [DeliveryStep.SMALLER]) is DeliveryStep.POSTER
    assert next_step(too_large, [DeliveryStep.SMALLER, DeliveryStep.POSTER]) is DeliveryStep.GIVE_UP


def test_every_sequence_of_steps_ends() -> None:
    for err, _, _ in ROWS.values():
        tried: list[DeliveryStep] = []
        while (decision := next_step(err, tried, tries=MAX_TRIES)) is not DeliveryStep.GIVE_UP:
            tried.append(decision)
        assert len(tried) <= 2


def test_waiting_ends_after_about_a_day() -> None:
    waits = [backoff(tries) for tries in range(MAX_TRIES)]
    assert waits[:4] == [1, 2, 4, 8]
    assert all(one <= other for one, other in pairwise(waits))
    assert 20 < sum(waits) / 3600 < 30
    assert next_step(refused(503), tries=MAX_TRIES - 1) is DeliveryStep.LATER
    assert next_step(refused(503), tries=MAX_TRIES) is DeliveryStep.GIVE_UP
