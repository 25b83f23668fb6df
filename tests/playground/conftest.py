"""What the tests of the page share: one browser for all tests of a module, and a page of each one's own."""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from playground.page.browser import Browser, find_chromium, open_browser
from tests.playground.page_client import Setup, page_with_bot


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncGenerator[Browser]:
    """A Chromium; without one on this machine the test is skipped."""
    if (chromium := find_chromium()) is None:
        pytest.skip("no chromium on this machine")
    async with open_browser(chromium) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def setup(browser: Browser) -> AsyncGenerator[Setup]:
    """A playground with the small bot, and ada's page of it; its scripts must raise nothing."""
    async with page_with_bot() as (playground, bot), browser.tab() as tab:
        await tab.open(playground.discord.origin)
        await tab.until("document.querySelector('.drop')")
        yield playground, bot, tab
        assert tab.console_errors == []
