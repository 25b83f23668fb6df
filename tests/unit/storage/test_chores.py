"""Periodic chores: each on its own, a failure told once."""

import logging
from pathlib import Path

import pytest

from storage import StoreLocked, read_failures
from storage.chores import ChoreFailure, Chores


class Chore:
    """A chore that raises what it is told to."""

    def __init__(self) -> None:
        self.error: Exception | None = None

    async def __call__(self) -> None:
        if self.error:
            raise self.error


async def test_a_failure_is_told_when_it_begins_changes_and_ends_and_counted_meanwhile(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    chores, chore = Chores(), Chore()
    for error in (OSError("full"), OSError("full"), StoreLocked("held"), None, None, OSError("full")):
        chore.error = error
        await chores.run("sweeping", chore)
    assert [record.message for record in caplog.records] == [
        "sweeping is left for later: full",
        "sweeping is left for later: held",
        "sweeping works again, after 3 failures",
        "sweeping is left for later: full",
    ]
    assert chores.failures == {"sweeping": ChoreFailure(error="full", times=1)}


async def test_a_fault_of_the_program_is_none_of_a_chore() -> None:
    chore = Chore()
    chore.error = ValueError("a bug")
    with pytest.raises(ValueError, match="a bug"):
        await Chores().run("sweeping", chore)


async def test_failures_are_recorded_for_other_processes_and_the_record_goes_with_the_last(
    tmp_path: Path,
) -> None:
    record, chore = tmp_path / "failures.json", Chore()
    chores, chore.error = Chores(record), OSError("full")
    for _ in range(2):
        await chores.run("sweeping", chore)
    assert read_failures(record) == {"sweeping": ChoreFailure(error="full", times=2)}
    chore.error = None
    await chores.run("sweeping", chore)
    assert not record.exists()


@pytest.mark.parametrize("text", ["", "[]", '{"a": 1}', '{"a": {}}'])
def test_a_record_that_makes_no_sense_names_no_failure(tmp_path: Path, text: str) -> None:
    (tmp_path / "failures.json").write_text(text)
    assert read_failures(tmp_path / "failures.json") == {}


async def test_a_record_of_before_goes_with_the_first_chore_that_works(tmp_path: Path) -> None:
    record = tmp_path / "failures.json"
    record.write_text('{"sweeping": {"error": "full", "times": 2}}')
    await Chores(record).run("sweeping", Chore())
    assert not record.exists()
