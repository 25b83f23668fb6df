"""What to do where Discord does not take a message: one table, told row by row in docs/delivery.md."""

from collections.abc import Collection, Mapping
from enum import StrEnum

import aiohttp
import discord

import media
from cogs.discord_api.errors import DISCORD_ERRORS, UNKNOWN_CHANNEL, UNKNOWN_MESSAGE

MOST_TRIES = 100  # with the backoff below about a day
LONGEST_BACKOFF = 900.0  # seconds

DeliveryError = discord.HTTPException | aiohttp.ClientError | OSError | media.CannotFit | media.BadClip
DELIVERY_ERRORS = (*DISCORD_ERRORS, media.CannotFit, media.BadClip)


class DeliveryStep(StrEnum):
    """What comes next."""

    LATER = "later"
    WITHOUT_REFERENCE = "without reference"
    SMALLER = "smaller"
    POSTER = "poster"
    BY_DM = "by DM"
    GIVE_UP = "give up"


BY_CODE: Mapping[int, DeliveryStep] = {
    UNKNOWN_CHANNEL: DeliveryStep.BY_DM,
    10004: DeliveryStep.BY_DM,  # unknown guild
    UNKNOWN_MESSAGE: DeliveryStep.WITHOUT_REFERENCE,
    30046: DeliveryStep.LATER,  # too many edits of an old message
    40005: DeliveryStep.SMALLER,  # request entity too large
    50001: DeliveryStep.BY_DM,  # missing access: no view of the channel, or put out of the guild
    50007: DeliveryStep.GIVE_UP,  # cannot send messages to this person
    50013: DeliveryStep.WITHOUT_REFERENCE,  # missing permissions: perhaps only to read what we reply to
    50027: DeliveryStep.LATER,  # invalid webhook token: not ours, the bot's own does it
    50035: DeliveryStep.WITHOUT_REFERENCE,  # invalid form: of ours only the reference may have changed
    50083: DeliveryStep.BY_DM,  # thread archived and locked
    50278: DeliveryStep.GIVE_UP,  # no guild in common
    160002: DeliveryStep.WITHOUT_REFERENCE,  # cannot reply without permission to read message history
}
BY_STATUS: Mapping[int, DeliveryStep] = {
    401: DeliveryStep.LATER,  # the token was withdrawn: the gateway ends the bot, the next start delivers
    403: DeliveryStep.BY_DM,
    404: DeliveryStep.BY_DM,
    413: DeliveryStep.SMALLER,
    429: DeliveryStep.LATER,
}
INSTEAD: Mapping[DeliveryStep, DeliveryStep] = {
    DeliveryStep.WITHOUT_REFERENCE: DeliveryStep.BY_DM,
    DeliveryStep.SMALLER: DeliveryStep.POSTER,
    DeliveryStep.POSTER: DeliveryStep.GIVE_UP,
    DeliveryStep.BY_DM: DeliveryStep.GIVE_UP,
}


def next_step(err: DeliveryError, tried: Collection[DeliveryStep] = (), tries: int = 0) -> DeliveryStep:
    """What to do next, where `tried` was not enough and it was put off `tries` times."""
    step = _look_up(err)
    while step in tried:
        step = INSTEAD[step]
    return DeliveryStep.GIVE_UP if step is DeliveryStep.LATER and tries >= MOST_TRIES else step


def backoff(tries: int) -> float:
    """Seconds until the next try: 1, 2, 4 … a quarter of an hour."""
    return min(2.0 ** min(tries, 10), LONGEST_BACKOFF)


def reason_code(err: DeliveryError) -> str:
    """The reason's code for words.py, from what was in the way first."""
    match _look_up(err):
        case DeliveryStep.SMALLER | DeliveryStep.POSTER:
            return "too_large"
        case DeliveryStep.LATER:
            return "not_taken"
        case _:
            if isinstance(err, media.BadClip):
                return "no_clip"
            gone = isinstance(err, discord.HTTPException) and err.code == UNKNOWN_CHANNEL
            return "channel_gone" if gone else "cannot_send"


def _look_up(err: DeliveryError) -> DeliveryStep:
    match err:
        case media.CannotFit():
            return DeliveryStep.POSTER
        case media.BadClip() if err.code is not media.ClipFault.NO_ROOM:
            return DeliveryStep.GIVE_UP
        case discord.HTTPException() if err.code in BY_CODE:
            return BY_CODE[err.code]
        case discord.HTTPException() if err.status < 500:
            return BY_STATUS.get(err.status, DeliveryStep.GIVE_UP)
        case _:
            return DeliveryStep.LATER
