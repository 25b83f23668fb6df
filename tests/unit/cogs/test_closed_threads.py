"""Places that an interaction reaches and the bot's own token does not: refused, or told by the former."""

from cogs.i18n.catalogue import translate
from playground.discord.model import Channel
from playground.members import Member
from playground.tracked_job import TrackedJob
from storage import Reason
from tests.e2e.pictures import photo
from tests.unit.cogs.bot_setup import BotSetup


async def ask(member: Member, thread: Channel) -> TrackedJob:
    return await member.animate(photo(), "the cat is jumping", channel=thread)


async def test_a_private_thread_without_the_bot_is_refused_before_anything_is_queued(bot: BotSetup) -> None:
    ada = bot.playground.member("ada")
    asked = await ask(ada, bot.playground.private_thread("secret", ada.id))
    assert await asked.refused() == translate("en-US", "refused_private_thread")
    assert await bot.context.store.history(ada.id, limit=1) == []


async def test_a_private_thread_with_the_bot_is_a_channel_like_others(bot: BotSetup) -> None:
    ada = bot.playground.member("ada")
    asked = await ask(ada, bot.playground.private_thread("secret", ada.id, bot.playground.bot_user.id))
    assert "not reachable" in (await asked.answered()).content


async def test_a_locked_thread_is_refused(bot: BotSetup) -> None:
    thread = bot.playground.thread("cats")
    bot.playground.lock(thread)
    asked = await ask(bot.playground.member("ada"), thread)
    assert await asked.refused() == translate("en-US", "refused_thread_locked")


async def test_the_end_is_told_by_the_interaction_where_the_bot_was_put_out_meanwhile(bot: BotSetup) -> None:
    ada, context = bot.playground.member("ada"), bot.context
    thread = bot.playground.private_thread("secret", ada.id, bot.playground.bot_user.id)
    status = await (await ask(ada, thread)).answered()
    job = await bot.job_of(status)
    bot.playground.state.leave_thread(thread, bot.playground.bot_user.id)
    cancelled = await context.store.cancel(job.id, mover="test", reason=Reason(code="by_person"))
    assert cancelled
    context.messages.announcer.ended(cancelled)
    await bot.reads(status.id, "Cancelled")
