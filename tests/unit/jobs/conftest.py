"""A store, a scripted server and what stands around a job, anew for each test."""

import asyncio
import shutil
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from jobs import worker
from storage import open_store
from tests.unit.jobs.job_setup import JobSetup, open_job_setup
from tests.unit.jobs.scripted_server import ScriptedServer


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of the newest schema: to make one takes longer than most tests."""
    folder = tmp_path_factory.mktemp("empty")

    async def create() -> None:
        async with open_store(folder):
            pass

    with asyncio.Runner() as runner:
        runner.run(create())
    return folder / "animate.db"


@pytest.fixture
async def setup(empty_database: Path, tmp_path: Path) -> AsyncGenerator[JobSetup]:
    shutil.copy(empty_database, tmp_path)
    async with open_job_setup(tmp_path) as setup:
        yield setup


@pytest.fixture
def server() -> ScriptedServer:
    return ScriptedServer()


@pytest.fixture(autouse=True)
def _poll_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test wait for a notification that the worker missed."""
    monkeypatch.setattr(worker, "POLL_SECONDS", 0.01)


@pytest.fixture
def rare_polls(_poll_often: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let notifications alone wake the worker: a picture that is sent ahead takes no error from its job."""
    monkeypatch.setattr(worker, "POLL_SECONDS", 60.0)
