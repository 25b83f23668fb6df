"""What the tests of the page share: one browser for all tests of a module."""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from playground.page.browser import Browser, find_chromium, open_browser


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncGenerator[Browser]:
    """A Chromium; without one on this machine the test is skipped."""
    if (chromium := find_chromium()) is None:
        pytest.skip("no chromium on this machine")
    async with open_browser(chromium) as opened:
        yield opened
