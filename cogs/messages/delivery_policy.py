"""Which step follows when Discord does not take a message: the table of docs/delivery.md.

Discord's code decides. A status decides alone only where it can mean but one thing (STATUS_RULES); any other
answer is UNCLEAR: perhaps the message stands there, so the next try looks for it first.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

import aiohttp
import discord

import media
from cogs.discord_api import errors
from cogs.discord_api.errors import DISCORD_ERRORS

MAX_TRIES = 100  # with the backoff below about a day
MAX_UNCLEAR_TRIES = 8  # about four minutes
MAX_BACKOFF = 900.0  # seconds

DeliveryError = (
    discord.HTTPException
    | aiohttp.ClientError
    | OSError
    | errors.UnreadableAnswer
    | media.CannotFit
    | media.BadClip
    | media.ProcessStartFailed
)
DELIVERY_ERRORS = (*DISCORD_ERRORS, media.CannotFit, media.BadClip, media.ProcessStartFailed)


class DeliveryStep(StrEnum):
    """What to try next: the same later, a changed message, another channel, or nothing."""

    LATER = "later"
    WITHOUT_REFERENCE = "without reference"
    WITHOUT_PROMPT = "without prompt"
    SMALLER = "smaller"
    LINK = "link"
    POSTER = "poster"
    BY_DM = "by DM"
    GIVE_UP = "give up"


@dataclass(frozen=True, slots=True)
class Rule:
    """The steps for an answer, each tried once in this order, and the reason of a job that they do not help.

    `max_tries`: how often LATER may be taken.
    """

    reason: str
    steps: tuple[DeliveryStep, ...] = ()
    max_tries: int = MAX_TRIES


LATER, BY_DM = DeliveryStep.LATER, DeliveryStep.BY_DM
PASSES = Rule("not_taken", (LATER,))
UNCLEAR = Rule("refused", (LATER, BY_DM), MAX_UNCLEAR_TRIES)
TOO_LARGE = Rule("too_large", (DeliveryStep.SMALLER, DeliveryStep.LINK, DeliveryStep.POSTER))
NO_CHANNEL = Rule("channel_gone", (BY_DM,))
NO_DMS = Rule("no_dms")
NO_PERMISSION = Rule("cannot_send", (DeliveryStep.WITHOUT_REFERENCE, BY_DM))
THREAD_CLOSED = Rule("thread_locked", (BY_DM,))
WRONG_CHANNEL = Rule("wrong_channel", (BY_DM,))
TEXT_BLOCKED = Rule("text_blocked", (DeliveryStep.WITHOUT_PROMPT, BY_DM))

RULES: Mapping[int, Rule] = {
    **dict.fromkeys(errors.PASSING, PASSES),
    errors.UNKNOWN_CHANNEL: NO_CHANNEL,
    errors.UNKNOWN_GUILD: Rule("guild_left", (BY_DM,)),
    # Of a reference, or of a nonce: then somebody deleted the message, and it is not sent again.
    errors.UNKNOWN_MESSAGE: Rule("deleted", (DeliveryStep.WITHOUT_REFERENCE,)),
    errors.UNKNOWN_USER: NO_DMS,
    errors.EXPLICIT_CONTENT: Rule("explicit", (BY_DM,)),  # whoever gets it has a filter of their own
    errors.REQUEST_TOO_LARGE: TOO_LARGE,
    errors.FILE_TOO_LARGE: TOO_LARGE,
    errors.FORUM_CHANNEL: WRONG_CHANNEL,
    errors.NOT_A_TEXT_CHANNEL: WRONG_CHANNEL,
    errors.WRONG_CHANNEL_TYPE: WRONG_CHANNEL,
    errors.MISSING_ACCESS: Rule("cannot_send", (BY_DM,)),
    errors.CANNOT_SEND_TO_USER: NO_DMS,
    errors.NO_MUTUAL_GUILDS: NO_DMS,
    errors.INVALID_RECIPIENT: NO_DMS,
    errors.MISSING_PERMISSIONS: NO_PERMISSION,  # perhaps only to read the message replied to
    errors.CANNOT_REPLY_WITHOUT_HISTORY: NO_PERMISSION,
    errors.INVALID_FILE: UNCLEAR,  # the clip was looked at before: perhaps it was damaged on its way
    errors.PROVIDED_FILE_INVALID: UNCLEAR,
    errors.FILE_TYPE_INVALID: UNCLEAR,
    errors.THREAD_ARCHIVED: THREAD_CLOSED,  # sending opens it, unless it is locked
    errors.THREAD_LOCKED: THREAD_CLOSED,
    errors.BLOCKED_BY_AUTOMOD: TEXT_BLOCKED,
    errors.TITLE_BLOCKED_BY_AUTOMOD: TEXT_BLOCKED,
    errors.HARMFUL_LINK: TEXT_BLOCKED,
    errors.UPLOADS_LIMITED: Rule("uploads_limited", (BY_DM,)),
}
STATUS_RULES: Mapping[int, Rule] = {
    401: PASSES,  # the token was withdrawn: the gateway ends the bot, the next start delivers
    408: PASSES,
    413: TOO_LARGE,  # a proxy's, which knows no codes
    429: PASSES,
}
FIELD_STEPS: Mapping[str, tuple[DeliveryStep, ...]] = {
    "message_reference": (DeliveryStep.WITHOUT_REFERENCE,),
    "content": (DeliveryStep.WITHOUT_PROMPT,),
    "attachments": (DeliveryStep.WITHOUT_PROMPT,),  # their description has the prompt
}


def next_step(err: DeliveryError, tried: Collection[DeliveryStep] = (), tries: int = 0) -> DeliveryStep:
    """The step after an error, where the steps in `tried` failed and the job was postponed `tries` times."""
    rule = rule_of(err)
    exhausted = {LATER} if tries >= rule.max_tries else set[DeliveryStep]()
    left = (step for step in rule.steps if step not in tried and step not in exhausted)
    return next(left, DeliveryStep.GIVE_UP)


def backoff(tries: int, err: BaseException | None = None) -> float:
    """Seconds until the next try: 1, 2, 4 … at most MAX_BACKOFF, and what Discord asks for in `err`."""
    asked = errors.retry_after(err) if err else 0.0
    return max(min(2.0 ** min(tries, 10), MAX_BACKOFF), asked)


def reason_code(err: DeliveryError) -> str:
    """The code of the reason that a failed job keeps, from the first error of its delivery."""
    return rule_of(err).reason


def rule_of(err: DeliveryError) -> Rule:
    """The rule for an error: by Discord's code, else UNCLEAR but for what can mean only one thing."""
    match err:
        case media.CannotFit():
            return Rule("too_large", (DeliveryStep.LINK, DeliveryStep.POSTER))
        case media.BadClip() if not media.may_pass(err):
            return Rule("no_clip")
        case discord.HTTPException(code=errors.INVALID_FORM_BODY):
            return _rule_of_form(err)
        case discord.HTTPException() if err.code in RULES:
            return RULES[err.code]
        case discord.HTTPException() if err.status in STATUS_RULES:
            return STATUS_RULES[err.status]
        case discord.HTTPException() if err.status < 500 and not errors.is_page(err):
            return UNCLEAR
        case _:
            return PASSES


def _rule_of_form(err: discord.HTTPException) -> Rule:
    """Leave out what the errors name, then what may have become invalid since the job was admitted."""
    named = [step for field in sorted(errors.invalid_fields(err)) for step in FIELD_STEPS.get(field, ())]
    usual = (DeliveryStep.WITHOUT_REFERENCE, DeliveryStep.WITHOUT_PROMPT, BY_DM)
    return Rule("refused", (*named, *usual))
