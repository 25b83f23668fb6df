"""Databases of each earlier schema, as its version of the bot wrote them: read, rerolled, taken back."""

import contextlib
import json
import sqlite3
from collections.abc import Generator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from storage import Job, Request, State, Store, open_store
from storage.sqlite.database import migrations
from tests.unit.storage.temporary_store import QUEUE_VIOLATIONS

EARLIER = range(1, max(migrations()))
ADA, BOB = 1, 2
WORKFLOW = "wan21_i2v_native"
LARGEST_SEED = 2**64 - 1
PARAMS_OF_1: Mapping[str, object] = {
    "workflow": WORKFLOW,
    "preset": "fast",
    "prompt": "她笑了",
    "negative_prompt": "blurry",
    "seed": LARGEST_SEED,
    "steps": 20,
    "cfg": 6.0,
    "shift": 5.0,
    "denoise": 1.0,
    "width": 832,
    "height": 480,
    "frames": 81,
    "fps": 16,
}
ADDED_TO_PARAMS: Mapping[int, Mapping[str, object]] = {
    2: {"choices": {"loop": "on", "preview": "off"}},
    3: {"after": None},
    5: {"left_open": []},
    7: {"spoiler": True},
}
ADMIT_OF_1 = """
INSERT INTO job (
    id, key, user_id, guild_id, channel_id, locale, workflow, volume, steps, params, picture, parent, root,
    weight, floor, tag, cost, spread, created_at, moved_at, mover
)
VALUES (
    :id, :id, :user, 7, 8, 'zh-TW', :workflow, 832 * 480 * 81, 20, :params, :picture, :parent, :root,
    1, 0, 0, 30, 15, 1000, 1000, 'person ' || :user
)
"""
FINISH_OF_1 = (
    """UPDATE job SET state = 'claimed', epoch = 1, server = 'gpu', lease_until = 9, started_at = 1001
    WHERE id = :id""",
    "UPDATE job SET state = 'downloading', clip = :id || '.mp4', seconds = 20 WHERE id = :id",
    """UPDATE job SET state = 'done', lease_until = NULL, result_message = :message, finished_at = 1030
    WHERE id = :id""",
)


def params_of(version: int, **changes: object) -> str:
    """The parameters as the bot with that schema wrote them."""
    added = {
        name: value
        for since, each in ADDED_TO_PARAMS.items()
        if since <= version
        for name, value in each.items()
    }
    return json.dumps({**PARAMS_OF_1, **added, **changes}, ensure_ascii=False)


class OldDatabase:
    """A database of an earlier schema, written without the bot of today."""

    def __init__(self, connection: sqlite3.Connection, version: int) -> None:
        self._connection = connection
        self._version = version
        connection.execute("PRAGMA foreign_keys = ON")
        for number, path in migrations().items():
            if number <= version:
                connection.executescript(path.read_text(encoding="utf-8"))
        connection.execute(f"PRAGMA user_version = {version}")

    def admit(self, id_: str, user: int, parent: str | None = None, **changes: object) -> None:
        """A queued job."""
        workflow = changes.get("workflow", WORKFLOW)
        row = {"id": id_, "user": user, "parent": parent, "root": parent or id_, "picture": "aa"}
        params = params_of(self._version, **changes)
        self._connection.execute(ADMIT_OF_1, row | {"params": params, "workflow": workflow})

    def finish(self, id_: str, message: int) -> None:
        """Bring a queued job to its end."""
        for statement in FINISH_OF_1:
            self._connection.execute(statement, {"id": id_, "message": message})

    def execute(self, sql: str, *values: object) -> None:
        """Run a statement."""
        self._connection.execute(sql, values)


@contextlib.contextmanager
def old_database(folder: Path, version: int) -> Generator[OldDatabase]:
    """An empty database of this schema in the folder."""
    with contextlib.closing(sqlite3.connect(folder / "animate.db", isolation_level=None)) as connection:
        yield OldDatabase(connection, version)


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


@pytest.mark.parametrize("version", EARLIER)
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


@pytest.mark.parametrize("version", [each for each in EARLIER if each >= 2])
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


@pytest.mark.parametrize("version", [each for each in EARLIER if each >= 5])
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
