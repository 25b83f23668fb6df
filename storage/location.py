"""Where the database is: a file in a folder, or a PostgreSQL server."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseLocation:
    """The database of one bot.

    `folder`: holds the SQLite file, unless `url` names a PostgreSQL database (`postgresql://…`), and files of
    this process beside it. `listen_url`: a direct connection to the same database for LISTEN, where `url`
    leads through a pooler; empty where it does not.
    """

    folder: Path
    url: str = ""
    listen_url: str = ""
