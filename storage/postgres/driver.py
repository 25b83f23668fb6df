"""Import asyncpg where it is needed, and say how to install it where it is not there."""

import importlib
from typing import Any

from storage.errors import StoreError

MISSING = (
    "DATABASE_URL names a PostgreSQL server, and asyncpg is not installed: "
    "pip install --require-hashes -r requirements-postgres.lock"
)


def load_asyncpg() -> Any:
    """The module asyncpg, which has no types. Raises StoreError."""
    try:
        return importlib.import_module("asyncpg")
    except ImportError as err:
        raise StoreError(MISSING) from err
