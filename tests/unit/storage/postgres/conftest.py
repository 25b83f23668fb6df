"""An empty database on each version of PostgreSQL."""

import pytest

from tests.unit.storage.engines import empty_postgres
from tests.unit.storage.postgres.postgres_setup import postgres_engines


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test that uses a server runs on each version."""
    if "postgres" in metafunc.fixturenames:
        metafunc.parametrize("postgres", postgres_engines(metafunc.config), scope="module")


@pytest.fixture
async def url(postgres: str) -> str:
    """The address of an empty database."""
    return await empty_postgres(postgres)
