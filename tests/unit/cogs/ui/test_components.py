"""Persistent buttons and selects: what their custom id holds."""

from typing import Any

import discord
import pytest

from cogs.ui.components import PersistentButton, PersistentSelect, handler_of
from tests.unit.cogs.bot_setup import BotSetup

Kind = type[PersistentButton] | type[PersistentSelect]


@pytest.mark.parametrize(
    ("kind", "custom_id"), [(PersistentButton, "again:1a-2b"), (PersistentSelect, "menu cancel:1a-2b")]
)
async def test_the_custom_id_is_all_that_is_kept(kind: Kind, custom_id: str) -> None:
    action = custom_id.removeprefix("menu ").partition(":")[0]
    assert kind(action, "1a-2b").item.custom_id == custom_id
    match = kind.__discord_ui_compiled_template__.fullmatch(custom_id)
    assert match
    interaction: Any = None
    again = await kind.from_custom_id(interaction, interaction, match)
    assert (again.action, again.argument) == (action, "1a-2b")


def test_a_button_and_a_select_are_not_taken_for_each_other() -> None:
    assert not PersistentButton.__discord_ui_compiled_template__.fullmatch("menu cancel:1")
    assert not PersistentSelect.__discord_ui_compiled_template__.fullmatch("cancel:1")


async def test_a_press_and_a_choice_reach_the_router(bot: BotSetup) -> None:
    ada = bot.playground.member("ada")
    _, interaction = await bot.interaction(ada)
    assert handler_of(interaction).qualified_name == "InteractionRouter"
    button = PersistentButton("queue", "", label="x", style=discord.ButtonStyle.primary)
    row = {"type": 1, "components": [button.item.to_component_dict()]}
    message = bot.post("a card", components=(row,))
    pressed = await ada.press(message, "queue:")
    await bot.playground.until(lambda: pressed.interaction and pressed.interaction.answer, 5, "an answer")
    card = await (await ada.command("help")).shows()
    chosen = await ada.choose(card, "menu help:topic", "art")
    await chosen.shows("🎨")
