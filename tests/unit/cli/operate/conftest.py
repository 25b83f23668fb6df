"""The bot of the tests of cogs, and commands on its database."""

from pathlib import Path

import pytest

from tests.unit.cli.operate.operate_setup import Commands
from tests.unit.cogs.conftest import _forked_media_children, bot, opened

__all__ = ["_forked_media_children", "bot", "opened"]


@pytest.fixture
def commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(tmp_path, capsys, {})
