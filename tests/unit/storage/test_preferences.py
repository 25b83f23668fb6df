"""Languages, guild settings, upload limits and drafts."""

import pytest

from storage import AdmissionRefused, Draft, GuildSettings, Store, UploadLimit
from storage.preferences import DRAFT_SECONDS
from tests.unit.storage.requests import Clock, admit, make_request


async def test_the_chosen_language_counts_before_that_of_the_last_request(store: Store) -> None:
    assert await store.locale_of(1) is None
    await admit(store, make_request("a", locale="zh-TW"))
    assert (await store.language(1), await store.locale_of(1)) == (None, "zh-TW")
    await store.set_language(1, "en-US")
    assert (await store.language(1), await store.locale_of(1)) == ("en-US", "en-US")
    await store.set_language(1, None)
    assert (await store.language(1), await store.locale_of(1)) == (None, "zh-TW")


async def test_a_guild_has_the_default_settings_until_somebody_sets_others(store: Store) -> None:
    assert await store.guild_settings(7) == GuildSettings(report_channel=None, pictures_of_others=False)
    rules = GuildSettings(report_channel=5, pictures_of_others=True)
    await store.set_guild_settings(7, rules)
    assert await store.guild_settings(7) == rules
    assert await store.guild_settings(8) == GuildSettings()


async def test_the_newest_upload_limit_of_a_guild_is_kept(store: Store) -> None:
    old = UploadLimit(guild_id=7, boosted=10, bytes=10, learnt_at=1.0)
    new = UploadLimit(guild_id=7, boosted=50, bytes=20, learnt_at=2.0)
    for limit in (old, new):
        await store.set_upload_limit(limit)
    assert await store.upload_limits(since=2.0) == [new]
    assert await store.upload_limits(since=2.5) == []


async def test_a_draft_lasts_a_day(store: Store, clock: Clock) -> None:
    draft = Draft(id=1, user_id=42, url="https://cdn/1")
    await store.save_draft(draft)
    clock.time += DRAFT_SECONDS
    assert await store.draft(1) == draft
    clock.time += 1
    assert await store.draft(1) is None
    await store.save_draft(Draft(id=2, user_id=42, url="https://cdn/2"))
    assert [row["id"] for row in await store.database.fetch("SELECT id FROM draft", {})] == [2]


async def test_a_draft_goes_with_the_job_that_is_made_of_it(store: Store) -> None:
    for number in (1, 2):
        await store.save_draft(Draft(id=number, user_id=42, url=f"https://cdn/{number}"))
    made = await admit(store, make_request("a", user=42, draft=1))
    assert await store.draft(1) is None
    assert [each.id for each in await store.drafts_of(42)] == [2]
    again = await admit(store, make_request("a", user=42, draft=1))
    assert (again.job.id, again.created) == (made.job.id, False)
    with pytest.raises(AdmissionRefused, match="picture_forgotten"):
        await store.admit(make_request("b", user=42, draft=1))
