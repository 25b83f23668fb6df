"""Which step follows when Discord does not take a message. docs/delivery.md explains each row."""

from collections.abc import Collection, Mapping
from enum import StrEnum

import aiohttp
import discord

import media
from cogs.discord_api import errors
from cogs.discord_api.errors import DISCORD_ERRORS

MAX_TRIES = 100  # with the backoff below about a day
MAX_BACKOFF = 900.0  # seconds

DeliveryError = (
    discord.HTTPException
    | aiohttp.ClientError
    | OSError
    | errors.UnreadableAnswer
    | media.CannotFit
    | media.BadClip
)
DELIVERY_ERRORS = (*DISCORD_ERRORS, media.CannotFit, media.BadClip)


class DeliveryStep(StrEnum):
    """What to try next: the same later, a changed message, another channel, or nothing."""

    LATER = "later"
    WITHOUT_REFERENCE = "without reference"
    SMALLER = "smaller"
    POSTER = "poster"
    BY_DM = "by DM"
    GIVE_UP = "give up"


STEP_BY_CODE: Mapping[int, DeliveryStep] = {
    errors.UNKNOWN_CHANNEL: DeliveryStep.BY_DM,
    errors.UNKNOWN_GUILD: DeliveryStep.BY_DM,
    errors.UNKNOWN_MESSAGE: DeliveryStep.WITHOUT_REFERENCE,
    errors.TOO_MANY_EDITS_OF_OLD_MESSAGE: DeliveryStep.LATER,
    errors.REQUEST_TOO_LARGE: DeliveryStep.SMALLER,
    errors.MISSING_ACCESS: DeliveryStep.BY_DM,
    errors.CANNOT_SEND_TO_USER: DeliveryStep.GIVE_UP,
    errors.MISSING_PERMISSIONS: DeliveryStep.WITHOUT_REFERENCE,  # perhaps only to read the message replied to
    errors.INVALID_WEBHOOK_TOKEN: DeliveryStep.LATER,  # the next try uses the bot's token
    errors.INVALID_FORM_BODY: DeliveryStep.WITHOUT_REFERENCE,  # only the reference can have become invalid
    errors.THREAD_ARCHIVED: DeliveryStep.BY_DM,
    errors.NO_MUTUAL_GUILDS: DeliveryStep.GIVE_UP,
    errors.CANNOT_REPLY_WITHOUT_HISTORY: DeliveryStep.WITHOUT_REFERENCE,
}
STEP_BY_STATUS: Mapping[int, DeliveryStep] = {
    401: DeliveryStep.LATER,  # the token was withdrawn: the gateway ends the bot, the next start delivers
    403: DeliveryStep.BY_DM,
    404: DeliveryStep.BY_DM,
    413: DeliveryStep.SMALLER,
    429: DeliveryStep.LATER,
}
FALLBACKS: Mapping[DeliveryStep, DeliveryStep] = {
    DeliveryStep.WITHOUT_REFERENCE: DeliveryStep.BY_DM,
    DeliveryStep.SMALLER: DeliveryStep.POSTER,
    DeliveryStep.POSTER: DeliveryStep.GIVE_UP,
    DeliveryStep.BY_DM: DeliveryStep.GIVE_UP,
}


def next_step(err: DeliveryError, tried: Collection[DeliveryStep] = (), tries: int = 0) -> DeliveryStep:
    """The step after an error, where the steps in `tried` failed and the job was postponed `tries` times."""
    step = _usual_step(err)
    while step in tried:
        step = FALLBACKS[step]
    return DeliveryStep.GIVE_UP if step is DeliveryStep.LATER and tries >= MAX_TRIES else step


def backoff(tries: int) -> float:
    """Seconds until the next try: 1, 2, 4 … at most MAX_BACKOFF."""
    return min(2.0 ** min(tries, 10), MAX_BACKOFF)


def reason_code(err: DeliveryError) -> str:
    """The code of the reason that a failed job keeps, from the first error of its delivery."""
    match _usual_step(err):
        case DeliveryStep.SMALLER | DeliveryStep.POSTER:
            return "too_large"
        case DeliveryStep.LATER:
            return "not_taken"
        case _:
            if isinstance(err, media.BadClip):
                return "no_clip"
            gone = isinstance(err, discord.HTTPException) and err.code == errors.UNKNOWN_CHANNEL
            return "channel_gone" if gone else "cannot_send"


def _usual_step(err: DeliveryError) -> DeliveryStep:
    match err:
        case media.CannotFit():
            return DeliveryStep.POSTER
        case media.BadClip() if err.code is not media.ClipFault.NO_ROOM:
            return DeliveryStep.GIVE_UP
        case discord.HTTPException() if err.code in STEP_BY_CODE:
            return STEP_BY_CODE[err.code]
        case discord.HTTPException() if err.status < 500:
            return STEP_BY_STATUS.get(err.status, DeliveryStep.GIVE_UP)
        case _:
            return DeliveryStep.LATER
