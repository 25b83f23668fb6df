"""Jobs whose status message was deleted or cannot be edited."""

import aiohttp
import pytest

from cogs.messages.lost_status import LostStatusHandler, OnDelete
from playground.discord.permissions import Permission
from storage import State
from tests.unit.cogs.bot_setup import BotSetup


def handler(opened: BotSetup, on_delete: OnDelete = OnDelete.DELIVER) -> LostStatusHandler:
    context = opened.context
    return LostStatusHandler(context.client, context.scheduler, context.store, context.notifier, on_delete)


@pytest.mark.parametrize("on_delete", OnDelete)
async def test_a_deleted_status_cancels_a_queued_job_and_others_by_the_setting(
    opened: BotSetup, on_delete: OnDelete
) -> None:
    ada, store = opened.playground.member("ada"), opened.context.store
    running = (await opened.delivering(ada, "running")).job
    queued = await opened.queued(ada, "queued")
    lost_status = handler(opened, on_delete)
    await lost_status.deleted(queued)
    await lost_status.deleted(running)
    queued, running = await store.job(queued.id), await store.job(running.id)
    assert (queued.state, queued.reason and queued.reason.code) == (State.CANCELLED, "deleted")
    assert running.cancel_requested is (on_delete is OnDelete.DROP)


async def test_a_final_status_is_a_new_message_or_else_a_direct_message(opened: BotSetup) -> None:
    ada, playground = opened.playground.member("ada"), opened.playground
    job = await opened.queued(ada)
    await handler(opened).send_final_status(job, "the end")
    assert playground.messages[-1].content == f"{ada.mention} the end"
    assert playground.messages[-1].pinged == {ada.id}
    other = await opened.queued(ada, "b")
    playground.forbid(Permission.SEND_MESSAGES)
    await handler(opened).send_final_status(other, "the end")
    assert [each.content for each in ada.inbox] == [f"{ada.mention} the end"]


async def test_where_discord_cannot_be_reached_it_is_tried_later(opened: BotSetup) -> None:
    job = await opened.queued(opened.playground.member("ada"))
    opened.playground.discord.cut_before_processing("^POST .*/messages$")
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await handler(opened).send_final_status(job, "the end")
