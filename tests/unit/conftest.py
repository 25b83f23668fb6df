"""An empty database to copy."""

import asyncio
from pathlib import Path

import pytest

from storage import open_store


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
