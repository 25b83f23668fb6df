"""A store, a scripted server and what stands around a job, anew for each test."""

import shutil
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from jobs import waiting_jobs, worker
from tests.unit.jobs.job_setup import JobSetup, open_job_setup
from tests.unit.jobs.scripted_server import ScriptedServer


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
    monkeypatch.setattr(waiting_jobs, "POLL_SECONDS", 0.01)


@pytest.fixture
def rare_polls(_poll_often: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let notifications alone wake the worker: a picture that is sent ahead takes no error from its job."""
    monkeypatch.setattr(worker, "POLL_SECONDS", 60.0)
    monkeypatch.setattr(waiting_jobs, "POLL_SECONDS", 60.0)
