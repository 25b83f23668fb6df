"""What a process of each role does, and does not: the gateway, the worker, and what both say."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from pydantic import SecretStr

from cli.errors import CommandFailed
from cli.main import parse_arguments
from cli.run import run
from cogs.runtime.app import open_application
from cogs.runtime.settings import DemoSettings
from jobs.fleet.directory import OwnServers
from playground.playground import Playground
from storage import ProcessRole, ServerState, State, WorkerRecord
from tests.playground.small_bot import picture
from tests.postgres_server import installed
from tests.unit.cogs.bot_setup import BotSetup
from tests.unit.storage.engines import empty_postgres


@contextlib.asynccontextmanager
async def opened_role(folder: Path, role: ProcessRole, **settings: object) -> AsyncGenerator[BotSetup]:
    async with Playground(patience=4) as playground:
        environment = playground.environment()
        known = DemoSettings(
            discord_token=SecretStr(environment["DISCORD_TOKEN"]),
            discord_api_url=environment["DISCORD_API_URL"],
            comfyui_url=(environment["COMFYUI_URL"],),
            data_dir=folder,
            **settings,
        )
        async with open_application(known, role) as application:
            yield BotSetup(playground, application)


@pytest.mark.parametrize("role", ["gateway", "worker"])
async def test_a_role_without_a_shared_database_is_one_sentence(role: str) -> None:
    settings = DemoSettings(discord_token=SecretStr("x.y.z"))
    with pytest.raises(CommandFailed, match=f"--role {role} needs DATABASE_URL") as error:
        await run(settings, ProcessRole(role))
    assert error.value.code == 2


def test_the_role_of_the_command_line_is_all_unless_it_is_named() -> None:
    assert parse_arguments(["run"]).role == "all"
    assert parse_arguments(["run", "--role", "worker"]).role == "worker"


@pytest.mark.long
async def test_a_worker_makes_a_clip_without_a_gateway_connection(tmp_path: Path) -> None:
    async with opened_role(tmp_path, ProcessRole.WORKER) as bot:
        job = await bot.queued(bot.playground.member("ada"))
        sha256 = await bot.context.files.save_picture(picture())
        change = "UPDATE job SET picture = :picture WHERE id = :id"
        await bot.context.store.database.fetch(change, {"picture": sha256, "id": job.id})
        stop = asyncio.Event()
        async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
            tasks.create_task(bot.application.run(stop))
            while (await bot.context.store.job(job.id)).state is not State.DONE:  # noqa: ASYNC110 - a row
                await asyncio.sleep(0.05)
            assert bot.context.client.ws is None
            assert not bot.context.client.cogs
            stop.set()


@pytest.mark.skipif(not installed(), reason="there is no PostgreSQL")
async def test_a_gateway_has_no_servers_and_knows_those_of_workers(tmp_path: Path) -> None:
    url = await empty_postgres(f"postgres {next(iter(installed()))}")
    async with opened_role(tmp_path, ProcessRole.GATEWAY, database_url=SecretStr(url)) as bot:
        context, resources = bot.context, bot.application.resources
        assert (resources.worker, resources.power, list(context.servers)) == (None, None, [])
        assert context.client.cogs
        assert await context.directory.known() == []
        worker = WorkerRecord(
            id="w", name="attic", role=ProcessRole.WORKER, version="1", host="attic", servers=("attic:8188",)
        )
        await context.store.join_fleet(worker)
        await context.store.record_server_state(
            ServerState(name="attic:8188", reachable=True, live=True, unavailable="", others=0)
        )
        assert [each.live for each in await context.directory.known()] == [True]
        assert not isinstance(context.directory, OwnServers)
