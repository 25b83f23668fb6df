"""/history: its pages, and the first frames in them."""

import asyncio
from pathlib import Path

import pytest

from cogs.history import PAGE_SIZE, read_newer, read_older
from cogs.ui.history_card import poster_name
from storage import open_store
from tests.unit.cogs.bot_setup import BotSetup
from tests.unit.storage.requests import admit, make_request


async def test_pages_follow_each_other_in_both_directions(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        jobs = [(await admit(store, make_request(str(n)))).job for n in range(2 * PAGE_SIZE + 1)]
        newest = await read_older(store, 1)
        assert [job.id for job in newest.jobs] == [job.id for job in jobs[:PAGE_SIZE:-1]]
        assert (newest.newer, newest.older) == (False, True)
        second = await read_older(store, 1, before=newest.jobs[-1].seq)
        assert (len(second.jobs), second.newer, second.older) == (PAGE_SIZE, True, True)
        last = await read_older(store, 1, before=second.jobs[-1].seq)
        assert ([job.id for job in last.jobs], last.older) == ([jobs[0].id], False)
        assert (await read_newer(store, 1, after=last.jobs[0].seq)).jobs == second.jobs
        assert await read_newer(store, 1, after=second.jobs[0].seq) == newest
        assert await read_older(store, 1, before=1) == newest
        assert (await read_older(store, 2)).jobs == []


async def test_the_card_turns_its_pages_and_shows_first_frames_of_clips_that_are_kept(bot: BotSetup) -> None:
    ada = bot.playground.member("ada")
    done = await bot.done(ada)
    newer = [await bot.unposted(ada, str(n)) for n in range(PAGE_SIZE)]
    card = await (await ada.command("history")).shows(newer[-1].short)
    assert done.short not in card.text
    turned = await ada.press(card, "Older ›")
    older = await turned.shows(done.short)
    assert [file.filename for file in older.attachments] == [poster_name(done)]
    back = await ada.press(older, "‹ Newer")
    assert not (await back.shows(newer[-1].short)).attachments


async def test_whoever_asks_again_while_a_page_is_made_gets_it_at_once_without_unknown_frames(
    bot: BotSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, going, made = bot.playground.member("ada"), asyncio.Event(), list[Path]()
    done = await bot.done(ada)

    async def make(path: Path) -> bytes:
        made.append(path)
        await going.wait()
        return b"a jpeg"

    monkeypatch.setattr(bot.context.pictures.posters, "_make", make)
    first = await ada.command("history")
    await bot.until(lambda: made)
    for _ in range(10):
        card = await (await ada.command("history")).shows(done.short)
        assert not card.attachments
    going.set()
    assert (await first.shows(done.short)).attachments
    assert (await (await ada.command("history")).shows(done.short)).attachments
    assert len(made) == 1
