"""The bot's own reactions."""

from cogs.messages.bot_reactions import PENDING, REROLL
from playground.discord.permissions import Permission
from storage import Job, Reason
from tests.unit.cogs.bot_setup import BotSetup


async def test_reactions_are_added_and_removed_and_never_fail(opened: BotSetup) -> None:
    playground, reactions = opened.playground, opened.context.messages.bot_reactions
    message, channel = opened.post("a clip"), playground.channel.id

    def shown() -> list[str]:
        return list(playground.state.messages[message.id].reactions)

    await reactions.add(channel, message.id, REROLL)
    assert shown() == [REROLL]
    await reactions.remove(channel, message.id, REROLL)
    assert shown() == []
    playground.forbid(Permission.ADD_REACTIONS)
    await reactions.add(channel, message.id, REROLL)
    await reactions.remove(channel, 5, REROLL)
    assert shown() == []


async def test_the_pending_reaction_stays_until_the_last_reroll_has_ended(opened: BotSetup) -> None:
    context, message = opened.context, opened.post("a clip")
    ada = opened.playground.member("ada")

    def is_pending() -> bool:
        return PENDING in opened.playground.state.messages[message.id].reactions

    async def end(job: Job) -> None:
        ended = await context.store.cancel(job.id, mover="person 1", reason=Reason(code="by_person"))
        assert ended
        await context.messages.pending_reaction.remove_after(ended)

    first, second = [await opened.unposted(ada, f"reroll {message.id} {who} 0") for who in (1, 2)]
    other = await opened.unposted(ada, "interaction 1")
    await context.messages.pending_reaction.add(opened.playground.channel.id, message.id)
    assert is_pending()
    for job in (other, first):
        await end(job)
        assert is_pending()
    await end(second)
    assert not is_pending()
