"""Deleted status messages."""

from tests.unit.cogs.bot_setup import BotSetup


async def test_a_deleted_status_cancels_its_queued_job(bot: BotSetup) -> None:
    ada = bot.playground.member("ada")
    first, second, third = [await bot.queued(ada, key) for key in "abc"]
    state, store = bot.playground.state, bot.context.store
    state.delete(bot.status(first))
    state.delete(bot.status(second))
    left = await store.job(third.id)
    while len(await store.unfinished_of(ada.id)) > 1:
        await bot.context.notifier.wait(1)
    assert [job.id for job in await store.unfinished_of(ada.id)] == [left.id]
