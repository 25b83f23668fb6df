"""Periodic chores: each on its own, a failure told once."""

import logging

import pytest

from storage import StoreLocked
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
