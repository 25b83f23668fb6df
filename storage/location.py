"""Where the database is: a file in a folder, or a PostgreSQL server."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseLocation:
    """Where the database is. Without `url` it is SQLite's file in `folder`.

    `folder`: this process's own data in any case. `url`: postgresql://USER:PASSWORD@HOST/DATABASE.
    `listen_url`: the same database without a pooler between, which notifications and locks need.
    """

    folder: Path
    url: str = ""
    listen_url: str = ""
