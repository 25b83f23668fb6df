"""Turns errors of sqlite3 into those of the store, with what to do about each."""

import contextlib
import sqlite3
from collections.abc import Generator
from pathlib import Path

from storage.errors import StoreDamaged, StoreFull, StoreLocked, StoreUnavailable

DAMAGED = (
    "{name} is damaged ({detail}). End the bot, then put a copy from the folder backups in its place: "
    "python bot.py restore FILE. It replaces animate.db, animate.db-wal and animate.db-shm together and "
    "keeps what was there; a copy that is laid over animate.db alone is damaged by the old log beside it"
)


@contextlib.contextmanager
def translated_errors(path: Path | None = None) -> Generator[None]:
    """Raise a subclass of StoreUnavailable for each sqlite3.Error in the block; `path`: the database."""
    try:
        yield
    except sqlite3.Error as err:
        raise _translate(err, path) from err


def damaged(detail: object, path: Path | None = None) -> StoreDamaged:
    """The error for a database with broken pages."""
    return StoreDamaged(
        DAMAGED.format(name=f"the database {path}" if path else "the database", detail=detail)
    )


def _translate(err: sqlite3.Error, path: Path | None) -> StoreUnavailable:
    """Classify by the primary result code: the low byte of the extended one (sqlite.org/rescode.html)."""
    match getattr(err, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_FULL:
            return StoreFull("there is no room left for the database: free some space on its disk")
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreLocked("another program holds the database's file: close it, or wait for its end")
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return damaged(err, path)
        case _:
            return StoreUnavailable(f"the database did not answer: {err}")
