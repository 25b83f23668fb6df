"""A checkout as Windows has it: other line endings, a folder with a space and Chinese in its name."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GIT = shutil.which("git") or ""
PROGRAM = """
import asyncio, sys
from pathlib import Path
import comfy, storage
from cogs.i18n.catalogue import LANGUAGES, translate
from media.sample import sample_picture
from media import open_media

async def main():
    folder = Path("数据 文件夹")
    async with storage.open_store(folder) as store, open_media() as media:
        picture = await media.clean_picture(sample_picture(), timeout=60)
        blobs = await storage.open_blobs(storage.BlobLocation(folder=folder), store.database, owner="bot")
        saved = await blobs.save_picture(picture.data)
        print(len(LANGUAGES), len(comfy.load_workflows(comfy.BUILT_IN)), len(saved) > 0)

asyncio.run(main())
"""


def run(folder: Path, *arguments: str) -> str:
    """The output of a program that ends well; it finds no other checkout and no settings."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT") if name in os.environ}
    done = subprocess.run(  # noqa: S603 - our own arguments
        arguments,
        cwd=folder,
        env=kept | {"PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.long
@pytest.mark.skipif(not GIT or not (ROOT / ".git").exists(), reason="this is no checkout of git")
def test_a_checkout_of_windows_in_a_folder_with_a_space_and_chinese_works(tmp_path: Path) -> None:
    folder = tmp_path / "my bots 机器人" / "animate"
    folder.parent.mkdir()
    options = ("-c", "core.autocrlf=true", "-c", "core.eol=crlf")
    run(tmp_path, GIT, "clone", "--quiet", "--no-hardlinks", *options, str(ROOT), str(folder))
    for name in (".ci/run", "storage/sqlite/migrations/0001_jobs.sql", "cogs/i18n/locales/zh-CN.po"):
        assert b"\r\n" not in (folder / name).read_bytes()
    assert "doctor" in run(folder, sys.executable, "bot.py", "--help")
    assert run(folder, sys.executable, "-c", PROGRAM).split() == ["3", "17", "True"]
