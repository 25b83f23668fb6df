"""What an operator sees of the real process while it makes a clip: log lines as JSON, metrics, health."""

import json
import socket
from pathlib import Path

import aiohttp
import pytest

from playground.playground import Playground
from tests.e2e.process import logged, running_bot
from tests.unit.cogs.runtime.observing.observing_setup import read_scrape

FIELDS = {"time", "level", "logger", "message"}


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.mark.long
async def test_log_metrics_and_health_tell_of_a_job(tmp_path: Path, picture: bytes) -> None:
    port = free_port()
    async with (
        Playground(comfyui={"speed": 50}) as playground,
        running_bot(playground, tmp_path, LOG_FORMAT="json", METRICS_PORT=str(port)) as bot,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
    ):
        await logged(bot, "Found: 1 of 1 ComfyUI")
        await (await playground.member().animate(picture, "it moves", seconds=1)).video()
        await logged(bot, "delivered")
        async with session.get("/readyz") as ready, session.get("/metrics") as scraped:
            assert (ready.status, scraped.status) == (200, 200)
            found = read_scrape(await scraped.text())
    server = playground.comfyui.url.removeprefix("http://")
    assert found["animate_comfyui_up"] == {(server,): 1}
    assert found["animate_jobs_ended_total"]["done", "none"] == 1
    assert found["animate_deliveries_total"]["sent",] == 1
    assert found["animate_gpu_seconds_total"][server, "sampling"] > 0
    assert found["animate_gpu_busy"] == {(server,): 0}
    assert found["animate_discord_requests_total"]["result",] >= 1
    lines = [json.loads(line) for line in bot.log.splitlines() if not line.startswith("Logged in as ")]
    assert all(each.keys() >= FIELDS for each in lines)
    states = [each["message"] for each in lines if each.get("job")]
    [job] = {each["job"] for each in lines if each.get("job")}
    assert len(states) >= 6
    assert all(each["job"] == job for each in lines if "job " in each["message"])
