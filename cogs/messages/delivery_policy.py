"""What to do where Discord does not take a message: one table, told row by row in docs/delivery.md."""

from collections.abc import Collection, Mapping
from enum import StrEnum

import aiohttp
import discord

import media

MOST_TRIES = 100  # with the backoff below about a day
LONGEST_BACKOFF = 900.0  # seconds
UNKNOWN_CHANNEL = 10003
UNKNOWN_MESSAGE = 10008

Obstacle = discord.HTTPException | aiohttp.ClientError | OSError | media.CannotFit | media.BadClip
REFUSED = (discord.HTTPException, aiohttp.ClientError, OSError)
OBSTACLES = (*REFUSED, media.CannotFit, media.BadClip)


class Decision(StrEnum):
    """What comes next."""

    LATER = "later"
    WITHOUT_REFERENCE = "without reference"
    SMALLER = "smaller"
    POSTER = "poster"
    BY_DM = "by DM"
    GIVE_UP = "give up"


BY_CODE: Mapping[int, Decision] = {
    UNKNOWN_CHANNEL: Decision.BY_DM,
    10004: Decision.BY_DM,  # unknown guild
    UNKNOWN_MESSAGE: Decision.WITHOUT_REFERENCE,
    30046: Decision.LATER,  # too many edits of an old message
    40005: Decision.SMALLER,  # request entity too large
    50001: Decision.BY_DM,  # missing access: no view of the channel, or put out of the guild
    50007: Decision.GIVE_UP,  # cannot send messages to this person
    50013: Decision.WITHOUT_REFERENCE,  # missing permissions: perhaps only the one to read what we reply to
    50027: Decision.LATER,  # invalid webhook token: not ours, the bot's own does it
    50035: Decision.WITHOUT_REFERENCE,  # invalid form: of ours only the message replied to may have changed
    50083: Decision.BY_DM,  # thread archived and locked
    50278: Decision.GIVE_UP,  # no guild in common
    160002: Decision.WITHOUT_REFERENCE,  # cannot reply without permission to read message history
}
BY_STATUS: Mapping[int, Decision] = {
    401: Decision.LATER,  # the token was withdrawn: the gateway ends the bot, the next start delivers
    403: Decision.BY_DM,
    404: Decision.BY_DM,
    413: Decision.SMALLER,
    429: Decision.LATER,
}
INSTEAD: Mapping[Decision, Decision] = {
    Decision.WITHOUT_REFERENCE: Decision.BY_DM,
    Decision.SMALLER: Decision.POSTER,
    Decision.POSTER: Decision.GIVE_UP,
    Decision.BY_DM: Decision.GIVE_UP,
}


def decide(err: Obstacle, tried: Collection[Decision] = (), tries: int = 0) -> Decision:
    """What to do next, where `tried` was not enough and it was put off `tries` times."""
    decision = _look_up(err)
    while decision in tried:
        decision = INSTEAD[decision]
    return Decision.GIVE_UP if decision is Decision.LATER and tries >= MOST_TRIES else decision


def backoff(tries: int) -> float:
    """Seconds until the next try: 1, 2, 4 … a quarter of an hour."""
    return min(2.0 ** min(tries, 10), LONGEST_BACKOFF)


def name_reason(err: Obstacle) -> str:
    """The reason's code for words.py, from what was in the way first."""
    match _look_up(err):
        case Decision.SMALLER | Decision.POSTER:
            return "too_large"
        case Decision.LATER:
            return "not_taken"
        case _:
            if isinstance(err, media.BadClip):
                return "no_clip"
            gone = isinstance(err, discord.HTTPException) and err.code == UNKNOWN_CHANNEL
            return "channel_gone" if gone else "cannot_send"


def _look_up(err: Obstacle) -> Decision:
    match err:
        case media.CannotFit():
            return Decision.POSTER
        case media.BadClip() if err.code is not media.ClipFault.NO_ROOM:
            return Decision.GIVE_UP
        case discord.HTTPException() if err.code in BY_CODE:
            return BY_CODE[err.code]
        case discord.HTTPException() if err.status < 500:
            return BY_STATUS.get(err.status, Decision.GIVE_UP)
        case _:
            return Decision.LATER
