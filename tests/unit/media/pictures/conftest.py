"""Decoding in the test's own process changes what Pillow allows; that is put back."""

import warnings
from collections.abc import Iterator

import pytest
from PIL import Image


@pytest.fixture(autouse=True)
def limits() -> Iterator[None]:
    allowed = Image.MAX_IMAGE_PIXELS
    with warnings.catch_warnings():
        yield
    Image.MAX_IMAGE_PIXELS = allowed
