"""One job from start to end in a browser: the real bot, the playground's ComfyUI, the page in a Chromium."""

from pathlib import Path

import pytest

from playground.page import Sample, playground_with_page
from playground.page.browser import find_chromium, open_browser
from tests.e2e.pictures import photo
from tests.e2e.process import running_bot

CHROMIUM = find_chromium()
PLAYING = "[...document.querySelectorAll('video')].filter((each) => each.videoWidth && each.currentTime > 0)"


@pytest.mark.long
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
async def test_somebody_at_the_page_gets_a_clip_that_plays_and_another_one(tmp_path: Path):
    samples = [Sample(draw=photo, prompt="the cat blinks")]
    async with (
        playground_with_page(comfyui={"speed": 20}, samples=samples) as playground,
        running_bot(playground, tmp_path),
        open_browser(CHROMIUM) as browser,
        browser.tab() as tab,
    ):
        await tab.open(f"{playground.discord.origin}/?as=grace")
        await tab.click(".below .link")
        await tab.until("document.querySelector('.drop img')?.naturalWidth")
        await tab.press("Enter")
        await tab.until(f"{PLAYING}.length === 1", 30)
        await tab.click(".files:has(video) ~ .reactions [aria-pressed=false]")
        await tab.until("document.querySelectorAll('video').length === 2", 30)
        await tab.until(f"{PLAYING}.length === 2")
        assert tab.console_errors == []
