"""The doctor's look at this machine: the data folder, its disk and database, failed chores, codecs."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import storage
from cogs.runtime.doctor.report import Line, failed, passed

DATABASE = "animate.db"
SUBFOLDERS = ("pictures", "clips", "scratch", "backups")
PROBE_BYTES = 2**20
MIN_FREE = 50 * 2**20  # bytes: below, the next clip may find no room
LOW_FREE = 2 * 2**30  # bytes


async def check_machine(location: storage.DatabaseLocation) -> tuple[Line, ...]:
    """Whether the bot can keep its files here, its rows where that is SQLite, and read and write clips."""
    data_dir = location.folder
    lines = await asyncio.to_thread(lambda: [*_check_folder(data_dir), *_check_codecs()])
    if not location.url:
        lines += [line async for line in _check_database(data_dir)]
    return (*lines, *await _check_chores(data_dir))


def _check_folder(data_dir: Path) -> Iterator[Line]:
    fix = "Give the user that runs the bot the right to write there, or set DATA_DIR to another folder."
    for folder in (data_dir, *(data_dir / name for name in SUBFOLDERS)):
        if problem := _try_writing(_existing(folder)):
            text = f"cannot write into the folder {folder.absolute()} ({problem})"
            yield failed("data_dir", text, fix)
            return
    yield passed("data_dir", f"can write into the folder {data_dir.absolute()}")
    yield _check_disk(data_dir)


def _check_disk(data_dir: Path) -> Line:
    free = shutil.disk_usage(_existing(data_dir)).free
    text = f"{free / 2**30:.1f} GiB are free on the disk of the folder {data_dir.name}"
    if free >= LOW_FREE:
        return passed("disk", text)
    fix = "Free some space there, or set KEEP_CLIPS_DAYS and KEEP_PICTURES_DAYS lower."
    return failed("disk", text, fix, needed=free < MIN_FREE)


def _check_codecs() -> Iterator[Line]:
    from media.codecs.availability import find_missing_codecs  # imports PyAV: `run` starts faster without

    missing, fix = (
        find_missing_codecs(),
        "Install the wheel of PyAV from PyPI: pip install --force-reinstall av",
    )
    if missing.decoders:
        text = f"PyAV cannot read {', '.join(missing.decoders)}"
        yield failed("codecs", text, fix, needed="h264" in missing.decoders)
    if missing.encoders:
        text = f"PyAV cannot write {', '.join(missing.encoders)}: no clip can be made smaller or joined"
        yield failed("codecs", text, fix, needed=False)
    if not (missing.decoders or missing.encoders):
        yield passed("codecs", "PyAV has all codecs that are needed")


async def _check_database(data_dir: Path) -> AsyncIterator[Line]:
    try:
        await storage.check_database(data_dir / DATABASE)
    except (storage.StoreDamaged, storage.SchemaTooNew) as err:
        yield failed(
            "database", f"the database cannot be used: {err}", "Restore a backup, or update the bot."
        )
    except storage.StoreError as err:
        yield failed("database", f"the database cannot be looked at: {err}", "Try again.", needed=False)


async def _check_chores(data_dir: Path) -> list[Line]:
    failures = await asyncio.to_thread(storage.read_failures, storage.failure_record(data_dir))
    fix = "Mend that; the bot tries again by itself."
    texts = [f"{name} failed {each.times} times in a row: {each.error}" for name, each in failures.items()]
    return [failed("chores", text, fix, needed=False) for text in texts]


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists: the bot makes those below."""
    return next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())


def _try_writing(folder: Path) -> str:
    """Why a file of PROBE_BYTES cannot be written there, "" where it can. It is removed at once."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(PROBE_BYTES))
            file.flush()
    except OSError as err:
        return err.strerror or type(err).__name__
    return ""
