"""`python bot.py backup` and `python bot.py restore`: copies of the database, made and put in place."""

import argparse
import asyncio
from collections.abc import Callable
from pathlib import Path

import storage
from cogs.runtime.settings import Settings

BACKUP = """\
Writes one file with all jobs, people's settings and limits, also while the bot runs. Pictures and clips are
files in DATA_DIR/pictures and DATA_DIR/clips: copy these folders too where rerolls of old results matter."""
RESTORE = """\
Puts a copy in the place of the database, together with animate.db-wal and animate.db-shm. The copy is checked
first; what was there is kept in DATA_DIR/backups. End the bot before. What people had deleted since the copy
was made is deleted again; jobs that waited or ran when it was made are taken up as they were then."""


def add_commands(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the two commands to the parser of the command line."""
    backup = add_parser("backup", help="copy the database, also while the bot runs", description=BACKUP)
    backup.add_argument(
        "file", type=Path, nargs="?", metavar="FILE", help="or a folder (DATA_DIR/backups/backup-DATE.db)"
    )
    restore = add_parser("restore", help="put a copy of the database in its place", description=RESTORE)
    restore.add_argument("file", type=Path, metavar="FILE", help="the copy, or its name in DATA_DIR/backups")


async def backup(arguments: argparse.Namespace, settings: Settings) -> int:
    """Copy the database and print where; returns the exit code. Raises StoreError."""
    target = arguments.file.expanduser().absolute() if arguments.file else None
    path = await asyncio.to_thread(storage.back_up, settings.data_dir, target)
    print(f"The database is copied to {path} ({path.stat().st_size / 1e6:.1f} MB).")
    return 0


async def restore(arguments: argparse.Namespace, settings: Settings) -> int:
    """Put a copy in place and print what was done; returns the exit code. Raises StoreError."""
    done = await storage.restore(settings.data_dir, arguments.file.expanduser())
    print(f"The database in {settings.data_dir} is that of {done.source}: {done.jobs} jobs.")
    if done.erased:
        print(f"{done.erased} deletions that people asked for since are carried out again.")
    if done.replaced:
        print(f"What was there before is kept: {done.replaced}")
    return 0
