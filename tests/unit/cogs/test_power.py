"""The whole bot with a ComfyUI that is away: its hook starts it, people read so, and the clip comes."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from aiohttp import web
from pydantic import SecretStr

from jobs.power import decision, hooks, manager
from playground.comfyui import ComfyUI
from storage import State
from tests.sampling import one_in
from tests.unit.cogs.bot_setup import BotSetup, running_application


@contextlib.asynccontextmanager
async def hook_server(comfyui: ComfyUI, asked: list[int], *, hangs: bool) -> AsyncGenerator[str]:
    """The address that starts a ComfyUI: the first time it fails, or never answers."""
    ended = asyncio.Event()

    async def start(_: web.Request) -> web.Response:
        asked.append(1)
        if len(asked) == 1:
            if hangs:
                await ended.wait()
            return web.Response(status=503)
        await comfyui.start()
        return web.Response()

    application = web.Application()
    application.router.add_post("/start", start)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}/start?key=secret"
    finally:
        ended.set()
        await runner.cleanup()


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decision, "AWAY_SECONDS", 0.0)
    monkeypatch.setattr(decision, "FIRST_BACKOFF", 0.05)
    monkeypatch.setattr(manager, "POLL_SECONDS", 0.05)


async def reads(bot: BotSetup, job_id: str, words: str) -> None:
    job = await bot.context.store.job(job_id)
    await bot.reads(job.status_message, words)


@pytest.mark.parametrize(
    ("hangs", "told"),
    one_in(2, [(True, "no answer within"), (False, "status 503")], names=["hangs", "fails"]),
)
async def test_a_comfyui_that_is_away_is_woken_though_the_first_hook_fails_or_hangs(
    hangs: bool, told: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "REQUEST_TIMEOUT", 0.3)
    asked: list[int] = []
    async with ComfyUI(speed=50) as comfyui:
        url = comfyui.url
        await comfyui.stop()
        async with (
            hook_server(comfyui, asked, hangs=hangs) as address,
            running_application(tmp_path, comfyui_url=(url,), comfyui_wake=(SecretStr(address),)) as bot,
        ):
            job = await bot.queued(bot.playground.member("ada"))
            await reads(bot, job.id, "wakes up, which takes about 2 minutes")
            async with asyncio.timeout(30):
                while (await bot.context.store.job(job.id)).state is State.QUEUED:
                    await bot.context.notifier.wait(0.05)
            name = bot.context.servers[0].name
            while await bot.context.store.wake_seconds(name) is None:
                await bot.context.notifier.wait(0.05)
    assert len(asked) == 2
    assert any(told in each.getMessage() for each in caplog.records)
    assert not any("secret" in each.getMessage() for each in caplog.records)


async def test_in_quiet_hours_nothing_is_started(tmp_path: Path) -> None:
    async with (
        ComfyUI() as comfyui,
        running_application(
            tmp_path, comfyui_url=(comfyui.url,), quiet_hours=("00:00-12:00", "12:00-24:00"), timezone="UTC"
        ) as bot,
    ):
        await bot.until(lambda: bot.context.servers[0].unavailable_reason is None)
        job = await bot.queued(bot.playground.member("ada"))
        await reads(bot, job.id, "quiet hours until <t:")
        assert (await bot.context.store.job(job.id)).state is State.QUEUED
