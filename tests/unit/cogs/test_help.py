"""The pages of /help in each language."""

from collections.abc import Iterator

import pytest
from discord import ui
from syrupy.assertion import SnapshotAssertion

from cogs.help import EMOJI, Topic, render_help
from cogs.i18n.catalogue import translate
from comfy import BUILT_IN, load_workflows
from tests.unit.cogs.bot_setup import BotSetup
from tests.unit.cogs.ui.card_samples import LOCALES, check_limits, outline

NEGATIVE_PROMPT = str(load_workflows(BUILT_IN)["wan21_i2v"].default("fast", "negative_prompt"))
CARDS = {f"help {topic}": lambda locale, topic=topic: render_help(locale, topic) for topic in Topic}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", CARDS)
def test_the_card(name: str, locale: str, snapshot: SnapshotAssertion) -> None:
    card = CARDS[name](locale)
    check_limits(card)
    assert outline(card) == snapshot


@pytest.mark.parametrize("locale", LOCALES)
def test_the_help_names_the_negative_prompt_that_is_really_used(locale: str) -> None:
    assert NEGATIVE_PROMPT in "\n".join(texts(render_help(locale, Topic.PROMPTS)))


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("topic", Topic)
def test_code_blocks_stand_on_lines_of_their_own_and_are_closed(topic: Topic, locale: str) -> None:
    lines = "\n".join(texts(render_help(locale, topic))).splitlines()
    fences = [line for line in lines if "```" in line]
    assert set(fences) <= {"```"}
    assert len(fences) % 2 == 0


def texts(view: ui.LayoutView) -> Iterator[str]:
    for item in view.walk_children():
        if isinstance(item, ui.TextDisplay):
            yield item.content


async def test_the_select_changes_the_page_and_an_unknown_one_is_of_another_version(bot: BotSetup) -> None:
    ada = bot.playground.member("ada")
    card = await (await ada.command("help")).shows(translate("en-US", "topic_start"))
    chosen = await ada.choose(card, "menu help:topic", Topic.ART)
    assert (await chosen.shows(f"{EMOJI[Topic.ART]} {translate('en-US', 'topic_art')}")).id == card.id
