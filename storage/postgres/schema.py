"""The version of a database's schema, and the migrations that bring it to the newest one."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from storage.errors import SchemaTooNew, StoreError

log = logging.getLogger(__name__)

OLDEST_SERVER = 14  # of those that its makers still mend
MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 0x616E696D617465  # one process migrates at a time, whatever the database
IDLE_SECONDS = 60  # a transaction that does nothing for so long is ended: its snapshot slows every claim


def migrations() -> Mapping[int, Path]:
    """The files of all migrations by number; the highest is the version of the schema."""
    return {int(path.name[:4]): path for path in sorted(MIGRATIONS.glob("[0-9]*.sql"))}


async def check_server(connection: Any) -> None:
    """Raise StoreError where the server is too old."""
    version = connection.get_server_version()
    if version.major < OLDEST_SERVER:
        raise StoreError(
            f"PostgreSQL {version.major} is too old, the bot needs {OLDEST_SERVER} or newer: update it"
        )


async def version_of(connection: Any) -> int:
    """The version of the schema; 0 for an empty database."""
    if not await connection.fetchval("SELECT to_regclass('about') IS NOT NULL"):
        return 0
    return int(await connection.fetchval("SELECT value FROM about WHERE name = 'schema'") or 0)


async def migrate(connection: Any) -> None:
    """Apply the missing migrations in one transaction; of several processes one does. Raises StoreError.

    `connection`: to the server itself, as a lock of the session is held.
    """
    await check_server(connection)
    if await version_of(connection) == max(migrations()):
        return
    # Locked before the transaction begins: within one, a table that another process has made stays unknown.
    await connection.execute("SELECT pg_advisory_lock($1::bigint)", LOCK)
    try:
        async with connection.transaction():
            await _apply_missing(connection)
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1::bigint)", LOCK)


async def _apply_missing(connection: Any) -> None:
    version, newest = await version_of(connection), max(migrations())
    check_version(version)
    for number in sorted(migrations().keys() - range(version + 1)):
        await connection.execute(migrations()[number].read_text(encoding="utf-8"))
    await connection.execute(
        """INSERT INTO about VALUES ('schema', $1)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value""",
        str(newest),
    )
    if version:
        log.info("the database is changed from schema %d to %d", version, newest)


def check_version(version: int) -> None:
    """Raise SchemaTooNew where a later version of the bot made the schema."""
    newest = max(migrations())
    if version > newest:
        raise SchemaTooNew(
            "the database was written by a newer version of the bot "
            f"(schema {version}, this one knows {newest}): "
            'update the bot (README.md, "Update")'
        )


async def check_current(connection: Any) -> None:
    """Raise StoreError where the schema is not this version's, for a command that changes none."""
    await check_server(connection)
    version, newest = await version_of(connection), max(migrations())
    check_version(version)
    if version == 0:
        raise StoreError("there is nothing in the database yet: start the bot once")
    if version < newest:
        raise StoreError(
            f"the database is of an earlier version of the bot (schema {version}, this one needs {newest}): "
            "start the bot of this version once, which brings it up to date"
        )
