"""One gateway and two workers as processes of their own, on one PostgreSQL and one shared folder."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from playground.playground import Playground
from tests.e2e.process import ROOT
from tests.postgres_server import create_database, drop_database, shared_server

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(sys.platform == "win32", reason="no PostgreSQL is started"),
]


class Fleet:
    """Processes by name, each with a folder of its own."""

    def __init__(self, playground: Playground, folder: Path, url: str) -> None:
        self._playground = playground
        self._folder = folder
        self._url = url
        self.processes: dict[str, asyncio.subprocess.Process] = {}

    async def start(self, name: str, role: str) -> None:
        """Start a process of this role."""
        self.processes[name] = await self._run(name, "run", "--role", role, output=None)

    async def ask(self, *arguments: str) -> str:
        """What a command prints."""
        process = await self._run("operator", *arguments, output=asyncio.subprocess.PIPE)
        said, _ = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode == 0, self.log("operator")
        return said.decode()

    async def alive(self, *names: str) -> None:
        """Wait until these and no others live."""
        async with asyncio.timeout(60):
            while True:
                told = json.loads(await self.ask("fleet", "--json"))["processes"]
                if sorted(each["name"] for each in told if each["alive"]) == sorted(names):
                    return
                await asyncio.sleep(0.5)

    async def stands_by(self, name: str) -> None:
        """Wait until a gateway has said that another one works."""
        async with asyncio.timeout(30):
            while "stands by" not in self.log(name):  # noqa: ASYNC110 - a file of another process
                await asyncio.sleep(0.1)

    def log(self, name: str) -> str:
        """What a process has logged."""
        return (self._folder / f"{name}.log").read_text(encoding="utf-8")

    async def _run(self, name: str, *arguments: str, output: int | None) -> asyncio.subprocess.Process:
        (self._folder / name).mkdir(exist_ok=True)
        environment = {
            **os.environ,
            **self._playground.environment(),
            "DATA_DIR": str(self._folder / name),
            "DATABASE_URL": self._url,
            "BLOB_URL": f"file://{self._folder / 'blobs'}",
            "WORKER_NAME": name,
            "LOG_FORMAT": "console",
        }
        with (self._folder / f"{name}.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                str(ROOT / "bot.py"),
                *arguments,
                cwd=self._folder,
                env=environment,
                stdout=output or log,
                stderr=log,
            )


@contextlib.asynccontextmanager
async def open_fleet(folder: Path) -> AsyncGenerator[tuple[Playground, Fleet]]:
    """A gateway and two workers of one ComfyUI, online."""
    server = await asyncio.to_thread(shared_server)
    url = await create_database(server, "fleet")
    (folder / "blobs").mkdir()
    async with Playground(comfyui={"speed": 0.2, "lora": False}) as playground:
        fleet = Fleet(playground, folder, url)
        try:
            for name, role in (("gate", "gateway"), ("one", "worker"), ("two", "worker")):
                await fleet.start(name, role)
            await playground.bot_online()
            yield playground, fleet
        finally:
            for process in fleet.processes.values():
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
            await drop_database(server, "fleet")


async def test_clips_are_made_whichever_worker_dies_and_a_standby_takes_over(
    tmp_path: Path, picture: bytes
) -> None:
    async with open_fleet(tmp_path) as (playground, fleet):
        await fleet.alive("gate", "one", "two")
        ada = playground.member("ada")
        jobs = [await ada.animate(picture, f"ball {number}", seconds=1, steps=4) for number in range(2)]
        for job in jobs:
            assert (await job.video()).data
        fleet.processes["one"].send_signal(signal.SIGKILL)
        again = await ada.animate(picture, "once more", seconds=1, steps=4)
        assert (await again.video()).data
        for name in ("spare", "standby"):
            await fleet.start(name, "gateway")
        await fleet.stands_by("spare")
        fleet.processes["spare"].send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(fleet.processes["spare"].wait(), 8) == 0, (
            "long before it would be killed"
        )
        await fleet.stands_by("standby")
        fleet.processes["gate"].send_signal(signal.SIGTERM)
        await asyncio.wait_for(fleet.processes["gate"].wait(), 30)
        await playground.bot_online()
        later = await ada.animate(picture, "by the other gateway", seconds=1, steps=4)
        assert (await later.video()).data
        assert "Traceback" not in "".join(map(fleet.log, ("gate", "two", "standby")))
