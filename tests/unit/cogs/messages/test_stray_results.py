"""Results that appear late: one clip stays, the one that the row names."""

import time

import pytest

from cogs.actions.delete import DeletionWorker
from cogs.actions.share import Sharing
from cogs.messages.stray_results import POLL_SECONDS, SETTLE_SECONDS, WINDOW_SECONDS, StrayResults
from playground.discord.permissions import Permission
from storage import Job, Lease, Reason, State
from tests.unit.cogs.bot_setup import BotSetup

POST = "^POST .*/messages$"


def strays(opened: BotSetup) -> StrayResults:
    """Those of a process that has just begun: it remembers nothing."""
    return StrayResults(opened.context.client, opened.context.store)


def clips(opened: BotSetup) -> set[int]:
    """The ids of the messages with a file."""
    return {each.id for each in opened.playground.state.messages.values() if each.attachments}


async def taken_over(opened: BotSetup, lease: Lease, route: str = POST) -> Job:
    """A job whose first result is kept back by Discord, and whose second one is in the row."""
    opened.playground.discord.cut_and_process_late(route)
    await opened.context.messages.announcer.deliver(lease)
    job = await opened.context.store.job(lease.job.id)
    await opened.context.messages.announcer.deliver(Lease(job=job, adopted=True))
    return await opened.context.store.job(job.id)


def pass_seconds(opened: BotSetup, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    monkeypatch.setattr(opened.context.store, "now", lambda: time.time() + seconds)
    monkeypatch.setattr(opened.context.store.database, "clock", opened.context.store.now)


async def test_a_result_that_appears_late_is_deleted_two_minutes_after_the_one_that_was_recorded(
    opened: BotSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await taken_over(opened, await opened.delivering(opened.playground.member("ada")))
    await opened.playground.discord.process_late()
    assert len(clips(opened)) == 2
    pass_seconds(opened, monkeypatch, SETTLE_SECONDS - 5)
    await strays(opened).delete_due()
    assert len(clips(opened)) == 2
    pass_seconds(opened, monkeypatch, SETTLE_SECONDS + 5)
    await strays(opened).delete_due()
    assert clips(opened) == {job.result_message}


@pytest.mark.parametrize("copied", [False, True])
async def test_it_is_found_in_direct_messages_where_a_copy_stays(
    opened: BotSetup, monkeypatch: pytest.MonkeyPatch, *, copied: bool
) -> None:
    ada = opened.playground.member("ada")
    lease = await opened.delivering(ada)
    opened.playground.forbid(Permission.VIEW_CHANNEL)
    job = await taken_over(opened, lease, rf"^POST /channels/(?!{lease.job.channel_id}/)\d+/messages$")
    assert job.result_channel != job.channel_id
    if copied:
        await Sharing(opened.context).send(opened.requester(ada), job)
    before = {each.id for each in ada.inbox}
    await opened.playground.discord.process_late()
    assert len(ada.inbox) == len(before) + 1
    pass_seconds(opened, monkeypatch, SETTLE_SECONDS + 5)
    await strays(opened).delete_due()
    assert {each.id for each in ada.inbox} == before


async def test_of_a_job_that_ended_without_a_result_none_stays(
    opened: BotSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, lease = opened.context.store, await opened.delivering(opened.playground.member("ada"))
    opened.playground.discord.cut_and_process_late(POST)
    await opened.context.messages.announcer.deliver(lease)
    job = await store.cancel(lease.job.id, mover="person 1", reason=Reason(code="by_person"))
    assert job
    pass_seconds(opened, monkeypatch, 1)
    adopted = await store.adopt_delivery()
    assert adopted
    await store.move(adopted, State.CANCELLED)
    await opened.playground.discord.process_late()
    pass_seconds(opened, monkeypatch, SETTLE_SECONDS + 5)
    await strays(opened).delete_due()
    assert clips(opened) == set()


async def test_each_delivery_is_looked_at_once_and_only_those_that_were_taken_over(
    opened: BotSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, discord = opened.playground.member("ada"), opened.playground.discord
    await opened.context.messages.announcer.deliver(await opened.delivering(ada, "plain"))
    second_look = strays(opened)
    pass_seconds(opened, monkeypatch, SETTLE_SECONDS + 5)
    sent = len(discord.requests)
    await second_look.delete_due()
    assert len(discord.requests) == sent
    pass_seconds(opened, monkeypatch, 0)
    await taken_over(opened, await opened.delivering(ada, "taken over"))
    pass_seconds(opened, monkeypatch, SETTLE_SECONDS + 5)
    sent = len(discord.requests)
    await second_look.delete_due()
    await second_look.delete_due()
    assert [each.method for each in discord.requests[sent:]] == ["GET"]
    pass_seconds(opened, monkeypatch, WINDOW_SECONDS + 60)
    await strays(opened).delete_due()
    assert len(discord.requests) == sent + 1


async def test_a_row_that_is_deleted_stays_until_nothing_of_it_can_appear(
    opened: BotSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, store = opened.playground.member("ada"), opened.context.store
    plain = await opened.delivering(ada, "plain")
    await opened.context.messages.announcer.deliver(plain)
    job = await taken_over(opened, await opened.delivering(ada, "taken over"))
    await opened.context.messages.status_editor.flush()
    for each in (plain.job, job):
        await store.mark_for_deletion(each.id)
    await DeletionWorker(opened.context).process_marked()
    assert clips(opened) == set()
    assert await store.find(plain.job.id) is None
    await opened.playground.discord.process_late()
    pass_seconds(opened, monkeypatch, SETTLE_SECONDS + 5)
    await strays(opened).delete_due()
    assert clips(opened) == set()
    assert await store.find(job.id)
    pass_seconds(opened, monkeypatch, SETTLE_SECONDS + 2 * POLL_SECONDS + 5)
    await DeletionWorker(opened.context).process_marked()
    assert await store.find(job.id) is None


async def test_where_discord_does_not_answer_it_is_looked_again(
    opened: BotSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await taken_over(opened, await opened.delivering(opened.playground.member("ada")))
    await opened.playground.discord.process_late()
    pass_seconds(opened, monkeypatch, SETTLE_SECONDS + 5)
    second_look = strays(opened)
    opened.playground.discord.fail(403, route="^DELETE", code=40333)
    await second_look.delete_due()
    assert len(clips(opened)) == 2
    await second_look.delete_due()
    assert clips(opened) == {job.result_message}
