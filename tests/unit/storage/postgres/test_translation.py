"""Errors of asyncpg and the network become those of the store."""

import asyncpg
import pytest

from storage import StoreFull, StoreUnavailable
from storage.postgres.translation import (
    is_connection_lost,
    is_read_only,
    is_repeated,
    place_of,
    translate,
    translated_errors,
)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ConnectionRefusedError("Connection refused"), "cannot be reached: Connection refused"),
        (TimeoutError(), "cannot be reached: no answer in time"),
        (asyncpg.CannotConnectNowError("the database system is starting up"), "cannot be reached"),
        (asyncpg.TooManyConnectionsError("sorry, too many clients"), "cannot be reached"),
        (asyncpg.ReadOnlySQLTransactionError("in recovery"), "cannot be reached"),
        (asyncpg.UndefinedTableError("no table"), "did not answer: no table"),
    ],
)
def test_each_error_is_one_sentence(error: Exception, sentence: str) -> None:
    assert sentence in str(translate(error))
    with pytest.raises(StoreUnavailable, match=sentence.partition(":")[0]), translated_errors():
        raise error


def test_a_full_disk_is_its_own_error() -> None:
    assert isinstance(translate(asyncpg.DiskFullError("No space left")), StoreFull)


@pytest.mark.parametrize(
    ("error", "repeated", "lost"),
    [
        (asyncpg.DeadlockDetectedError(""), True, False),
        (asyncpg.SerializationError(""), True, False),
        (asyncpg.LockNotAvailableError(""), True, False),
        (asyncpg.InvalidCachedStatementError(""), True, False),
        (asyncpg.UniqueViolationError(""), False, False),
        (asyncpg.ConnectionDoesNotExistError(""), False, True),
        (asyncpg.AdminShutdownError(""), False, True),
        (OSError(), False, True),
    ],
)
def test_what_is_repeated_and_where_the_connection_is_gone(
    error: Exception, repeated: bool, lost: bool
) -> None:
    assert (is_repeated(error), is_connection_lost(error)) == (repeated, lost)


def test_a_standby_takes_no_writes() -> None:
    assert is_read_only(asyncpg.ReadOnlySQLTransactionError(""))
    assert not is_read_only(OSError())


def test_a_place_has_no_password() -> None:
    assert place_of("postgresql://user:hunter2@db.example:6432/bot?ssl=1") == "db.example:6432/bot"
    assert place_of("postgresql://a:hunter2@[broken/bot") == "the address in DATABASE_URL"
