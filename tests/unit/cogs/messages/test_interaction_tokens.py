"""The interaction's token as the last way to a status."""

from cogs.messages import interaction_tokens
from cogs.messages.interaction_tokens import LIFETIME, InteractionTokens
from tests.unit.cogs.bot_setup import BotSetup


async def test_the_status_is_edited_by_the_interaction_that_it_answered(bot: BotSetup) -> None:
    ada, tokens = bot.playground.member("ada"), InteractionTokens()
    pressed, interaction = await bot.interaction(ada)
    await interaction.response.send_message("queued")
    status = (await interaction.original_response()).id
    assert not await tokens.edit_status("job", "failed", None)
    tokens.keep("job", interaction)
    assert await tokens.edit_status("job", "failed", None)
    assert bot.playground.state.messages[status].content == "failed"
    tokens.forget("job")
    assert not await tokens.edit_status("job", "again", None)
    assert pressed


async def test_a_token_is_used_for_no_longer_than_it_lives(bot: BotSetup) -> None:
    now = 0.0
    tokens = InteractionTokens(clock=lambda: now)
    _, interaction = await bot.interaction(bot.playground.member("ada"))
    await interaction.response.send_message("queued")
    tokens.keep("job", interaction)
    now = LIFETIME
    assert not await tokens.edit_status("job", "failed", None)


async def test_where_discord_refuses_it_is_no_error(bot: BotSetup) -> None:
    tokens = InteractionTokens()
    _, interaction = await bot.interaction(bot.playground.member("ada"))
    await interaction.response.send_message("queued")
    await interaction.delete_original_response()
    tokens.keep("job", interaction)
    assert not await tokens.edit_status("job", "failed", None)


async def test_only_the_newest_are_kept(bot: BotSetup) -> None:
    tokens = InteractionTokens()
    _, interaction = await bot.interaction(bot.playground.member("ada"))
    await interaction.response.send_message("queued")
    for number in range(interaction_tokens.MAX_KEPT + 1):
        tokens.keep(str(number), interaction)
    assert not await tokens.edit_status("0", "failed", None)
    assert await tokens.edit_status("1", "failed", None)
