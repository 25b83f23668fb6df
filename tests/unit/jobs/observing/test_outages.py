"""A server that is away long is one warning, its return one line; since when is known meanwhile."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator

import pytest

from jobs.observing.outages import Outages
from tests.unit.jobs.job_setup import MovableClock
from tests.unit.jobs.observable import TEST_TIMEOUT
from tests.unit.jobs.scripted_server import WORKFLOWS, ScriptedServer

LONG = 600.0  # seconds: no warning in these tests
SHORT = 0.01


@contextlib.asynccontextmanager
async def watching(
    *servers: ScriptedServer, warn_seconds: float, clock: MovableClock | None = None
) -> AsyncGenerator[Outages]:
    outages = Outages(servers, warn_seconds=warn_seconds, now=clock or MovableClock())
    task = asyncio.create_task(outages.run())
    try:
        await asyncio.sleep(0)
        yield outages
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(condition: object) -> None:
    async with asyncio.timeout(TEST_TIMEOUT):
        while not condition():  # type: ignore[operator]  # noqa: ASYNC110 - each turn of the loop is looked at
            await asyncio.sleep(0)


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[int, str]]:
    return [(each.levelno, each.getMessage()) for each in caplog.records if "outages" in each.name]


async def test_it_is_known_since_when_a_server_is_away() -> None:
    server, clock = ScriptedServer(), MovableClock()
    async with watching(server, warn_seconds=LONG, clock=clock) as outages:
        assert outages.since(server.name) is None
        left = clock()
        server.disconnect()
        await until(lambda: outages.since(server.name))
        clock.pass_seconds(1000)
        since = outages.since(server.name)
        assert since is not None
        assert left <= since < left + TEST_TIMEOUT
        server.reconnect()
        await until(lambda: outages.since(server.name) is None)


async def test_a_server_that_was_never_there_is_away_since_the_start() -> None:
    outages = Outages([ScriptedServer.never_reached("a:1")], warn_seconds=LONG, now=lambda: 5.0)
    assert outages.since("a:1") == 5.0


async def test_a_long_absence_is_one_warning_and_the_return_one_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    server = ScriptedServer()
    async with watching(server, warn_seconds=SHORT) as outages:
        server.disconnect()
        await until(lambda: lines(caplog))
        for _ in range(5):
            server.disconnect()  # it says so again: another error, another try
            await asyncio.sleep(0)
        server.answer(*WORKFLOWS)
        await until(lambda: outages.since(server.name) is None)
    [(level, warning), (returned, back)] = lines(caplog)
    assert (level, returned) == (logging.WARNING, logging.INFO)
    assert warning.startswith(f"{server.name}: away for ")
    assert "doctor" in warning
    assert back.startswith(f"{server.name}: back after ")


async def test_a_short_absence_is_no_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    server = ScriptedServer()
    async with watching(server, warn_seconds=LONG) as outages:
        server.disconnect()
        await until(lambda: outages.since(server.name))
        server.reconnect()
        await until(lambda: outages.since(server.name) is None)
    assert lines(caplog) == []


async def test_each_long_absence_is_a_warning_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    server = ScriptedServer()
    async with watching(server, warn_seconds=SHORT):
        for number in (1, 2):
            server.disconnect()
            await until(lambda number=number: len(caplog.records) == number)
            server.reconnect()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
    assert [each.levelno for each in caplog.records] == [logging.WARNING] * 2
