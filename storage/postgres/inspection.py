"""What an operator has to know of a PostgreSQL server: version, clock, notifications, held transactions."""

import asyncio
import time
import uuid
from dataclasses import dataclass
from typing import Any

from storage.database import DatabaseLocation
from storage.postgres.driver import load_asyncpg
from storage.postgres.schema import check_server, check_version, version_of
from storage.postgres.translation import translated_opening

CONNECT_SECONDS = 10.0
CHANNEL = "animate_doctor"
NOTIFY_SECONDS = 5.0
MIN_HELD_SECONDS = 600.0
MAY_CREATE = "SELECT has_schema_privilege(current_schema(), 'CREATE')"
# Transactions of this database behind which PostgreSQL cannot remove rows that were replaced. Those of other
# roles are seen only by members of pg_read_all_stats.
HELD = """
SELECT pid, usename, application_name, extract(epoch FROM now() - xact_start)::float8 AS seconds
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)
    AND xact_start < now() - make_interval(secs => $1)
ORDER BY xact_start LIMIT 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldTransaction:
    """A transaction that has been open for long: its connection's process id, whose it is, since when."""

    pid: int
    role: str
    application: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerReport:
    """What was found. `version`: such as 18.1. `schema`: of the bot's tables, 0 where there are none yet.

    `may_create`: tables can be made where there are none. `notifies`: a NOTIFY came back by LISTEN. `ahead`:
    by how many seconds this machine's clock is ahead of the server's.
    """

    version: str
    schema: int
    may_create: bool
    notifies: bool
    ahead: float
    held: HeldTransaction | None


async def inspect_server(location: DatabaseLocation) -> ServerReport:
    """Look at the server of `location.url` by connections of the bot's kind; nothing is changed there.

    Raises StoreError where the bot could not start, StoreUnavailable where the server does not answer.
    """
    asyncpg = load_asyncpg()
    with translated_opening(location.url):
        connection = await asyncpg.connect(location.url, timeout=CONNECT_SECONDS, statement_cache_size=0)
    try:
        with translated_opening(location.url):
            await check_server(connection)
            schema = await version_of(connection)
            check_version(schema)
            return ServerReport(
                version=str(await connection.fetchval("SHOW server_version")).partition(" ")[0],
                schema=schema,
                may_create=await connection.fetchval(MAY_CREATE),
                notifies=await _notifies(connection, location.listen_url or location.url),
                ahead=await _clock_difference(connection),
                held=await _held(connection),
            )
    finally:
        connection.terminate()


async def _notifies(connection: Any, direct_url: str) -> bool:
    """Whether what is sent on this connection is heard on a direct one. Raises StoreError for its address."""
    arrived, word = asyncio.Event(), str(uuid.uuid4())

    def hear(_connection: object, _pid: int, _channel: str, payload: str) -> None:
        if payload == word:
            arrived.set()

    with translated_opening(direct_url, "DATABASE_LISTEN_URL"):
        direct = await load_asyncpg().connect(direct_url, timeout=CONNECT_SECONDS, statement_cache_size=0)
    try:
        await direct.add_listener(CHANNEL, hear)
        await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, word)
        async with asyncio.timeout(NOTIFY_SECONDS):
            await arrived.wait()
    except TimeoutError:
        return False
    finally:
        direct.terminate()
    return True


async def _clock_difference(connection: Any) -> float:
    before = time.time()
    theirs = await connection.fetchval("SELECT extract(epoch FROM clock_timestamp())::float8")
    return (before + time.time()) / 2 - theirs


async def _held(connection: Any) -> HeldTransaction | None:
    row = await connection.fetchrow(HELD, MIN_HELD_SECONDS)
    if row is None:
        return None
    return HeldTransaction(
        pid=row["pid"],
        role=row["usename"] or "",
        application=row["application_name"] or "",
        seconds=row["seconds"],
    )
