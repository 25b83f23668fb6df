"""The arguments of a job's messages: channel or DM, reference, allowed mentions, nonce."""

from collections.abc import Collection
from enum import StrEnum
from typing import TypedDict

import discord

from cogs.messages.delivery_policy import DeliveryStep
from storage import Job

NO_MENTIONS = discord.AllowedMentions.none()


class MessageKind(StrEnum):
    """The kinds of a job's messages; the value is the first character of the nonce."""

    STATUS = "s"
    RESULT = "r"
    FINAL_STATUS = "l"


async def open_channel(
    client: discord.Client, job: Job, tried: Collection[DeliveryStep]
) -> discord.DMChannel | discord.PartialMessageable:
    """The job's channel, or its owner's direct messages after BY_DM. Raises one of DISCORD_ERRORS."""
    if DeliveryStep.BY_DM in tried:
        return await client.create_dm(discord.Object(job.user_id))
    return client.get_partial_messageable(job.channel_id, guild_id=job.guild_id)


def mention_owner(job: Job) -> discord.AllowedMentions:
    """Allowed mentions that notify the job's owner and nobody else."""
    owner = discord.Object(job.user_id)
    return discord.AllowedMentions(everyone=False, roles=False, users=[owner], replied_user=False)


def build_nonce(job: Job, kind: MessageKind) -> str:
    """The nonce (25 characters) of a job's message: Discord answers a repeated create with the first one."""
    return f"{kind}{job.id.replace('-', '')[:24]}"


def job_of_nonce(nonce: str) -> str:
    """The beginning of the job's id, of which a nonce contains 24 hexadecimal digits."""
    digits = nonce[1:]
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}"


class ReplyArguments(TypedDict, total=False):
    """The argument of `send` that makes a message a reply."""

    reference: discord.MessageReference


def reply_arguments(job: Job, message_id: int | None) -> ReplyArguments:
    """The arguments that reply to a message in the job's channel, even if it no longer exists; None: {}."""
    if message_id is None:
        return {}
    return {
        "reference": discord.MessageReference(
            message_id=message_id, channel_id=job.channel_id, guild_id=job.guild_id, fail_if_not_exists=False
        )
    }
