"""Persistent buttons and selects: what their custom id holds, and that nothing else is kept."""

import pytest

from cogs.ui.components import PersistentButton, PersistentSelect
from tests.unit.cogs.bot_setup import BotSetup

PANEL = ({"type": 1, "components": [PersistentButton("panel", "", label="x").to_component_dict()]},)
Kind = type[PersistentButton] | type[PersistentSelect]


@pytest.mark.parametrize(
    ("kind", "custom_id"), [(PersistentButton, "again:1a-2b"), (PersistentSelect, "menu again:1a-2b")]
)
def test_the_custom_id_is_all_that_is_kept(kind: Kind, custom_id: str) -> None:
    assert kind("again", "1a-2b").custom_id == custom_id


async def test_discord_py_keeps_no_view_and_no_modal(bot: BotSetup) -> None:
    ada = bot.playground.member("ada")
    card = await (await ada.command("help")).shows()
    await (await ada.choose(card, "menu help:topic", "art")).shows("🎨")
    opened = await ada.press(bot.post("a panel", components=PANEL), "panel:")
    await opened.opens()
    store = bot.context.client._connection._view_store
    assert (store._views, store._modals, store._dynamic_items) == ({}, {}, {})
