"""/queue and /cancel."""

from cogs.i18n.catalogue import translate
from playground.discord.permissions import Permission
from storage import State
from tests.unit.cogs.bot_setup import BotSetup


async def test_the_card_shows_ones_own_prompts_and_cancels_what_is_chosen(bot: BotSetup) -> None:
    ada, grace = bot.playground.member("ada"), bot.playground.member("grace")
    mine = await bot.queued(ada, "a", prompt="the cat")
    theirs = await bot.queued(grace, "b", prompt="the dog")
    card = await (await ada.command("queue")).shows("the cat")
    assert "the dog" not in card.text
    assert grace.mention in card.text
    refreshed = await ada.press(card, "queue:")
    await refreshed.shows("the cat")
    chosen = await ada.choose(card, "menu cancel:", mine.id)
    await bot.reads(mine.status_message, "Cancelled")
    await chosen.shows(translate("en-US", "queue_nothing"))
    assert (await bot.context.store.job(theirs.id)).state is State.QUEUED


async def test_cancel_takes_a_name_or_the_only_job_and_else_shows_the_card(bot: BotSetup) -> None:
    ada, store = bot.playground.member("ada"), bot.context.store
    assert await (await ada.command("cancel")).refused() == translate("en-US", "refused_nothing_in_work")
    assert await (await ada.command("cancel", job="ffffffff")).refused() == translate(
        "en-US", "refused_no_such_job"
    )
    first, second = await bot.queued(ada, "a"), await bot.queued(ada, "b")
    await (await ada.command("cancel")).shows(translate("en-US", "queue_title"))
    for job, options in ((first, {"job": first.short}), (second, {})):
        answer = await (await ada.command("cancel", **options)).refused()
        assert answer == translate("en-US", "cancelled_now", short=job.short)
        assert (await store.job(job.id)).state is State.CANCELLED


async def test_moderators_are_offered_the_jobs_of_others_too(bot: BotSetup) -> None:
    ada = bot.playground.member("ada")
    boss = bot.playground.member("boss", permissions=Permission.MANAGE_MESSAGES)
    job = await bot.queued(ada)
    for member, offered in ((ada, [job.id]), (boss, [job.id]), (bot.playground.member("cy"), [])):
        choices = await member.autocomplete("cancel", "job", job.short)
        assert [value for _, value in choices] == offered
