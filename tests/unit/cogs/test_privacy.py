"""/privacy: its cards in each language, the export and the deletion."""

import asyncio
import json
from pathlib import Path

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
from playground.members import Member
from storage import Draft, Job, Request, Retention, StoredData
from tests.blob_files import make_old
from tests.unit.cogs.bot_setup import BotSetup, running_application
from tests.unit.cogs.ui.card_samples import DONE, LOCALES, check_limits, outline
from tests.unit.storage.test_forgetting import found_in

HELD = Held(stored=StoredData(jobs=12, pictures=3, clips=2))
BUSY = Held(stored=StoredData(jobs=1, pictures=0, clips=0), drafts=1, being_deleted=2, made_by_others=3)
REMAINS = Remains(
    made_by_others=[DONE] * 12,
    backups=[2e9, 1.9e9],
    server_away=True,
)
DOCUMENTS = {
    "button_privacy_policy": "https://example.org/privacy",
    "button_terms": "https://example.org/terms",
}
CARDS = {
    "privacy": lambda locale: render_privacy(locale, Retention(), HELD),
    "privacy without backups": lambda locale: render_privacy(locale, Retention(backups=0, rows=0.5), BUSY),
    "privacy with documents": lambda locale: render_privacy(locale, Retention(), HELD, DOCUMENTS),
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


WORDS = "planted words of Ada 她的秘密"
PICTURES = tuple(b"\x89PNG planted picture of Ada \x00\xff" + each * 50 for each in (b"first", b"last"))


async def planted(bot: BotSetup) -> tuple[Member, Job]:
    """Ada with a clip of two planted pictures and planted words, and Bob's waiting reroll of it."""
    ada, bob = bot.playground.member("ada"), bot.playground.member("bob")
    store, files = bot.context.store, bot.context.files
    first = await bot.done(ada, "first", prompt=WORDS)
    picture, last = [await files.save_picture(each) for each in PICTURES]
    for name in (picture, last):
        await make_old(files, name, first.created_at)
    await store.database.fetch(
        "UPDATE job SET picture = :picture, last_picture = :last", {"picture": picture, "last": last}
    )
    first = await store.job(first.id)
    request = Request(
        key="reroll",
        user_id=bob.id,
        guild_id=first.guild_id,
        channel_id=first.channel_id,
        locale="en-US",
        params=first.params,
        picture=picture,
        last_picture=last,
        parent=first.id,
    )
    reroll = (await store.admit(request, limit=99)).job
    await bot.context.messages.status.post(reroll, "queued")
    await store.save_draft(Draft(id=1, user_id=ada.id, url=f"https://cdn/{WORDS}"))
    return ada, await store.job(reroll.id)


def holding_a_picture(folder: Path) -> set[str]:
    """The names of the files that hold one of the planted pictures."""
    files = [each for each in folder.rglob("*") if each.is_file()]
    return {each.name for each in files if any(picture in each.read_bytes() for picture in PICTURES)}


async def forget_everything(bot: BotSetup, ada: Member) -> str:
    """Ada deletes everything of hers; what the bot said before and after."""
    card = await (await ada.command("privacy")).shows()
    question = await (await ada.press(card, "forget:me")).shows()
    asked = question.text
    begun = await (await ada.press(question, "forgetnow:me")).shows(translate("en-US", "forget_begun"))
    async with asyncio.timeout(10):
        while await bot.context.store.being_deleted(ada.id) or await bot.context.store.withdrawn():
            await bot.context.notifier.wait(0.05)
    return asked + begun.text


async def test_after_a_deletion_no_byte_of_picture_and_words_is_left_but_in_what_was_named(
    tmp_path: Path,
) -> None:
    async with running_application(tmp_path, backups=2) as bot:
        ada, reroll = await planted(bot)
        folder = tmp_path / "backups"
        await bot.context.store.database.copy_to(folder / "animate-20200101-000000.db")
        assert set(found_in(tmp_path, WORDS)) >= {"animate.db-wal", "animate-20200101-000000.db"}
        assert holding_a_picture(tmp_path) == set(reroll.pictures)
        told = await forget_everything(bot, ada)
        await bot.reads(reroll.status_message, "took them back")
        assert holding_a_picture(tmp_path) == set()
        async with asyncio.timeout(10):  # the log is truncated right after the rows have gone
            while "animate.db-wal" in found_in(tmp_path, WORDS):
                await bot.context.notifier.wait(0.05)
        assert found_in(tmp_path, WORDS) == ["animate-20200101-000000.db"]
        made = round((folder / "animate-20200101-000000.db").stat().st_mtime)
        assert told.count(f"<t:{made}:f>") >= 2
        assert told.count(f"/{reroll.status_message}") == 2
        assert str(ada.id) not in str(await bot.context.store.job(reroll.id))


async def test_an_export_holds_drafts_and_what_others_made_without_a_word_about_them(bot: BotSetup) -> None:
    ada, reroll = await planted(bot)
    card = await (await ada.command("privacy")).shows("jobs: 1 · pictures: 2 · clips: 1")
    assert "**1 clip of others**" in card.text
    assert "**1 picture** waits" in card.text
    exported = await (await ada.press(card, "export:me")).shows(translate("en-US", "privacy_exported"))
    document = json.loads(exported.attachments[0].data)
    assert document["drafts"] == [{"id": 1, "url": f"https://cdn/{WORDS}", "last_url": None}]
    assert [each["id"] for each in document["made_by_others"]] == [reroll.short]
    assert [each["state"] for each in document["jobs"][0]["states"]][-1] == "done"
    assert str(reroll.user_id) not in exported.attachments[0].data.decode()
