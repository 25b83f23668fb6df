"""/privacy: its cards in each language, the export and the deletion."""

import json

import pytest
from syrupy.assertion import SnapshotAssertion

from cogs.i18n.catalogue import translate
from cogs.privacy import (
    Held,
    Remains,
    render_forget_begun,
    render_forget_question,
    render_privacy,
)
from storage import Retention, StoredData
from tests.unit.cogs.bot_setup import BotSetup
from tests.unit.cogs.ui.card_samples import DONE, LOCALES, check_limits, outline

HELD = Held(stored=StoredData(jobs=12, pictures=3, clips=2))
BUSY = Held(stored=StoredData(jobs=1, pictures=0, clips=0), drafts=1, being_deleted=2, made_by_others=3)
REMAINS = Remains(
    made_by_others=[DONE] * 12,
    backups=[2e9, 1.9e9],
    server_away=True,
)
CARDS = {
    "privacy": lambda locale: render_privacy(locale, Retention(), HELD),
    "privacy without backups": lambda locale: render_privacy(locale, Retention(backups=0, rows=0.5), BUSY),
    "forget": lambda locale: render_forget_question(locale, Remains()),
    "forget what others have": lambda locale: render_forget_question(locale, REMAINS),
    "forgetting": lambda locale: render_forget_begun(locale, REMAINS),
}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", CARDS)
def test_the_card(name: str, locale: str, snapshot: SnapshotAssertion) -> None:
    card = CARDS[name](locale)
    check_limits(card)
    assert outline(card) == snapshot


async def test_everything_stored_is_exported_and_deleted_for_whoever_asks(bot: BotSetup) -> None:
    ada, grace = bot.playground.member("ada"), bot.playground.member("grace")
    job, other = await bot.done(ada), await bot.queued(grace, "b")
    card = await (await ada.command("privacy")).shows()
    assert card.only_for == ada.id
    exported = await (await ada.press(card, "export:me")).shows(translate("en-US", "privacy_exported"))
    [record] = json.loads(exported.attachments[0].data)["jobs"]
    assert record["id"] == job.id
    question = await (await ada.press(card, "forget:me")).shows()
    begun = await ada.press(question, "forgetnow:me")
    await begun.shows(translate("en-US", "forget_begun"))
    messages = bot.playground.state.messages
    await bot.playground.until(lambda: job.result_message not in messages or None, 10, "it is deleted")
    assert other.status_message in messages
