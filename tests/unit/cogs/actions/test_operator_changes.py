"""What is changed beside the bot, or becomes over, is taken up once."""

from pathlib import Path

import pytest

from cogs.actions.operator_changes import OperatorChanges
from storage import Reason, StoreUnavailable, open_store_beside
from tests.unit.cogs.bot_setup import BotSetup

HOUR = 3600.0


async def looks(opened: BotSetup, changes: OperatorChanges) -> bool:
    """Whether a look has waiting jobs say something new."""
    told = opened.context.notifier.mark()
    await changes.look()
    return told.is_set()


def changes_of(opened: BotSetup) -> OperatorChanges:
    context = opened.context
    return OperatorChanges(context.store, context.messages.announcer, context.notifier)


async def test_a_pause_and_a_notice_are_told_when_they_begin_and_when_they_are_over(
    opened: BotSetup, tmp_path: Path
) -> None:
    store, changes = opened.context.store, changes_of(opened)
    now = store.now()
    await looks(opened, changes)
    async with open_store_beside(tmp_path) as beside:
        await beside.begin_pause(until=now + HOUR, reason="")
        assert [await looks(opened, changes) for _ in range(2)] == [True, False]
        await beside.set_notice("tonight", until=now + 2 * HOUR)
        assert [await looks(opened, changes) for _ in range(2)] == [True, False]
    for hours in (1, 2):
        store.now = store.database.clock = lambda hours=hours: now + hours * HOUR + 1  # a test cannot wait
        assert [await looks(opened, changes) for _ in range(2)] == [True, False]
    assert (await store.pause(), await store.notice()) == (None, None)


async def test_limits_and_ends_are_taken_up_and_the_bot_s_own_work_is_not(
    opened: BotSetup, tmp_path: Path
) -> None:
    store, changes = opened.context.store, changes_of(opened)
    job = await opened.queued(opened.playground.member("ada"))
    await looks(opened, changes)
    await store.set_status_message(job.id, job.status_message or 0)
    assert not await looks(opened, changes)
    async with open_store_beside(tmp_path) as beside:
        await beside.override_limit("cooldown", 9)
        await beside.cancel(job.id, mover="operator", reason=Reason(code="by_operator"))
    assert await looks(opened, changes)
    assert store.limits.cooldown == 9
    await opened.reads(job.status_message, "Cancelled")


async def test_a_database_that_does_not_answer_is_logged_once_and_asked_again(
    opened: BotSetup, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Enough(Exception):
        """Ends the loop."""

    answers = iter([StoreUnavailable("the disk"), StoreUnavailable("the disk"), None, Enough()])

    async def version() -> int:
        answer = next(answers)
        if answer:
            raise answer
        return 7

    monkeypatch.setattr(opened.context.store.database, "version", version)
    monkeypatch.setattr("cogs.actions.operator_changes.LOOK_SECONDS", 0.0)
    with pytest.raises(Enough):
        await changes_of(opened).run()
    assert [each.message for each in caplog.records if "beside the bot" in each.message] == [
        "what is set beside the bot cannot be read: the disk"
    ]
