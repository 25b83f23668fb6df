"""What is served for Prometheus and health checks, and what happens where the port is taken."""

import logging
import socket
from collections.abc import AsyncGenerator
from pathlib import Path

import aiohttp
import pytest

from cogs.runtime.observing.http_server import serve_observing
from tests.unit.cogs.runtime.observing.observing_setup import ObservedBot, observed_bot, read_scrape
from tests.unit.jobs.scripted_server import ScriptedServer


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncGenerator[ObservedBot]:
    async with observed_bot(tmp_path, ScriptedServer("gpu:8188"), ScriptedServer("attic:8188")) as bot:
        yield bot


@pytest.fixture
async def served(bot: ObservedBot) -> AsyncGenerator[aiohttp.ClientSession]:
    async with (
        serve_observing(bot.metrics, "127.0.0.1", 0) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
    ):
        yield session


async def test_prometheus_gets_every_metric_as_text(served: aiohttp.ClientSession) -> None:
    async with served.get("/metrics") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        assert "animate_queue_jobs" in read_scrape(await answer.text())


async def test_the_process_is_alive_whatever_else_is_missing(
    bot: ObservedBot, served: aiohttp.ClientSession
) -> None:
    bot.online = False
    async with served.get("/healthz") as answer:
        assert (answer.status, await answer.json()) == (200, {"alive": True})


async def test_it_is_ready_with_discord_the_database_and_one_comfyui(
    bot: ObservedBot, served: aiohttp.ClientSession
) -> None:
    async def ready() -> tuple[int, object]:
        async with served.get("/readyz") as answer:
            return answer.status, await answer.json()

    assert await ready() == (200, {"gateway": True, "database": True, "comfyui": True})
    bot.servers[0].disconnect()
    assert (await ready())[0] == 200
    bot.servers[1].disconnect()
    assert await ready() == (503, {"gateway": True, "database": True, "comfyui": False})
    bot.servers[0].reconnect()
    bot.online = False
    assert await ready() == (503, {"gateway": False, "database": True, "comfyui": True})


async def test_nothing_can_be_changed_there(served: aiohttp.ClientSession) -> None:
    for path in ("/metrics", "/healthz", "/readyz"):
        async with served.post(path) as answer:
            assert answer.status == 405


async def test_a_port_that_is_taken_is_one_sentence(
    bot: ObservedBot, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        async with serve_observing(bot.metrics, "127.0.0.1", port) as bound:
            assert bound is None
    [line] = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert f"port {port} of 127.0.0.1 is taken" in line.getMessage()
    assert "METRICS_PORT" in line.getMessage()
    assert line.exc_info is None


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1", f"{'a' * 70}.example"])
async def test_a_host_that_is_not_this_machine_is_one_sentence(
    bot: ObservedBot, host: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with serve_observing(bot.metrics, host, 0) as bound:
        assert bound is None
    assert "no metrics" in caplog.text
