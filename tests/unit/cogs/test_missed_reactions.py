"""Reactions for which no gateway event came."""

from tests.unit.cogs.bot_setup import BotSetup


async def test_after_a_new_session_each_person_is_served_once(bot: BotSetup) -> None:
    playground, store, in_flight = bot.playground, bot.context.store, bot.context.in_flight
    ada, grace = playground.member("ada"), playground.member("grace")
    done = await bot.done(ada)
    result = playground.state.messages[done.result_message or 0]
    in_flight.close()
    for member in (ada, grace, playground.member("robot", bot=True)):
        await member.react(result, "🔁")
    await (await ada.command("help")).refused()  # gateway events come in order
    assert await store.rerolls_of(done.id, limit=9) == []
    in_flight.is_open = True
    for _ in range(2):
        await bot.application.missed_reactions.on_ready()
        await playground.until(
            lambda: sum(each.reply_to == result.id for each in playground.messages) == 2 or None, 10, "two"
        )
    rerolls = await store.rerolls_of(done.id, limit=9)
    assert sorted(job.user_id for job in rerolls) == sorted([ada.id, grace.id])
    assert "🔁" in playground.state.messages[result.id].reactions
