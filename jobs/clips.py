"""A job's clip: what it is called on our disk, and how large Discord takes it."""

import discord

from storage import Job

UPLOAD_LIMIT = 10 * 2**20  # bytes: what Discord takes everywhere
HEADROOM = 64 * 1024  # bytes: the rest of the request


def clip_name(job: Job) -> str:
    """The clip as the job's run made it."""
    return f"{job.id}.mp4"


def smaller_name(job: Job) -> str:
    """The clip as ComfyUI saved it again to make it fit. The row keeps this name: so the result says it."""
    return f"{job.id}.smaller.mp4"


def upload_limit(client: discord.Client, guild_id: int | None) -> int:
    """How many bytes a clip may have in that guild; None: in direct messages."""
    guild = None if guild_id is None else client.get_guild(guild_id)
    return max(guild.filesize_limit if guild else 0, UPLOAD_LIMIT) - HEADROOM
