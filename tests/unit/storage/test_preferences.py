"""Languages, guild settings, drafts, and deletion on request."""

from storage import Draft, GuildSettings, Store, StoredData, UploadLimit
from storage.preferences import DRAFT_SECONDS
from storage.retention import DAY
from tests.unit.storage.requests import Clock, admit, claim, finish, make_request


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


async def test_jobs_marked_for_deletion_come_in_pages_and_go_with_their_row(store: Store) -> None:
    jobs = [(await admit(store, make_request(str(n)))).job for n in range(5)]
    for job in jobs[1:]:
        await store.mark_for_deletion(job.id)
    first = await store.marked_for_deletion(limit=3)
    second = await store.marked_for_deletion(after=first[-1].seq, limit=3)
    assert [job.id for job in (*first, *second)] == [job.id for job in jobs[1:]]
    await store.delete_job(jobs[1].id)
    assert await store.find(jobs[1].id) is None
    assert jobs[1].id not in {job.id for job in await store.marked_for_deletion()}
    assert await store.database.fetch("SELECT 1 FROM event WHERE job = :seq", {"seq": jobs[1].seq}) == []


async def test_a_picture_is_needed_as_long_as_another_job_has_it(store: Store) -> None:
    mine = (await admit(store, make_request("mine", picture="aa"))).job
    assert not await store.needs_picture("aa", beside=mine.id)
    other = (await admit(store, make_request("other", user=2, picture="aa"))).job
    assert await store.needs_picture("aa", beside=mine.id)
    await store.delete_job(other.id)
    assert not await store.needs_picture("aa", beside=mine.id)


async def test_somebody_who_deletes_everything_leaves_nothing_but_todays_gpu_seconds(store: Store) -> None:
    await admit(store, make_request("mine", locale="zh-CN"))
    done = await finish(store, await claim(store), 30.0)
    await admit(store, make_request("others", user=2))
    await store.set_language(1, "zh-TW")
    await store.save_draft(Draft(id=1, user_id=1, url="https://cdn/1"))
    await store.save_draft(Draft(id=2, user_id=2, url="https://cdn/2"))
    await store.mark_all_for_deletion(1)
    assert [job.id for job in await store.marked_for_deletion()] == [done.job.id]
    assert await store.draft(1) is None
    assert await store.draft(2)
    assert await store.locale_of(1) is None
    assert await store.spent_today(1) == 30.0


async def test_what_is_kept_of_somebody_is_counted_as_long_as_it_is_kept(store: Store, clock: Clock) -> None:
    await admit(store, make_request("old", picture="aa"))
    await finish(store, await claim(store), 5.0)
    clock.time += DAY
    for key, picture in (("one", "bb"), ("two", "bb"), ("three", "cc")):
        await admit(store, make_request(key, picture=picture))
    await admit(store, make_request("others", user=2))
    since = clock.time - DAY / 2
    assert await store.stored_data(1, pictures_since=since) == StoredData(jobs=4, pictures=2, clips=0)
    await store.mark_all_for_deletion(1)
    assert await store.stored_data(1, pictures_since=since) == StoredData(jobs=0, pictures=0, clips=0)
