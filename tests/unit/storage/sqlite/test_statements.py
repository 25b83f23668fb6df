"""Every statement is accepted by SQLite on the newest schema, and the frequent ones use an index."""

import re

import pytest

from storage import Store
from storage.sqlite import statements

STATEMENTS = {
    name: text for name, text in vars(statements).items() if isinstance(text, str) and "job" in text
} | {"FIND_BROKEN_RULE": statements.FIND_BROKEN_RULE}
FRAGMENTS = {"CLAIMABLE", "CLAIM", "__doc__", "__file__", "BROKEN_RULES", "_WITHOUT_JOBS"}
PARAMETER = re.compile(r":([a-z_]+)")


async def plan(store: Store, sql: str) -> list[str]:
    """How SQLite would run the statement."""
    values = dict.fromkeys(PARAMETER.findall(sql), "[]")
    rows = await store.database.fetch(f"EXPLAIN QUERY PLAN {sql}", values)
    return [row["detail"] for row in rows]


@pytest.mark.parametrize("name", sorted(STATEMENTS.keys() - FRAGMENTS))
async def test_a_statement_is_accepted(store: Store, name: str) -> None:
    await plan(store, STATEMENTS[name])


@pytest.mark.parametrize(
    "name", ["CLAIM_NEXT", "CLAIM_CANDIDATES", "ADOPT", "ADOPT_DELIVERY", "MOVE", "AHEAD", "AHEAD_IN_SECONDS"]
)
async def test_a_frequent_statement_reads_jobs_by_an_index(store: Store, name: str) -> None:
    steps = await plan(store, STATEMENTS[name])
    scans = [step for step in steps if step.startswith("SCAN job")]
    assert all("USING" in step for step in scans), steps
