"""Reactions for which no gateway event came."""

from tests.unit.cogs.bot_setup import BotSetup


async def test_after_a_new_session_each_person_is_served_once(bot: BotSetup) -> None:
    playground, store = bot.playground, bot.context.store
    ada, grace = playground.member("ada"), playground.member("grace")
    done = await bot.done(ada)
    result = playground.state.messages[done.result_message or 0]
    bot.context.in_flight.is_open = False
    for member in (ada, grace, playground.member("robot", bot=True)):
        await member.react(result, "🔁")
    bot.context.in_flight.is_open = True
    playground.discord.forget_session()
    playground.discord.disconnect()

    def replies() -> int | None:
        found = sum(message.reply_to == result.id for message in playground.messages)
        return found if found == 2 else None

    await playground.until(replies, 20, "a status for each person")
    rerolls = await store.rerolls_of(done.id, limit=9)
    assert {job.user_id for job in rerolls} == {ada.id, grace.id}
