"""What is logged while a job is worked on carries its id, whoever logs it."""

import logging
from collections.abc import Iterator

import pytest

from jobs.observing.log_context import log_job, logged_job
from tests.unit.jobs.job_setup import JobSetup
from tests.unit.jobs.scripted_server import ScriptedServer
from tests.unit.jobs.worker_setup import ended, working

log = logging.getLogger("comfy.server")


class JobsOfLines(logging.Handler):
    """Keeps the job that each line of `comfy.server` belongs to."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs: list[str | None] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.jobs.append(logged_job())


class LoggingServer(ScriptedServer):
    """Logs a line that names no job, as connections do."""

    async def upload(self, picture: bytes, *, name: str) -> str:
        log.warning("upload: tried again in 1.0 s")
        return await super().upload(picture, name=name)

    async def forget(self, prompt_id: str) -> bool:
        log.warning("the history entry of a job stays")
        return await super().forget(prompt_id)


@pytest.fixture
def lines() -> Iterator[JobsOfLines]:
    handler = JobsOfLines()
    log.addHandler(handler)
    yield handler
    log.removeHandler(handler)


def test_the_innermost_job_counts_and_none_is_left() -> None:
    with log_job("a"):
        with log_job("b"):
            assert logged_job() == "b"
        assert logged_job() == "a"
    assert logged_job() is None


async def test_lines_of_a_server_belong_to_the_job_that_it_works_for(
    setup: JobSetup, lines: JobsOfLines
) -> None:
    server = LoggingServer()
    first, second = await setup.admit("a"), await setup.admit("b")
    async with working(setup, server):
        await ended(setup, first)
        await ended(setup, second)
    assert set(lines.jobs) == {first.id, second.id}
    assert len(lines.jobs) >= 3
