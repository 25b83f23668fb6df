"""Databases of earlier schemas, written as their versions of the bot did, without the bot of today."""

import contextlib
import json
import sqlite3
from collections.abc import Generator, Mapping
from pathlib import Path

from storage.sqlite.database import migrations

EARLIER = sorted(migrations())[:-1]
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
