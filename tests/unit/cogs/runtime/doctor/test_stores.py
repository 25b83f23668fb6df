"""The doctor's look at DATABASE_URL: what keeps the bot from its database, and what only slows it down."""

import os
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest
from yarl import URL

from cogs.runtime.doctor import stores
from cogs.runtime.doctor.report import Line, Report, Section
from cogs.runtime.doctor.stores import check_postgres
from storage import DatabaseLocation
from storage.postgres import inspection
from tests.postgres_server import GUARDED, create_database, drop_database, installed, shared_server

pytestmark = pytest.mark.skipif(not installed(), reason="there is no PostgreSQL")
NAME = f"doctor_{os.getpid()}"  # one for each worker of xdist


@pytest.fixture
async def location(tmp_path: Path) -> AsyncGenerator[DatabaseLocation]:
    """An empty database."""
    server = shared_server()
    await drop_database(server, NAME)
    yield DatabaseLocation(folder=tmp_path, url=await create_database(server, NAME))
    await drop_database(server, NAME)


async def checked(location: DatabaseLocation) -> Mapping[str, Line]:
    """The lines, by what they check."""
    return {line.check: line for line in await check_postgres(location)}


def exit_code(lines: Mapping[str, Line]) -> int:
    return Report(sections=(Section(title="", lines=tuple(lines.values())),)).exit_code


async def test_without_an_address_nothing_is_looked_at(tmp_path: Path) -> None:
    assert await check_postgres(DatabaseLocation(folder=tmp_path)) == ()


async def test_an_empty_database_is_well_and_stays_empty(location: DatabaseLocation) -> None:
    lines = await checked(location)
    assert lines.keys() == {"database"}
    assert lines["database"].ok
    connection = await asyncpg.connect(location.url)
    assert await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
    await connection.close()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"user": GUARDED, "password": "wrong"}, "refuses the user or the password"),
        ({"path": "/no_such_database"}, "has no database"),
        ({"port": 1}, "cannot be reached"),
    ],
)
async def test_what_keeps_the_bot_from_starting_is_told_with_its_fix(
    location: DatabaseLocation, change: Mapping[str, str], said: str
) -> None:
    url = URL(location.url)
    for part, value in change.items():
        url = getattr(url, f"with_{part}")(value)
    lines = await checked(replace(location, url=str(url)))
    assert said in lines["database"].text
    assert lines["database"].fix
    assert "wrong" not in lines["database"].text
    assert exit_code(lines) == 1


async def test_a_newer_schema_is_told(location: DatabaseLocation) -> None:
    connection = await asyncpg.connect(location.url)
    await connection.execute("CREATE TABLE about (name text, value text)")
    await connection.execute("INSERT INTO about VALUES ('schema', '9999')")
    await connection.close()
    lines = await checked(location)
    assert "newer version" in lines["database"].text
    assert exit_code(lines) == 1


async def test_a_role_without_rights_cannot_make_the_tables(location: DatabaseLocation) -> None:
    connection = await asyncpg.connect(location.url)
    role = f"stranger_{os.getpid()}"
    await connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'stranger'")
    await connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    stranger = str(URL(location.url).with_user(role).with_password("stranger"))
    lines = await checked(replace(location, url=stranger))
    assert exit_code(lines) == 1
    assert "GRANT CREATE" in lines["database_rights"].fix
    await connection.execute(f"DROP ROLE {role}")
    await connection.close()


async def test_a_transaction_held_open_is_a_warning_that_names_the_connection(
    location: DatabaseLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspection, "MIN_HELD_SECONDS", 0.0)
    holder = await asyncpg.connect(location.url, server_settings={"application_name": "a forgotten shell"})
    async with holder.transaction(isolation="repeatable_read"):
        pid = await holder.fetchval("SELECT pg_backend_pid()")
        lines = await checked(location)
    await holder.close()
    line = lines["held_transaction"]
    assert not line.ok
    assert "a forgotten shell" in line.text
    assert f"pg_terminate_backend({pid})" in line.fix
    assert exit_code(lines) == 0


async def test_notifications_that_do_not_arrive_are_a_warning(
    location: DatabaseLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As behind a pooler: here the other end is another database, where none of this one arrives."""
    monkeypatch.setattr(inspection, "NOTIFY_SECONDS", 0.1)
    elsewhere = str(URL(location.url).with_path("/postgres"))
    lines = await checked(replace(location, listen_url=elsewhere))
    assert "DATABASE_LISTEN_URL" in lines["listen"].fix
    assert exit_code(lines) == 0


async def test_a_clock_that_is_wrong_is_a_warning(
    location: DatabaseLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "MAX_CLOCK_SKEW", -1.0)
    lines = await checked(location)
    assert "clock" in lines["database_clock"].text
    assert exit_code(lines) == 0
