"""Every statement is accepted by SQLite on the newest schema, and the frequent ones use an index."""

import re

import pytest

from storage import Store
from storage.sql import statements
from storage.sqlite.database import compile_lists
from storage.sqlite.operations import OPERATIONS

STATEMENTS = {
    name: text for name, text in vars(statements).items() if isinstance(text, str) and "job" in text
} | {"FIND_BROKEN_RULE": statements.FIND_BROKEN_RULE}
FRAGMENTS = {"__doc__", "__file__", "BROKEN_RULES", "IN_LEFT_GUILD", "_WITHOUT_JOBS"}
WHOLE = {name: text for name, text in STATEMENTS.items() if name not in FRAGMENTS} | OPERATIONS
PARAMETER = re.compile(r":([a-z_]+)")


async def plan(store: Store, sql: str) -> list[str]:
    """How SQLite would run the statement."""
    values = dict.fromkeys(PARAMETER.findall(sql), "[]")
    rows = await store.database.fetch(f"EXPLAIN QUERY PLAN {sql}", values)
    return [row["detail"] for row in rows]


@pytest.mark.parametrize("name", sorted(WHOLE))
async def test_a_statement_is_accepted(sqlite_store: Store, name: str) -> None:
    await plan(sqlite_store, WHOLE[name])


@pytest.mark.parametrize(
    "name",
    ["claim_next", "claim_candidates", "adopt", "adopt_delivery", "move", "AHEAD", "ahead_in_seconds"],
)
async def test_a_frequent_statement_reads_jobs_by_an_index(sqlite_store: Store, name: str) -> None:
    steps = await plan(sqlite_store, WHOLE[name])
    scans = [step for step in steps if step.startswith("SCAN job")]
    assert all("USING" in step for step in scans), steps


def test_a_list_is_read_from_its_json() -> None:
    assert compile_lists("x IN LIST(:some)") == "x IN (SELECT value FROM json_each(:some))"
