"""Short replies to reactions."""

from cogs.messages.reaction_replies import open_reaction_replies
from playground.discord.model import Message
from tests.unit.cogs.bot_setup import BotSetup


def replies_of(setup: BotSetup) -> list[Message]:
    return [each for each in setup.playground.state.messages.values() if each.content.startswith("reply")]


async def test_a_person_gets_few_replies_and_the_newest_in_the_end(opened: BotSetup) -> None:
    playground, context = opened.playground, opened.context
    under = opened.requester(playground.member("ada"), opened.post("result").id)

    def sent() -> list[str]:
        bodies = [each.body for each in playground.discord.requests if each.method == "POST"]
        return [str(body["content"]) for body in bodies if isinstance(body, dict) and "content" in body]

    async with open_reaction_replies(context.client, context.scheduler, shown=0.1, window=1) as replies:
        for number in range(20):
            replies.show(under, f"reply {number}")
            await playground.until(lambda: sent() or None, 5, "the first reply")
        await playground.until(lambda: sent()[-1] == "reply 19" or None, 10, "the newest reply")
        await playground.until(lambda: not replies_of(opened) or None, 5, "its deletion")
    assert sent()[0] == "reply 0"
    assert len(sent()) <= 3


async def test_nobody_reads_the_same_twice_in_a_while(opened: BotSetup) -> None:
    playground, context = opened.playground, opened.context
    under = opened.requester(playground.member("ada"), opened.post("result").id)
    async with open_reaction_replies(context.client, context.scheduler) as replies:
        for _ in range(5):
            replies.show(under, "reply")
            await playground.until(lambda: replies_of(opened) or None, 5, "a reply")
        replies.show(under, "reply: another")
        await playground.until(lambda: len(replies_of(opened)) == 2 or None, 5, "another reply")


async def test_people_do_not_wait_for_each_other(opened: BotSetup) -> None:
    playground, context = opened.playground, opened.context
    message = opened.post("result").id
    async with open_reaction_replies(context.client, context.scheduler) as replies:
        for name in ("ada", "grace"):
            replies.show(opened.requester(playground.member(name), message), f"reply to {name}")
        await playground.until(lambda: len(replies_of(opened)) == 2 or None, 5, "two replies")
        assert all(each.reply_to == message for each in replies_of(opened))


async def test_a_stop_deletes_what_is_shown(opened: BotSetup) -> None:
    playground, context = opened.playground, opened.context
    under = opened.requester(playground.member("ada"), opened.post("result").id)
    async with open_reaction_replies(context.client, context.scheduler) as replies:
        replies.show(under, "reply")
        await playground.until(lambda: replies_of(opened) or None, 5, "a reply")
        for _ in range(3):  # the bot reads the answer to it before it reads these
            await context.client.fetch_channel(playground.channel.id)
    assert replies_of(opened) == []


async def test_a_reply_that_discord_does_not_take_is_left_out(opened: BotSetup) -> None:
    playground, context = opened.playground, opened.context
    under = opened.requester(playground.member("ada"), opened.post("result").id)
    async with open_reaction_replies(context.client, context.scheduler, shown=0.05, window=0.1) as replies:
        playground.discord.fail(403, route="^POST /channels", code=50013)
        replies.show(under, "reply 1")
        await playground.until(
            lambda: any(each.status == 403 for each in playground.discord.requests) or None, 5, "a refusal"
        )
        replies.show(under, "reply 2")
        await playground.until(lambda: replies_of(opened) or None, 5, "the next reply")
