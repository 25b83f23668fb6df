"""The ways to a person: the job's channel, by DM where that is gone; and the one ping."""

from collections.abc import Collection
from enum import StrEnum

import discord

from cogs.messages.delivery_policy import DeliveryStep
from storage import Job


class MessageKind(StrEnum):
    """Which of a job's messages; the first character of its nonce."""

    STATUS = "s"
    RESULT = "r"
    FINAL_STATUS = "l"


async def open_channel(
    client: discord.Client, job: Job, tried: Collection[DeliveryStep]
) -> discord.abc.Messageable:
    """The job's channel; or the person's direct messages, where that has been decided."""
    if DeliveryStep.BY_DM in tried:
        return await client.create_dm(discord.Object(job.user_id))
    return client.get_partial_messageable(job.channel_id, guild_id=job.guild_id)


def mention_owner(job: Job) -> discord.AllowedMentions:
    """The one ping: to whoever asked for the clip."""
    owner = discord.Object(job.user_id)
    return discord.AllowedMentions(everyone=False, roles=False, users=[owner], replied_user=False)


def build_nonce(job: Job, kind: MessageKind) -> str:
    """Makes a repeated create give the first message back, for some minutes; 25 characters at most."""
    return f"{kind}{job.id.replace('-', '')[:24]}"


def job_of_nonce(nonce: str) -> str:
    """The beginning of the job's id, as much as the nonce tells."""
    digits = nonce[1:]
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}"
