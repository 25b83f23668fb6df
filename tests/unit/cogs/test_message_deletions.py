"""Deleted status messages."""

import discord

from cogs.message_deletions import MessageDeletions
from storage import State
from tests.unit.cogs.bot_setup import BotSetup


async def test_a_deleted_status_cancels_its_queued_job_alone_or_among_many(opened: BotSetup) -> None:
    ada, store = opened.playground.member("ada"), opened.context.store
    first, second, third = [await opened.queued(ada, key) for key in "abc"]
    cog = opened.context.client.get_cog("MessageDeletions")
    assert isinstance(cog, MessageDeletions)
    alone = {"id": str(first.status_message), "channel_id": "1"}
    await cog.on_raw_message_delete(discord.RawMessageDeleteEvent(alone))  # type: ignore[arg-type]
    assert (await store.job(first.id)).state is State.CANCELLED
    many = {"ids": ["5", str(second.status_message)], "channel_id": "1"}
    await cog.on_raw_bulk_message_delete(discord.RawBulkMessageDeleteEvent(many))  # type: ignore[arg-type]
    assert [job.id for job in await store.unfinished_of(ada.id)] == [third.id]


async def test_the_end_of_a_job_whose_status_was_deleted_is_settled(opened: BotSetup) -> None:
    ada, store = opened.playground.member("ada"), opened.context.store
    job = await opened.queued(ada)
    opened.playground.state.delete(opened.status(job))
    cog = opened.context.client.get_cog("MessageDeletions")
    assert isinstance(cog, MessageDeletions)
    deleted = {"id": str(job.status_message), "channel_id": "1"}
    await cog.on_raw_message_delete(discord.RawMessageDeleteEvent(deleted))  # type: ignore[arg-type]
    await opened.context.messages.status_editor.flush()
    assert await store.unannounced_ends() == []
