"""Guilds that the bot joins and leaves; what is left of one goes after a time, unless it comes back."""

import time

import pytest

from storage import Blobs, GuildSettings, State, Store, UploadLimit
from storage.retention import DAY, HOUR, remove_left_guilds, remove_pictures
from tests.blob_files import clip_path
from tests.unit.storage.requests import NODE_FAILED, Clock, admit, claim, make_request

GUILD, OTHER = 7, 8


async def ended_with_files(store: Store, files: Blobs, key: str, guild: int) -> tuple[str, str]:
    """A failed job of a guild with a picture and a clip; its id and the picture."""
    picture = await files.save_picture(key.encode())
    job = (await admit(store, make_request(key, guild_id=guild, picture=picture))).job
    clip_path(files, f"{job.id}.mp4").write_bytes(b"clip")
    await store.move(await claim(store), State.FAILED, reason=NODE_FAILED)
    return job.id, picture


async def rows(store: Store, table: str, column: str = "guild_id") -> set[int]:
    found = await store.database.fetch(f"SELECT DISTINCT {column} AS id FROM {table}", {})  # noqa: S608 - names of the test
    return {row["id"] for row in found}


async def test_a_guild_left_long_ago_is_removed_with_all_that_is_its_own(
    store: Store, files: Blobs, clock: Clock
) -> None:
    gone, picture = await ended_with_files(store, files, "gone", GUILD)
    kept, kept_picture = await ended_with_files(store, files, "kept", OTHER)
    await store.record_guilds({GUILD, OTHER})
    for guild in (GUILD, OTHER):
        await store.set_guild_settings(guild, GuildSettings(report_channel=1))
        await store.set_upload_limit(UploadLimit(guild_id=guild, boosted=1, bytes=2, learnt_at=3))
        await store.block(99, guild_id=guild)
    await store.guild_left(GUILD)
    clock.time += 30 * DAY
    assert await remove_left_guilds(store.database, files, clock.time - 30 * DAY) == 1
    assert await store.find(gone) is None
    assert await store.find(kept)
    assert not clip_path(files, f"{gone}.mp4").exists()
    assert clip_path(files, f"{kept}.mp4").exists()
    for table in ("job", "rules", "upload_limit", "blocked", "membership"):
        assert await rows(store, table) == {OTHER}, table
    assert await rows(store, "guild", "id") == {OTHER}
    now = time.time() + 2 * HOUR
    await remove_pictures(store.database, files, before=0, now=now)
    with pytest.raises(FileNotFoundError):
        await files.read_picture(picture)
    assert await files.read_picture(kept_picture)


async def test_a_guild_that_comes_back_in_time_keeps_all(store: Store, files: Blobs, clock: Clock) -> None:
    job, _ = await ended_with_files(store, files, "a", GUILD)
    await store.record_guilds({GUILD})
    await store.guild_left(GUILD)
    clock.time += 29 * DAY
    assert await remove_left_guilds(store.database, files, clock.time - 30 * DAY) == 0
    await store.guild_joined(GUILD)
    clock.time += 29 * DAY
    assert await remove_left_guilds(store.database, files, clock.time - 30 * DAY) == 0
    assert await store.find(job)


async def test_the_time_of_leaving_is_the_first_one(store: Store, files: Blobs, clock: Clock) -> None:
    await store.guild_joined(GUILD)
    await store.guild_left(GUILD)
    clock.time += 30 * DAY
    await store.guild_left(GUILD)
    await store.record_guilds(set())
    assert await remove_left_guilds(store.database, files, clock.time - 30 * DAY) == 1


async def test_a_guild_with_a_job_that_has_not_ended_keeps_its_row(
    store: Store, files: Blobs, clock: Clock
) -> None:
    job = (await admit(store, make_request("waits", guild_id=GUILD))).job
    await store.guild_left(GUILD)
    clock.time += 30 * DAY
    await remove_left_guilds(store.database, files, clock.time)
    assert await store.find(job.id)
    assert await rows(store, "membership") == {GUILD}


async def test_what_was_left_or_joined_while_nobody_looked_is_recorded(store: Store, clock: Clock) -> None:
    await admit(store, make_request("a", guild_id=GUILD))
    assert await store.unrecorded_guilds({OTHER}) == []  # nothing is known yet: it may have been there before
    await store.record_guilds({OTHER})
    assert await store.unrecorded_guilds({OTHER, 9}) == [9]
    (row,) = await store.database.fetch("SELECT * FROM membership WHERE left_at IS NOT NULL", {})
    assert (row["guild_id"], row["left_at"]) == (GUILD, clock.time)


@pytest.mark.parametrize("again", [False, True])
async def test_guilds_are_recorded_once(store: Store, again: bool) -> None:
    for _ in range(1 + again):
        await store.record_guilds({GUILD})
    assert await rows(store, "membership") == {GUILD}
