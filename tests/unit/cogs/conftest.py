"""The real bot in this process for each test that asks for it."""

import shutil
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.forking.media_children import fork_media_children
from tests.unit.cogs.bot_setup import BotSetup, opened_application, running_application
from tests.unit.comfy.workflows.published import manifest, template

OWNERS_WORKFLOWS = ("video_ltx2_3_i2v", "ex_workflow_image_to_video", "video_wan2_2_14B_flf2v")


@pytest.fixture(autouse=True)
def _forked_media_children(monkeypatch: pytest.MonkeyPatch) -> None:
    fork_media_children(monkeypatch)


@pytest.fixture
async def bot(empty_database: Path, tmp_path: Path) -> AsyncGenerator[BotSetup]:
    """Online: it gets interactions, reactions and messages."""
    shutil.copy(empty_database, tmp_path)
    async with running_application(tmp_path) as running:
        yield running


@pytest.fixture
async def opened(empty_database: Path, tmp_path: Path) -> AsyncGenerator[BotSetup]:
    """Not connected to the gateway: for what only sends."""
    shutil.copy(empty_database, tmp_path)
    async with opened_application(tmp_path) as application:
        yield application


@pytest.fixture
async def owner_bot(tmp_path: Path) -> AsyncGenerator[BotSetup]:
    """Online, with workflows of its owner: with sound, without a prompt, and with a last picture."""
    folder = tmp_path / "workflows"
    folder.mkdir()
    for name in OWNERS_WORKFLOWS:
        (folder / f"{name}.json").write_text(template(name), "utf-8")
        (folder / f"{name}.toml").write_text(manifest(name), "utf-8")
    async with running_application(tmp_path / "data", workflows_dir=folder) as running:
        yield running
