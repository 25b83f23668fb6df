"""A playground and the real bot in it."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from playground.playground import Playground
from tests.e2e.pictures import photo
from tests.e2e.process import BotProcess, running_bot


@pytest.fixture
async def playground() -> AsyncGenerator[Playground]:
    """Every request of the bot is held against Discord's document, and none may be a 429."""
    async with Playground(comfyui={"speed": 50}, patience=4) as playground:
        yield playground
        assert playground.discord.too_many == []


@pytest.fixture
async def bot(playground: Playground, tmp_path: Path) -> AsyncGenerator[BotProcess]:
    async with running_bot(playground, tmp_path) as bot:
        yield bot


@pytest.fixture(scope="session")
def picture() -> bytes:
    """A photo as a phone would send it."""
    return photo()
