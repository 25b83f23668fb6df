"""kill −9 inside every operation: the next start finds a whole database, and can do what was to be done."""

import asyncio
import itertools
from pathlib import Path

import pytest

from storage import open_store
from tests.forking.python import run_python
from tests.sampling import one_in
from tests.unit.storage.crash import OPERATIONS
from tests.unit.storage.requests import make_request
from tests.unit.storage.temporary_store import ALL_VIOLATIONS, QUEUE_VIOLATIONS

ROOT = Path(__file__).parents[3]


def dies(folder: Path, operation: str, point: int) -> bool:
    """Run the operation in a process that dies at that boundary; False if there is none such."""
    child = run_python("-m", "tests.unit.storage.crash", str(folder), operation, str(point), check=False)
    assert not child.stderr, child.stderr
    return child.returncode != 0


async def check(folder: Path, violations: str) -> None:
    """Assert that the file is intact, nothing violates the invariants, and the queue goes on."""
    async with open_store(folder) as store:
        integrity = await store.database.fetch_one("PRAGMA integrity_check", {})
        assert integrity is not None
        assert integrity[0] == "ok"
        assert await store.database.fetch("PRAGMA foreign_key_check", {}) == []
        assert await store.database.fetch(violations, {}) == []
        again = await store.admit(make_request("new"))
        assert (await store.admit(make_request("new"))).job.id == again.job.id
        await store.set_status_message(again.job.id, 10**9)
        assert await store.adopt("another", ["another"]) or await store.claim("another", {"wan"})
        assert await store.database.fetch(violations, {}) == []


@pytest.mark.parametrize(
    ("operation", "point"), one_in(2, [("open", 9), ("admit", 2), ("claim", 2), ("finish", 3), ("cancel", 3)])
)
def test_a_process_that_dies_in_an_operation_leaves_a_whole_queue(
    tmp_path: Path, operation: str, point: int
) -> None:
    assert dies(tmp_path, operation, point)
    asyncio.run(check(tmp_path, ALL_VIOLATIONS))


@pytest.mark.long
@pytest.mark.parametrize("operation", ["open", *OPERATIONS])
def test_a_process_may_die_at_any_boundary_of_any_operation(tmp_path: Path, operation: str) -> None:
    for point in itertools.count(1):
        folder = tmp_path / str(point)
        died = dies(folder, operation, point)
        asyncio.run(check(folder, ALL_VIOLATIONS if operation != "remove_rows" else QUEUE_VIOLATIONS))
        if not died:
            break
    assert point > 1
