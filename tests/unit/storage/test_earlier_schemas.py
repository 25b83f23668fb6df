"""Databases of each earlier schema, as its version of the bot wrote them: read, rerolled, taken back."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from storage import Job, Request, State, Store, open_store
from tests.blob_files import local_blobs
from tests.sampling import one_in
from tests.unit.storage.old_databases import EARLIER, LARGEST_SEED, WORKFLOW, old_database
from tests.unit.storage.temporary_store import QUEUE_VIOLATIONS

ADA, BOB = 1, 2


async def reroll(store: Store, parent: Job, user: int) -> Job:
    """A reroll as the bot of today admits it."""
    request = Request(
        key=f"reroll of {parent.id}",
        user_id=user,
        guild_id=7,
        channel_id=8,
        locale="en-US",
        params=parent.params.rerolled(5),
        picture=parent.picture,
        last_picture=parent.last_picture,
        parent=parent.id,
    )
    return (await store.admit(request)).job


@pytest.mark.parametrize("version", one_in(3, EARLIER))
async def test_a_job_of_an_earlier_schema_is_read_and_rerolled(tmp_path: Path, version: int) -> None:
    with old_database(tmp_path, version) as old:
        old.admit("first", ADA)
        old.finish("first", 77)
        old.admit("waiting", BOB, parent="first")
    async with open_store(tmp_path) as store:
        (first,) = await store.history(ADA)
        assert (first.state, first.clip, first.result_message) == (State.DONE, "first.mp4", 77)
        assert (first.params.seed, first.params.prompt, first.params.steps) == (LARGEST_SEED, "她笑了", 20)
        assert (first.picture, first.last_picture) == ("aa", None)
        assert first.params.spoiler == (version >= 7)
        assert await store.by_result(77) == first
        assert [each.state for each in await store.transitions("first")][-1] is State.DONE
        again = await reroll(store, first, BOB)
        assert again.params == replace(first.params, seed=5)
        assert await store.database.fetch(QUEUE_VIOLATIONS, {}) == []
        assert {each.id for each in await store.unfinished_of(BOB)} == {"waiting", again.id}
        await store.mark_all_for_deletion(ADA)
        assert (await store.job(again.id)).withdrawn
        assert (await store.job("waiting")).withdrawn


@pytest.mark.parametrize("version", [each for each in EARLIER if 2 <= each < 9])
async def test_the_choice_loop_of_earlier_schemas_is_pingpong(tmp_path: Path, version: int) -> None:
    with old_database(tmp_path, version) as old:
        old.admit("built-in", ADA)
        old.admit("own", ADA, workflow="my_own")
        old.admit("without", ADA, choices={"preview": "off"})
    async with open_store(tmp_path) as store:
        built_in, own, without = [await store.job(each) for each in ("built-in", "own", "without")]
        assert built_in.params.choices == {"pingpong": "on", "preview": "off"}
        assert own.params.choices == {"loop": "on", "preview": "off"}
        assert without.params.choices == {"preview": "off"}
        assert built_in.params.seed == LARGEST_SEED


@pytest.mark.parametrize("version", [each for each in EARLIER if 5 <= each < 9])
async def test_the_choices_that_a_server_had_are_renamed_too(tmp_path: Path, version: int) -> None:
    choices: dict[str, dict[str, list[str]]] = {
        WORKFLOW: {"loop": ["off", "on"], "format": ["h264", "h265"]},
        "wan21_i2v": {"loop": []},
        "wan21_i2v_seed": {"preview": ["off"]},
        "my_own": {"loop": ["on"]},
    }
    with old_database(tmp_path, version) as old:
        old.execute("INSERT INTO server VALUES ('gpu', 1.5, '[]', ?, '{}')", json.dumps(choices))
        old.execute("INSERT INTO server VALUES ('new', 2.5, '[]', '{}', '{}')")
    async with open_store(tmp_path) as store:
        records = await store.server_records(["gpu", "new"])
    assert records["new"].choices == {}
    assert records["gpu"].choices == {
        WORKFLOW: {"pingpong": ["off", "on"], "format": ["h264", "h265"]},
        "wan21_i2v": {"pingpong": []},
        "wan21_i2v_seed": {"preview": ["off"]},
        "my_own": {"loop": ["on"]},
    }


@pytest.mark.parametrize("version", [5, 6, 7, 8])
async def test_what_an_earlier_schema_left_open_is_settled(tmp_path: Path, version: int) -> None:
    with old_database(tmp_path, version) as old:
        old.admit("waiting", ADA, left_open=["steps"])
    async with open_store(tmp_path) as store:
        (waiting,) = await store.left_open()
        settled = await store.settle(waiting.id, replace(waiting.params, steps=4, left_open=()))
        assert settled
        assert settled.params.steps == 4
        assert settled.params.choices == {"pingpong": "on", "preview": "off"}
        assert await store.left_open() == []


@pytest.mark.parametrize("version", [7, 8])
async def test_whose_a_picture_is_stays_known(tmp_path: Path, version: int) -> None:
    with old_database(tmp_path, version) as old:
        old.execute("INSERT INTO draft VALUES (3, ?, 'https://cdn/3', 1e12, ?, 'gone')", BOB, ADA)
        old.admit("bob", BOB)
        old.execute("INSERT INTO source SELECT seq, 'picture', ?, 'gone' FROM job", ADA)
    async with open_store(tmp_path) as store:
        draft = await store.draft(3)
        assert draft
        assert (draft.url, draft.last_url, draft.picture_of, draft.source) == (
            "https://cdn/3",
            None,
            ADA,
            "gone",
        )
        await store.mark_all_for_deletion(ADA)
        assert (await store.job("bob")).withdrawn
        assert await store.draft(3) is None


@pytest.mark.parametrize("version", one_in(3, [each for each in EARLIER if each < 16]))
async def test_what_jobs_name_of_pictures_and_clips_is_taken_over_with_its_times(
    tmp_path: Path, version: int
) -> None:
    with old_database(tmp_path, version) as old:
        old.admit("first", ADA)
        old.finish("first", 77)
        old.admit("waiting", BOB, parent="first")
    async with open_store(tmp_path) as store:
        rows = await store.database.fetch("SELECT kind, name, saved_at, removed_until FROM blob", {})
        clip, picture = sorted(map(tuple, rows))
        assert clip == ("clip", "first.mp4", 1030.0, None)
        assert picture == ("picture", "aa", 1000.0, None)
        files = local_blobs(tmp_path, store.database)
        assert await files.count_of(ADA) == (1, 1)
        for folder in ("pictures", "clips"):
            (tmp_path / folder / "unknown").write_bytes(b"of nobody")
        assert await files.pictures_before(2000.0) == {"aa"}
        assert await files.clips_before(9e9) == {"first.mp4", "unknown"}
