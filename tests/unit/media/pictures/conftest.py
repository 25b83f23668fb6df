"""Decoding in the test's own process changes what Pillow allows; that is put back."""

import warnings
from collections.abc import Iterator

import pytest
from PIL import Image

from tests.forking.media_children import fork_media_children


@pytest.fixture(autouse=True)
def limits() -> Iterator[None]:
    allowed = Image.MAX_IMAGE_PIXELS
    with warnings.catch_warnings():
        yield
    Image.MAX_IMAGE_PIXELS = allowed


@pytest.fixture(autouse=True)
def _forked_media_children(monkeypatch: pytest.MonkeyPatch) -> None:
    fork_media_children(monkeypatch)
