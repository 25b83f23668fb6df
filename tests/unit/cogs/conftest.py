"""The real bot in this process for each test that asks for it."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.unit.cogs.bot_setup import BotSetup, opened_application, running_application


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncGenerator[BotSetup]:
    """Online: it gets interactions, reactions and messages."""
    async with running_application(tmp_path) as running:
        yield running


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncGenerator[BotSetup]:
    """Not connected to the gateway: for what only sends."""
    async with opened_application(tmp_path) as application:
        yield application
