"""A playground and the real bot in it."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from playground.playground import Playground
from tests.e2e.pictures import photo
from tests.e2e.process import BotProcess, running_bot
from tests.forking.bot import FORK_MEDIA


@pytest.fixture(autouse=True)
def _forked_media_children(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of bots: a clip takes four, each of which would import the codecs."""
    monkeypatch.setenv(FORK_MEDIA, "1")


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
