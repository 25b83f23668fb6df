"""A picture to animate."""

import pytest

from tests.e2e.pictures import photo


@pytest.fixture(scope="session")
def picture() -> bytes:
    """A photo as a phone would send it."""
    return photo()
