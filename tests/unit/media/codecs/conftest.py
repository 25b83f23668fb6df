"""Children that need not import the codecs first."""

import pytest

from tests.forking.media_children import fork_media_children


@pytest.fixture(autouse=True)
def _forked_media_children(monkeypatch: pytest.MonkeyPatch) -> None:
    fork_media_children(monkeypatch)
