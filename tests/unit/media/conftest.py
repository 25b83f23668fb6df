"""An open Media for each test."""

from collections.abc import AsyncIterator

import pytest

from media import Media, open_media


@pytest.fixture
async def media() -> AsyncIterator[Media]:
    async with open_media() as opened:
        yield opened
