"""A picture to animate."""

import pytest

from tests.e2e.pictures import photo
from tests.forking.bot import FORK_MEDIA


@pytest.fixture(scope="session")
def picture() -> bytes:
    """A photo as a phone would send it."""
    return photo()


@pytest.fixture(autouse=True)
def _forked_media_children(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FORK_MEDIA, "1")
