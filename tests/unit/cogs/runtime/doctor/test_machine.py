"""The doctor's look at this machine: folder, disk, database, failed chores."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from cogs.runtime.doctor.machine import LOW_FREE, MIN_FREE, check_machine
from cogs.runtime.doctor.report import Line
from storage import DatabaseLocation, failure_record, open_store


async def checked(folder: Path) -> dict[str, Line]:
    """The lines, by what they check."""
    return {line.check: line for line in await check_machine(DatabaseLocation(folder=folder))}


async def test_a_folder_that_is_not_there_yet_is_not_made_and_is_well(tmp_path: Path) -> None:
    lines = await checked(tmp_path / "a" / "data")
    assert {"data_dir", "disk", "codecs"} <= lines.keys()
    assert lines["data_dir"].ok
    assert lines["codecs"].ok
    assert list(tmp_path.iterdir()) == []  # noqa: ASYNC240


async def test_a_folder_that_is_a_file_is_told_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("no folder")
    line = (await checked(tmp_path / "data"))["data_dir"]
    assert line.failed
    assert str(tmp_path / "data") in line.text
    assert "DATA_DIR" in line.fix


@pytest.mark.parametrize(
    ("free", "ok", "needed"), [(LOW_FREE, True, True), (LOW_FREE - 1, False, False), (1, False, True)]
)
async def test_a_full_disk_is_a_failure_and_a_fuller_one_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, ok: bool, needed: bool
) -> None:
    assert MIN_FREE > 1

    def disk_usage(_: Path) -> SimpleNamespace:
        return SimpleNamespace(free=free)

    monkeypatch.setattr(shutil, "disk_usage", disk_usage)
    line = (await checked(tmp_path))["disk"]
    assert (line.ok, line.needed) == (ok, needed)


async def test_a_database_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "animate.db").write_bytes(b"no database, but long enough to be read as one" * 100)
    assert (await checked(tmp_path))["database"].failed


async def test_a_database_at_work_is_well_and_stays_as_it_is(tmp_path: Path) -> None:
    async with open_store(tmp_path):
        assert "database" not in await checked(tmp_path)


async def test_chores_that_failed_are_told(tmp_path: Path) -> None:
    failures = {"back_up": {"error": "no room", "times": 3}}
    failure_record(tmp_path).write_text(json.dumps(failures))
    line = (await checked(tmp_path))["chores"]
    assert line.text == "back_up failed 3 times in a row: no room"
    assert not line.needed
