"""Turns errors of asyncpg and of the network into those of the store. No message names a password."""

import contextlib
from collections.abc import Generator
from typing import Any
from urllib.parse import urlsplit

from storage.errors import StoreError, StoreFull, StoreUnavailable
from storage.postgres.driver import load_asyncpg

DISK_FULL = "53100"
# SQLSTATE classes and codes of a server that goes, comes, is full, or does not take writes (a standby).
AWAY = ("08", "57P", "53", "25006", "25P03", "XX000")
# Serialization failure, deadlock, a lock that NOWAIT did not get: undone, to be tried again.
REPEATED = ("40001", "40P01", "55P03")


def place_of(url: str) -> str:
    """Which database a URL names, without user and password."""
    try:
        parts = urlsplit(url)
        return f"{parts.hostname or 'localhost'}:{parts.port or 5432}{parts.path}"
    except ValueError:
        return "the address in DATABASE_URL"


def is_connection_lost(err: BaseException) -> bool:
    """Whether it is not known what became of the statement: the connection, or its server, is gone."""
    asyncpg = load_asyncpg()
    if isinstance(err, asyncpg.PostgresError):
        return isinstance(err, asyncpg.PostgresConnectionError) or _state(err).startswith(("08", "57P"))
    return isinstance(err, OSError | TimeoutError | asyncpg.InterfaceError | asyncpg.InternalClientError)


def is_read_only(err: BaseException) -> bool:
    """Whether the server takes no writes: it is a standby, or was the primary before."""
    return _state(err) == "25006"


def is_repeated(err: BaseException) -> bool:
    """Whether the transaction was undone and succeeds when it is repeated."""
    asyncpg = load_asyncpg()
    if isinstance(err, asyncpg.InvalidCachedStatementError | asyncpg.OutdatedSchemaCacheError):
        return True  # another process has migrated the schema meanwhile
    return isinstance(err, asyncpg.PostgresError) and _state(err) in REPEATED


@contextlib.contextmanager
def translated_errors() -> Generator[None]:
    """Raise a StoreUnavailable for each error of asyncpg or the network in the block."""
    asyncpg = load_asyncpg()
    try:
        yield
    except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError) as err:
        raise translate(err) from err


def translate(err: BaseException) -> StoreUnavailable:
    """The error of the store for one of a statement; TimeoutError is an OSError."""
    if _state(err) == DISK_FULL:
        return StoreFull("there is no room left for the database: free some space on its server's disk")
    if is_connection_lost(err) or _state(err).startswith(AWAY):
        return StoreUnavailable(f"the database cannot be reached: {_words(err)}")
    return StoreUnavailable(f"the database did not answer: {_words(err)}")


@contextlib.contextmanager
def translated_opening(url: str, setting: str = "DATABASE_URL") -> Generator[None]:
    """Raise what to do about a URL, user, password or database that cannot be right, in one sentence."""
    asyncpg = load_asyncpg()
    try:
        yield
    except (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError) as err:
        raise StoreError(
            f"PostgreSQL at {place_of(url)} refuses the user or the password: correct {setting}"
        ) from err
    except asyncpg.InvalidCatalogNameError as err:
        raise StoreError(
            f"PostgreSQL has no database {place_of(url)}: create it (createdb), or correct {setting}"
        ) from err
    except (asyncpg.ClientConfigurationError, ValueError) as err:
        raise StoreError(
            f"{setting} is no address of a database: postgresql://USER:PASSWORD@HOST:5432/DATABASE"
        ) from err
    except asyncpg.InsufficientPrivilegeError as err:
        raise StoreError(
            f"the user of {setting} may not create tables in {place_of(url)}: "
            "let it own the database, or GRANT CREATE ON SCHEMA public"
        ) from err
    except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError) as err:
        raise StoreUnavailable(
            f"the database {place_of(url)} cannot be reached: {_words(err)}. "
            f"Start PostgreSQL, or correct {setting}"
        ) from err


def _state(err: Any) -> str:
    return str(getattr(err, "sqlstate", None) or "")


def _words(err: BaseException) -> str:
    """What the error says in one line; asyncio names every address that it tried."""
    said = str(err) or ("no answer in time" if isinstance(err, TimeoutError) else type(err).__name__)
    return said.splitlines()[0]
