"""The running bot shows what docs/operating.md names, and nothing else."""

import json
import logging
import re
import socket
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import aiohttp
import pytest

from cogs.runtime.observer import is_online
from cogs.runtime.observing.log_format import FIELDS
from storage import State
from tests.architecture import ROOT
from tests.unit.cogs.bot_setup import BotSetup, running_application
from tests.unit.cogs.runtime.observing.observing_setup import read_scrape


def section(title: str) -> str:
    """The section of docs/operating.md with this title."""
    text = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
    return text.split(f"\n## {title}\n")[1].split("\n## ")[0]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
async def bot(tmp_path: Path, port: int) -> AsyncGenerator[BotSetup]:
    async with running_application(tmp_path, metrics_port=port) as bot:
        yield bot


async def get(port: int, path: str) -> tuple[int, str]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}{path}") as answer,
    ):
        return answer.status, await answer.text()


async def test_the_running_bot_has_each_metric_of_the_docs_and_each_label(bot: BotSetup, port: int) -> None:
    lease = await bot.delivering(bot.playground.member("ada"))
    await bot.context.store.move(lease, State.DONE, result_message=1)
    status, text = await get(port, "/metrics")
    assert status == 200
    rows = re.findall(r"^\| `(animate_\w+)` \| (.*?) \|", section("Metrics and alarms"), re.MULTILINE)
    documented = {name: tuple(re.findall(r"`(\w+)`", labels)) for name, labels in rows}
    if sys.platform == "win32":
        documented.pop("animate_memory_bytes")
    labels = dict(re.findall(r"^(animate_\w+)(?:\{(.*?)\})? ", text, re.MULTILINE))
    found = {name: tuple(re.findall(r'(\w+)="', each)) for name, each in labels.items()}
    assert documented == found


async def test_every_metric_that_an_alarm_or_a_dashboard_names_exists(bot: BotSetup, port: int) -> None:
    deployed = [*(ROOT / "deploy").rglob("*.yml"), *(ROOT / "deploy").rglob("*.json")]
    texts = [section("Metrics and alarms"), *(each.read_text(encoding="utf-8") for each in deployed)]
    named = set(re.findall(r"animate_\w+", "\n".join(texts)))
    _, text = await get(port, "/metrics")
    assert named - read_scrape(text).keys() == set()


async def test_health_follows_the_running_bot(bot: BotSetup, port: int) -> None:
    await bot.until(lambda: is_online(bot.context.client))
    assert (await get(port, "/healthz"))[0] == 200
    status, text = await get(port, "/readyz")
    assert (status, json.loads(text)) == (503, {"gateway": True, "database": True, "comfyui": False})
    bot.playground.discord.drop_gateway(1)
    await bot.until(lambda: not is_online(bot.context.client))
    assert json.loads((await get(port, "/readyz"))[1])["gateway"] is False


async def test_a_taken_port_leaves_the_bot_at_work(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        async with running_application(tmp_path, metrics_port=other.getsockname()[1]) as bot:
            await bot.until(lambda: is_online(bot.context.client))
    assert len([each for each in caplog.records if "no metrics" in each.getMessage()]) == 1


async def test_without_a_port_nothing_is_served(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with running_application(tmp_path):
        pass
    assert "metrics" not in caplog.text


def test_the_docs_name_the_fields_of_a_line_in_their_order() -> None:
    fields = re.findall(r"^\| `(\w+)` \|", section("What it says"), re.MULTILINE)
    assert tuple(fields) == FIELDS
