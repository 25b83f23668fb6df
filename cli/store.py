"""`python bot.py store migrate --to URL`: move all rows to another database, of whichever engine."""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from yarl import URL

import storage
from cli.errors import CommandFailed
from cogs.runtime.fleet_values import read_database_url
from cogs.runtime.settings import Settings

DESCRIPTION = """\
Copies all rows of the database in the settings (DATABASE_URL, else the file in DATA_DIR) into an empty one,
then compares them row by row. End every process of the bot before. Given again after an interruption it goes
on where it was. Nothing is removed from the old database; pictures and clips stay where they are. Then set
DATABASE_URL to the new one, or remove it, and start the bot."""
TO = """\
postgresql://name@host/database (its password is better in PGPASSWORD or ~/.pgpass: others on this machine can
read command lines), or a folder for SQLite, such as data"""


def add_commands(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the command to the parser of the command line."""
    parser = add_parser("store", help="the database as a whole: move it to another one")
    actions = parser.add_subparsers(metavar="ACTION", dest="action", required=True)
    migrate = actions.add_parser("migrate", help="move all rows to another database", description=DESCRIPTION)
    migrate.add_argument("--to", required=True, metavar="URL", help=TO)
    migrate.add_argument("--json", action="store_true", help="one JSON object instead of words")


async def store(arguments: argparse.Namespace, settings: Settings) -> int:
    """Move the database and print what was moved; returns the exit code. Raises CommandFailed, StoreError."""
    source, target = settings.database(), read_target(arguments.to)
    if (source.url or source.folder.absolute()) == (target.url or target.folder.absolute()):
        raise CommandFailed("--to: that is the database of the settings already", 2)
    show = _show_progress if sys.stderr.isatty() else _show_nothing
    done = await storage.migrate(source, target, show)
    if arguments.json:
        print(json.dumps(asdict(done)))
        return 0
    rows = ", ".join(f"{number:,} of {name}" for name, number in done.rows.items() if number)
    print(f"Moved in {done.seconds:.1f} s and compared: {rows or 'no rows, as there were none'}.")
    step = "set DATABASE_URL to it" if target.url else "remove DATABASE_URL"
    print(f"To work with the new database: {step}, then start the bot. The old one is as it was.")
    return 0


def read_target(text: str) -> storage.DatabaseLocation:
    """The location that --to names. Raises CommandFailed."""
    scheme, separator, _ = text.partition("://")
    if separator and scheme != "file":
        try:
            return storage.DatabaseLocation(folder=Path(), url=read_database_url(text))
        except ValueError as err:
            raise CommandFailed(f"--to: {err}", 2) from err
    folder = Path(URL(text).path if separator else text)
    return storage.DatabaseLocation(folder=folder.expanduser().absolute())


def _show_progress(table: str, rows: int) -> None:
    print(f"\r{table}: {rows:,} rows   ", end="", file=sys.stderr, flush=True)


def _show_nothing(table: str, rows: int) -> None:
    pass
