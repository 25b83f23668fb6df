"""The record of what people had deleted: numbered lines that survive a cut and name nobody."""

import os
from pathlib import Path

import pytest

from storage import Store, StoreUnavailable, open_store
from storage.erasures import DAY, Erasure, ErasureRecord
from tests.unit.storage.requests import admit, make_request


async def add(record: ErasureRecord, id_: str, known: int = 0) -> int:
    async with record.adding("job", id_, known=known) as number:
        return number


async def test_numbers_grow_beyond_what_the_database_and_the_file_know(tmp_path: Path) -> None:
    record = ErasureRecord(tmp_path / "erasures.txt")
    assert [await add(record, "a"), await add(record, "b", known=7), await add(record, "c")] == [1, 8, 9]
    assert [(each.number, each.id) for each in await record.after(1)] == [(8, "b"), (9, "c")]
    assert await record.after(9) == []


async def test_a_line_that_a_power_cut_left_half_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "erasures.txt"
    path.write_text("1 20000 job a\n2 2000")
    record = ErasureRecord(path)
    assert await add(record, "b") == 2
    assert [each.id for each in await record.after(0)] == ["a", "b"]


async def test_old_lines_go_and_the_number_stays(tmp_path: Path) -> None:
    path = tmp_path / "erasures.txt"
    lines = [Erasure(number=number, day=number, kind="job", id="x") for number in (1, 2, 3)]
    path.write_text("".join(each.to_line() for each in lines))
    record = ErasureRecord(path)
    await record.remove_before(2 * DAY)
    assert [each.number for each in await record.after(0)] == [2, 3]
    await record.remove_before(9 * DAY)
    assert [each.number for each in await record.after(0)] == [3]


async def test_the_record_is_private_and_holds_no_persons_id(store: Store) -> None:
    await admit(store, make_request("a", user=123456789))
    await store.mark_all_for_deletion(123456789)
    path = store.database.folder / "erasures.txt"
    assert "123456789" not in path.read_text()
    if os.name == "posix":
        assert path.stat().st_mode & 0o077 == 0


async def test_what_cannot_be_recorded_is_not_carried_out(store: Store) -> None:
    job = (await admit(store, make_request("a"))).job
    (store.database.folder / "erasures.txt").mkdir()
    with pytest.raises(StoreUnavailable, match=r"erasures\.txt"):
        await store.mark_for_deletion(job.id)
    assert await store.marked_for_deletion() == []


async def test_a_deletion_that_a_kill_cut_off_is_carried_out_at_the_next_start(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        job = (await admit(store, make_request("a"))).job
    await add(ErasureRecord(tmp_path / "erasures.txt"), job.id)
    async with open_store(tmp_path) as store:
        assert [each.id for each in await store.marked_for_deletion()] == [job.id]
        assert store.repeated_erasures == 1
    async with open_store(tmp_path) as store:
        assert store.repeated_erasures == 0
