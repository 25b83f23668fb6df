"""Answers to interactions."""

from typing import Any

import pytest
from discord import NotFound, ui

from cogs.messages.replies import InteractionReply, replace_card, reply_privately, send_card
from cogs.ui.cards import DEFAULT_COLOUR, build_card
from playground.discord.faults import Unreadable
from playground.discord.model import MessageFlag
from tests.unit.cogs.bot_setup import BotSetup


async def test_private_answers_are_for_the_person_alone_and_errors_of_discord_are_logged(
    bot: BotSetup,
) -> None:
    ada = bot.playground.member("ada")
    pressed, interaction = await bot.interaction(ada)
    await reply_privately(interaction, "first")
    await reply_privately(interaction, "second")
    assert pressed.card
    assert (pressed.card.content, pressed.card.only_for) == ("second", ada.id)
    assert pressed.card.flags & MessageFlag.SUPPRESS_EMBEDS
    _, interaction = await bot.interaction(ada)
    bot.playground.discord.fail(404, route="/callback", code=10062)
    await reply_privately(interaction, "lost")


async def test_a_card_is_sent_privately_and_replaces_the_message_it_belongs_to(bot: BotSetup) -> None:
    ada = bot.playground.member("ada")
    pressed, interaction = await bot.interaction(ada)
    button = ui.ActionRow[Any](ui.Button(label="next", custom_id="TEST"))
    await send_card(interaction, build_card(DEFAULT_COLOUR, ui.TextDisplay("page one"), button))
    sent = await pressed.shows("page one")
    assert sent.only_for == ada.id
    pressed, interaction = await bot.interaction(ada, sent)
    await replace_card(interaction, build_card(DEFAULT_COLOUR, ui.TextDisplay("page two")))
    replaced = await pressed.shows("page two")
    assert replaced.id == sent.id
    assert sent.flags & replaced.flags & MessageFlag.SUPPRESS_EMBEDS


async def test_the_status_is_the_answer_or_takes_the_place_of_the_placeholder(bot: BotSetup) -> None:
    ada, messages = bot.playground.member("ada"), bot.playground.state.messages
    job = await bot.unposted(ada)
    _, interaction = await bot.interaction(ada)
    message_id = await InteractionReply(interaction).send("queued", job)
    assert messages[message_id].content == "queued"
    _, interaction = await bot.interaction(ada)
    reply = InteractionReply(interaction)
    await reply.defer_with("looking")
    before = messages.keys() | set()
    message_id = await reply.send("queued", job)
    assert message_id in before
    assert messages[message_id].content == "queued"
    assert messages[message_id].flags & MessageFlag.SUPPRESS_EMBEDS
    _, interaction = await bot.interaction(ada)
    reply, before = InteractionReply(interaction), messages.keys() | set()
    await reply.withdraw()
    await reply.defer_with("looking")
    assert messages.keys() - before
    await reply.withdraw()
    assert messages.keys() == before


async def test_an_answer_that_was_lost_on_its_way_back_is_found(bot: BotSetup) -> None:
    ada = bot.playground.member("ada")
    job = await bot.unposted(ada)
    _, interaction = await bot.interaction(ada)
    bot.playground.discord.cut_after_processing("/callback")
    message_id = await InteractionReply(interaction).send("queued", job)
    assert bot.playground.state.messages[message_id].content == "queued"


@pytest.mark.parametrize("body", Unreadable)
async def test_an_answer_that_cannot_be_read_is_looked_up(bot: BotSetup, body: Unreadable) -> None:
    ada, discord = bot.playground.member("ada"), bot.playground.discord
    job = await bot.unposted(ada)
    _, interaction = await bot.interaction(ada)
    discord.unreadable_after_processing("/callback", body=body)
    message_id = await InteractionReply(interaction).send("queued", job)
    assert bot.playground.state.messages[message_id].content == "queued"
    _, interaction = await bot.interaction(ada)
    reply = InteractionReply(interaction)
    discord.unreadable_after_processing("/callback", body=body)
    await reply.defer_with("looking")
    discord.unreadable_before_processing("^PATCH", body=body)
    message_id = await reply.send("queued", job)
    assert bot.playground.state.messages[message_id].content == "queued"


@pytest.mark.parametrize("body", Unreadable)
async def test_a_card_whose_answer_cannot_be_read_is_sent_once(bot: BotSetup, body: Unreadable) -> None:
    ada, discord = bot.playground.member("ada"), bot.playground.discord
    pressed, interaction = await bot.interaction(ada)
    discord.unreadable_after_processing("/callback", body=body)
    await send_card(interaction, build_card(DEFAULT_COLOUR, ui.TextDisplay("page one")))
    await pressed.shows("page one")
    _, interaction = await bot.interaction(ada)
    discord.fail(404, route="/callback", code=10062)
    with pytest.raises(NotFound):
        await send_card(interaction, build_card(DEFAULT_COLOUR, ui.TextDisplay("too late")))
