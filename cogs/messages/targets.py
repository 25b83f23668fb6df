"""Where a job's messages go: channel or DM, allowed mentions, nonce, upload limit."""

from collections.abc import Collection
from enum import StrEnum
from typing import TypedDict

import discord

from cogs.messages.delivery_policy import DeliveryStep
from storage import Job

UPLOAD_LIMIT = 10 * 2**20  # bytes: what Discord takes everywhere
HEADROOM = 64 * 1024  # bytes: the rest of the request
NO_MENTIONS = discord.AllowedMentions.none()


class MessageKind(StrEnum):
    """Which of a job's messages; the first character of its nonce."""

    STATUS = "s"
    RESULT = "r"
    FINAL_STATUS = "l"


async def open_channel(
    client: discord.Client, job: Job, tried: Collection[DeliveryStep]
) -> discord.abc.Messageable:
    """The job's channel, or its owner's direct messages after BY_DM. Raises one of DISCORD_ERRORS."""
    if DeliveryStep.BY_DM in tried:
        return await client.create_dm(discord.Object(job.user_id))
    return client.get_partial_messageable(job.channel_id, guild_id=job.guild_id)


def mention_owner(job: Job) -> discord.AllowedMentions:
    """Notify whoever asked for the clip, and nobody else."""
    owner = discord.Object(job.user_id)
    return discord.AllowedMentions(everyone=False, roles=False, users=[owner], replied_user=False)


def build_nonce(job: Job, kind: MessageKind) -> str:
    """The nonce (25 characters) of a job's message: a repeated create is answered with the first message."""
    return f"{kind}{job.id.replace('-', '')[:24]}"


def job_of_nonce(nonce: str) -> str:
    """The beginning of the job's id, as much of it as the nonce holds."""
    digits = nonce[1:]
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}"


def upload_limit(client: discord.Client, guild_id: int | None) -> int:
    """How many bytes a clip may have in a guild; None: in direct messages."""
    guild = None if guild_id is None else client.get_guild(guild_id)
    return max(guild.filesize_limit if guild else 0, UPLOAD_LIMIT) - HEADROOM


class ReplyArguments(TypedDict, total=False):
    """The argument of `send` that makes a message a reply."""

    reference: discord.MessageReference


def reply_arguments(job: Job, message_id: int | None) -> ReplyArguments:
    """Reply to a message in the job's channel; sent all the same where that message is gone."""
    if message_id is None:
        return {}
    return {
        "reference": discord.MessageReference(
            message_id=message_id, channel_id=job.channel_id, guild_id=job.guild_id, fail_if_not_exists=False
        )
    }
