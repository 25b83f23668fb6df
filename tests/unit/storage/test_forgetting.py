"""Deletion on request, and what it means for jobs of others that were made with what is deleted."""

import contextlib
import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from storage import (
    AdmissionRefused,
    Draft,
    Job,
    Reason,
    State,
    Store,
    StoredData,
    open_store,
)
from storage.retention import DAY
from storage.sqlite.database import MIGRATIONS
from tests.unit.storage.engines import tables_of
from tests.unit.storage.requests import (
    PARAMS,
    SERVER,
    Clock,
    admit,
    claim,
    finish,
    make_params,
    make_request,
)

ADA, BOB, CAROL = 1, 2, 3
DELETED = "words that an earlier version deleted"
WORDS = "Planted \u72ec\u89d2 words"


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


async def test_a_picture_is_needed_as_long_as_another_clip_ends_on_it(store: Store) -> None:
    mine = (await admit(store, make_request("mine", picture="aa", last_picture="bb"))).job
    other = (await admit(store, make_request("other", user=2, picture="bb", last_picture="aa"))).job
    assert [await store.needs_picture(each, beside=mine.id) for each in mine.pictures] == [True, True]
    await store.delete_job(other.id)
    assert [await store.needs_picture(each, beside=mine.id) for each in mine.pictures] == [False, False]


async def test_a_picture_is_sought_by_index(sqlite_store: Store) -> None:
    question = "SELECT 1 FROM job WHERE (picture = :sha OR last_picture = :sha) AND id <> 'x'"
    rows = await sqlite_store.database.fetch(f"EXPLAIN QUERY PLAN {question}", {"sha": "aa"})
    assert {"job_picture", "job_last_picture"} <= {word for row in rows for word in row["detail"].split()}


async def test_a_loop_has_one_picture(store: Store) -> None:
    job = (await admit(store, make_request("loop", picture="aa", last_picture="aa"))).job
    assert job.pictures == ("aa",)
    assert not await store.needs_picture("aa", beside=job.id)


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
    for key, picture, last in (("one", "bb", None), ("two", "bb", "bb"), ("three", "cc", "dd")):
        await admit(store, make_request(key, picture=picture, last_picture=last))
    await admit(store, make_request("others", user=2))
    since = clock.time - DAY / 2
    assert await store.stored_data(1, pictures_since=since) == StoredData(jobs=4, pictures=3, clips=0)
    await store.mark_all_for_deletion(1)
    assert await store.stored_data(1, pictures_since=since) == StoredData(jobs=0, pictures=0, clips=0)


async def made(store: Store, key: str, user: int, parent: Job | None = None, **changes: object) -> Job:
    """A job that is done; of a parent with its picture and parameters, unless `changes` say otherwise."""
    of_parent = (
        {
            "parent": parent.id,
            "picture": parent.picture,
            "last_picture": parent.last_picture,
            "params": parent.params,
        }
        if parent
        else {}
    )
    await admit(store, make_request(key, user=user, **(of_parent | changes)))
    return (await finish(store, await claim(store), 5.0)).job


async def withdrawn_keys(store: Store) -> list[str]:
    return [job.key for job in await store.withdrawn()]


async def test_nothing_new_is_made_of_what_somebody_took_back_at_any_distance(store: Store) -> None:
    first = await made(store, "ada", ADA, picture="aa", params=make_params(prompt=WORDS))
    reroll = await made(store, "bob", BOB, first)
    far = await made(store, "carol", CAROL, reroll)
    frame = await made(store, "carol extends", CAROL, far, picture="ff", params=make_params(prompt="hers"))
    await made(store, "bob again", BOB, frame)
    own = await made(store, "bob's own", BOB, picture="aa")
    await store.mark_all_for_deletion(ADA)
    assert await withdrawn_keys(store) == ["bob", "carol", "carol extends", "bob again"]
    for parent in (reroll, far, frame):
        for user in (ADA, BOB, CAROL):
            with pytest.raises(AdmissionRefused, match="withdrawn"):
                await store.admit(make_request(f"{parent.id} {user}", user=user, parent=parent.id))
            with pytest.raises(AdmissionRefused, match="withdrawn"):
                await store.check_admission(f"{parent.id} {user}", user, 7, "x", parent=parent.id)
    with pytest.raises(AdmissionRefused, match="gone"):
        await store.admit(make_request("of the first", user=BOB, parent=first.id))
    assert (await store.admit(make_request("of his own", user=CAROL, parent=own.id))).created


async def test_a_last_picture_is_taken_back_by_whoever_brought_it(store: Store) -> None:
    first = await made(store, "ada", ADA, picture="aa")
    second = await made(store, "bob", BOB, first, last_picture="bb")
    reroll = await made(store, "carol", CAROL, second)
    await made(store, "carol, on another", CAROL, second, last_picture="cc")
    await made(store, "carol, freely", CAROL, second, last_picture=None)
    await made(store, "carol extends", CAROL, reroll, picture="ff", last_picture="dd")
    await made(store, "carol returns", CAROL, reroll, picture="gg", last_picture="bb")
    await store.database.fetch("DELETE FROM job WHERE id = :id", {"id": second.id})  # as retention does
    await store.mark_all_for_deletion(BOB)
    assert await withdrawn_keys(store) == ["carol", "carol extends", "carol returns"]
    assert (await store.job(reroll.id)).params == reroll.params
    assert not (await store.job(first.id)).withdrawn


async def test_of_a_loop_the_first_picture_is_taken_back_and_with_it_the_last(store: Store) -> None:
    first = await made(store, "ada", ADA, picture="aa", last_picture="aa")
    reroll = await made(store, "bob", BOB, first)
    await made(store, "carol", CAROL, reroll)
    await made(store, "carol, freely", CAROL, reroll, last_picture=None)
    loop = await made(store, "carol extends", CAROL, reroll, picture="ff", last_picture="ff")
    await made(store, "bob returns", BOB, loop, picture="gg", last_picture="ff")
    await store.mark_all_for_deletion(BOB)
    assert await withdrawn_keys(store) == ["carol extends"]
    await store.mark_all_for_deletion(ADA)
    assert await withdrawn_keys(store) == ["bob", "carol", "carol, freely", "carol extends", "bob returns"]


async def test_a_withdrawn_job_keeps_the_name_of_neither_picture(store: Store) -> None:
    first = await made(store, "ada", ADA, picture="aa", last_picture="bb")
    await made(store, "bob", BOB, first)
    await store.mark_for_deletion(first.id)
    (withdrawn,) = await store.withdrawn()
    await store.erase_withdrawn(withdrawn.id)
    assert (await store.job(withdrawn.id)).pictures == ()
    assert await store.withdrawn() == []


async def test_words_go_from_others_rows_and_their_own_stay(store: Store) -> None:
    first = await made(store, "ada", ADA, params=make_params(prompt=WORDS, seed=2**64 - 1))
    same = await made(store, "same", BOB, first)
    other = await made(store, "other", BOB, first, params=replace(first.params, prompt="his own"))
    await store.mark_for_deletion(first.id)
    same, other = await store.job(same.id), await store.job(other.id)
    assert (same.params.prompt, same.params.seed) == ("", 2**64 - 1)
    assert other.params.prompt == "his own"
    assert same.withdrawn
    assert other.withdrawn


async def test_whoever_only_pressed_reroll_takes_nothing_back_from_others(store: Store) -> None:
    first = await made(store, "ada", ADA)
    reroll = await made(store, "bob", BOB, first)
    await made(store, "carol", CAROL, reroll)
    await store.mark_all_for_deletion(BOB)
    assert await withdrawn_keys(store) == []
    await store.mark_all_for_deletion(ADA)
    assert await withdrawn_keys(store) == ["bob", "carol"]


async def test_a_changed_prompt_is_taken_back_by_whoever_wrote_it(store: Store) -> None:
    first = await made(store, "ada", ADA)
    changed = await made(store, "bob", BOB, first, params=replace(PARAMS, prompt=WORDS, negative_prompt="z"))
    await made(store, "carol", CAROL, changed)
    await store.mark_all_for_deletion(BOB)
    (left,) = await store.withdrawn()
    assert (left.key, left.params.prompt, left.params.negative_prompt) == ("carol", "", "")
    assert not (await store.job(first.id)).withdrawn


async def test_what_somebody_did_not_delete_stays_good(store: Store) -> None:
    first = await made(store, "first", ADA)
    second = await made(store, "second", ADA, first)
    await made(store, "of the first", BOB, first)
    await made(store, "of the second", BOB, second)
    await store.mark_for_deletion(first.id)
    assert await withdrawn_keys(store) == ["of the first"]
    assert not (await store.job(second.id)).withdrawn


async def test_a_picture_is_taken_back_also_when_the_row_that_brought_it_is_gone(store: Store) -> None:
    first = await made(store, "ada", ADA)
    await made(store, "bob", BOB, first)
    await store.database.fetch("DELETE FROM job WHERE id = :id", {"id": first.id})  # as retention does
    await store.mark_all_for_deletion(ADA)
    assert await withdrawn_keys(store) == ["bob"]


async def test_jobs_of_others_that_wait_or_run_are_cancelled_and_say_why(store: Store) -> None:
    first = await made(store, "ada", ADA)
    for key in ("running", "waiting"):
        await admit(store, make_request(key, user=BOB, parent=first.id))
    running = await claim(store)
    await store.mark_all_for_deletion(ADA)
    running, waiting = [await store.current(running), await store.withdrawn()]
    assert running.job.cancel_requested
    assert waiting[1].state is State.CANCELLED
    assert [job.reason for job in waiting] == [Reason(code="withdrawn")] * 2
    assert await store.claim(SERVER, {"wan"}) is None
    assert await store.cancel_withdrawn() == []


async def test_a_withdrawn_job_is_never_claimed_even_before_it_is_cancelled(store: Store) -> None:
    first = await made(store, "ada", ADA)
    await admit(store, make_request("waiting", user=BOB, parent=first.id))
    await store.database.fetch("UPDATE job SET unwanted = 1 WHERE id = :id", {"id": first.id})
    assert await store.claim(SERVER, {"wan"}) is None
    (waiting,) = await store.cancel_withdrawn()
    assert waiting.state is State.CANCELLED


async def test_a_picture_of_somebody_elses_message_goes_with_them(store: Store) -> None:
    of_message = Draft(id=1, user_id=BOB, url="https://cdn/1", picture_of=ADA)
    await store.save_draft(of_message)
    await store.save_draft(replace(of_message, id=2))
    await admit(store, make_request("bob", user=BOB, draft=1))
    await store.mark_all_for_deletion(ADA)
    assert await withdrawn_keys(store) == ["bob"]
    assert await store.draft(2) is None


async def test_a_draft_of_a_deleted_jobs_message_goes_with_it(store: Store) -> None:
    first = await made(store, "ada", ADA)
    await store.save_draft(Draft(id=1, user_id=BOB, url="https://cdn/1", picture_of=ADA, source=first.id))
    await store.mark_for_deletion(first.id)
    assert await store.draft(1) is None


async def test_whoever_moved_others_jobs_is_not_named_there_any_more(store: Store) -> None:
    job = (await admit(store, make_request("bob", user=BOB))).job
    await store.cancel(job.id, mover="person 1", reason=Reason(code="by_moderator"))
    other = (await admit(store, make_request("bob's second", user=BOB))).job
    await store.cancel(other.id, mover="person 11", reason=Reason(code="by_moderator"))
    await store.mark_all_for_deletion(ADA)
    assert [each.mover for each in await store.transitions(job.id)] == ["person 2", "person"]
    assert [each.mover for each in await store.transitions(other.id)] == ["person 2", "person 11"]
    assert await rows_with(store, "person 1") == {}


async def rows_with(store: Store, value: str) -> Mapping[str, int]:
    """The tables with rows that hold exactly this value in some column."""
    found = dict[str, int]()
    for table in await tables_of(store.database):
        rows = await store.database.fetch(f"SELECT * FROM {table}", {})  # noqa: S608 - names of our own tables
        if number := sum(value in [str(each) for each in dict(row).values()] for row in rows):
            found[table] = number
    return found


async def test_somebody_who_deleted_everything_is_in_one_row_until_the_day_is_over(store: Store) -> None:
    first = await made(store, "ada", 9911)
    await made(store, "bob", BOB, first)
    await store.set_language(9911, "zh-TW")
    await store.save_draft(Draft(id=1, user_id=9911, url="https://cdn/1"))
    await store.mark_all_for_deletion(9911)
    await store.delete_job(first.id)
    for job in await store.withdrawn():
        await store.erase_withdrawn(job.id)
    assert await rows_with(store, "9911") == {"person": 1}
    assert await rows_with(store, first.id) == {}


FORMS = ("utf-8", "utf-16-le", "utf-16-be")


def found_in(folder: Path, words: str) -> list[str]:
    """The files that hold these words in UTF-8, UTF-16 or as JSON escapes them."""
    escaped = words.encode("ascii", "backslashreplace")
    needles = {words.encode(form) for form in FORMS} | {escaped}
    return sorted(
        path.name
        for path in folder.rglob("*")
        if path.is_file() and any(needle in path.read_bytes() for needle in needles)
    )


def write_version_6(path: Path) -> None:
    """A file of an earlier version: a job and its reroll, and deleted words in its free space."""
    scripts = sorted(MIGRATIONS.glob("000[1-6]*.sql"))
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as old:
        old.execute("PRAGMA secure_delete = OFF")
        for script in scripts:
            old.executescript(script.read_text(encoding="utf-8"))
        old.execute("PRAGMA user_version = 6")
        for seq, name, user, parent in (
            (1, "first", ADA, None),
            (2, "reroll", BOB, "first"),
            (3, "x", BOB, None),
        ):
            old.execute(
                """INSERT INTO job (seq, id, key, user_id, guild_id, channel_id, locale, workflow, volume,
                    steps, params, picture, parent, root, weight, floor, tag, cost, spread, moved_at, mover,
                    created_at)
                VALUES (?, ?, ?, ?, 7, 8, '', 'wan', 1, 1, ?, 'aa', ?, ?, 1, 0, 0, 1, 0, 0, '', 0)""",
                (seq, name, name, user, make_params(prompt=WORDS).to_json(), parent, parent or name),
            )
        for _ in range(50):
            old.execute("INSERT INTO draft VALUES (9, 1, ?, 0)", (DELETED * 100,))
            old.execute("DELETE FROM draft")


async def test_a_file_of_an_earlier_version_loses_its_deleted_words_and_learns_what_was_made_of_what(
    tmp_path: Path,
) -> None:
    write_version_6(tmp_path / "animate.db")
    assert found_in(tmp_path, DELETED) == ["animate.db"]
    async with open_store(tmp_path) as store:
        assert found_in(tmp_path, DELETED) == []
        await store.mark_all_for_deletion(ADA)
        assert await withdrawn_keys(store) == ["reroll"]
        assert (await store.job("reroll")).params.prompt == ""
        assert (await store.job("x")).params.prompt == WORDS


async def test_no_deleted_word_is_left_in_any_byte_of_the_files(tmp_path: Path) -> None:
    long_words = WORDS * 400  # more than a page: overflow pages are freed
    async with open_store(tmp_path) as store:
        for number, words in enumerate((WORDS, long_words) * 20):
            first = await made(store, f"ada {number}", ADA, params=make_params(prompt=words))
            await made(store, f"bob {number}", BOB, first)
            await made(store, f"kept {number}", BOB, params=make_params(prompt="kept words"))
        await store.save_draft(Draft(id=1, user_id=ADA, url=f"https://cdn/{WORDS}"))
        assert "animate.db-wal" in found_in(tmp_path, WORDS)
        await store.mark_all_for_deletion(ADA)
        for job in await store.marked_for_deletion(limit=99):
            await store.delete_job(job.id)
        await store.database.discard_deleted()
        assert found_in(tmp_path, WORDS) == []
        assert found_in(tmp_path, "kept words") == ["animate.db"]
    assert found_in(tmp_path, WORDS) == []
