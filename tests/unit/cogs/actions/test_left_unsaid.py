"""What a process that died did not say is said later, and by nobody before whoever has to say it."""

from cogs.actions.left_unsaid import OLD_ENOUGH, LeftUnsaid
from storage import Job, Reason
from tests.unit.cogs.bot_setup import BotSetup


def left_unsaid(bot: BotSetup) -> LeftUnsaid:
    context = bot.context
    return LeftUnsaid(context.store, context.messages.status, context.messages.announcer, context.status_text)


async def age(bot: BotSetup, job: Job) -> None:
    """Let the job be old enough, and its end."""
    await bot.context.store.database.fetch(
        """UPDATE job SET created_at = created_at - :age, finished_at = finished_at - :age
        WHERE id = :id""",
        {"age": OLD_ENOUGH + 1, "id": job.id},
    )


async def test_a_missing_status_is_posted_once_it_is_late(bot: BotSetup) -> None:
    job = await bot.unposted(bot.playground.member("ada"))
    await left_unsaid(bot).say(statuses_after=OLD_ENOUGH, ends_after=OLD_ENOUGH)
    assert (await bot.context.store.job(job.id)).status_message is None
    await age(bot, job)
    for _ in range(2):  # also while the first one is on its way
        await left_unsaid(bot).say(statuses_after=OLD_ENOUGH, ends_after=OLD_ENOUGH)
    posted = await bot.posted(job)
    assert [each.id for each in bot.playground.messages] == [posted.status_message]


async def test_an_end_that_nobody_said_is_said_once_it_is_late(opened: BotSetup) -> None:
    store = opened.context.store
    job = await opened.queued(opened.playground.member("ada"))
    await store.cancel(job.id, mover="person 1", reason=Reason(code="by_person"))
    assert [each.id for each in await store.unannounced_ends()] == [job.id]
    assert await store.unannounced_ends(after=OLD_ENOUGH) == []
    await age(opened, job)
    await left_unsaid(opened).say(statuses_after=OLD_ENOUGH, ends_after=OLD_ENOUGH)
    await opened.reads(job.status_message, "ancelled")
