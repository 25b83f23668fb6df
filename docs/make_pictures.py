"""Makes the README's picture: `python docs/make_pictures.py` (needs Chromium) asks, waits and clicks 🔁."""

import asyncio
import contextlib
import re
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncGenerator
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from playground.page.browser import Tab, find_chromium, open_browser  # noqa: E402 # found from here on only

PICTURE = ROOT / "docs" / "page.png"
WIDTH, HEIGHT = 1200, 1456
DARK = {"name": "prefers-color-scheme", "value": "dark"}
TIMEOUT = 120.0
"""Seconds for one clip."""
READY = """(() => {{
    const done = [...document.querySelectorAll(".text")].filter((each) => each.textContent.includes("Done"));
    const videos = [...document.querySelectorAll("#messages video")];
    const ready = videos.filter((each) => each.readyState === HTMLMediaElement.HAVE_ENOUGH_DATA);
    return done.length === {clips} && ready.length === {clips};
}})()"""
STILL = """
    Promise.all([...document.querySelectorAll("#messages video")].map((video) => new Promise((shown) => {
        video.pause();
        video.controls = false;
        video.addEventListener("seeked", shown, { once: true });
        video.currentTime = video.duration * 0.6;
    })))
"""


@contextlib.asynccontextmanager
async def demo() -> AsyncGenerator[str]:
    """The address of a demo that runs until the block ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(ROOT / "bot.py"), "demo", "--port", "0", stdout=PIPE
    )
    try:
        yield await address_of(process)
    finally:
        process.terminate()
        await process.wait()


async def address_of(process: asyncio.subprocess.Process) -> str:
    """What the demo tells people to open. Raises RuntimeError when it ends instead."""
    if process.stdout is None:
        raise RuntimeError("the demo has no output")
    async for line in process.stdout:
        if found := re.search(rb"http://\S+", line):
            return found[0].decode()
    raise RuntimeError("the demo did not start")


async def use(tab: Tab, url: str) -> None:
    """ada asks for a clip, grace for another one, both in dark colours."""
    await tab.call("Emulation.setEmulatedMedia", features=[DARK])
    await tab.open(f"{url}/?as=ada", width=WIDTH, height=HEIGHT)
    await tab.click(".below .link")
    await tab.until("document.querySelector('.drop img')?.naturalWidth")
    await tab.press("Enter")
    await tab.until(READY.format(clips=1), TIMEOUT)
    await tab.open(f"{url}/?as=grace", width=WIDTH, height=HEIGHT)
    await tab.click(".files ~ .reactions [aria-pressed=false]")
    await tab.until(READY.format(clips=2), TIMEOUT)


async def main() -> None:
    """Writes docs/page.png."""
    if (chromium := find_chromium()) is None:
        sys.exit("No Chromium here. On Debian: apt-get install chromium fonts-noto-color-emoji")
    async with demo() as url, open_browser(chromium) as browser, browser.tab() as tab:
        await use(tab, url)
        await tab.evaluate(STILL)
        PICTURE.write_bytes(await tab.picture())


if __name__ == "__main__":
    asyncio.run(main())
