"""Makes the pictures of docs/tour.md: `python docs/make_tour.py` (needs Chromium) uses the bot for them."""

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from media.sample import sample_picture  # noqa: E402 # found from here on only
from playground.comfyui import ComfyUI, Failure, Stage  # noqa: E402
from playground.page import Sample, playground_with_page  # noqa: E402
from playground.page.browser import PHONE, Tab, find_chromium, open_browser  # noqa: E402
from playground.playground import Playground  # noqa: E402

FOLDER = ROOT / "docs" / "tour"
PROMPT = "The boat rocks gently on the waves while the evening sun glitters on the water"
DARK = {"name": "prefers-color-scheme", "value": "dark"}
TIMEOUT = 60.0
"""Seconds for whatever is waited for."""
LAST = "#messages > li:last-child"
HAS = "[...document.querySelectorAll('{selector}')].some((each) => each.textContent.includes('{words}'))"


class Guide:
    """Leads through one job's life at the page, and takes a picture at each station."""

    def __init__(self, playground: Playground, comfyui: ComfyUI, tab: Tab) -> None:
        self.playground, self.comfyui, self.tab = playground, comfyui, tab

    async def open_as(self, who: str, locale: str = "en-US", *, phone: bool = False) -> None:
        """Look at the page as somebody else."""
        url = f"{self.playground.discord.origin}/?as={who}&locale={locale}"
        await self.tab.call("Emulation.setEmulatedMedia", features=[DARK])
        await self.tab.open(url, width=820, height=1000)
        if phone:
            await self.tab.resize(PHONE)
        await self.tab.until("document.querySelector('.drop')")

    async def ask(self) -> None:
        """`/animate` with the sample."""
        await self.tab.choose(".command select", "animate")
        await self.tab.click(".below .link")
        await self.tab.until("document.querySelector('.drop img')?.naturalWidth")
        await self.tab.click(".send")

    async def command(self, name: str) -> None:
        """A command without options."""
        await self.tab.choose(".command select", name)
        await self.tab.click("#composer .send")

    async def see(self, words: str, selector: str = LAST) -> None:
        """Wait until the last message says this."""
        await self.tab.until(HAS.format(selector=selector, words=words), TIMEOUT)

    async def take(self, name: str, selector: str | None = LAST) -> None:
        """Save what stands there."""
        await self.tab.settle()
        await self.tab.evaluate(
            "document.querySelectorAll('video').forEach((each) => { each.controls = false; })"
        )
        (FOLDER / f"{name}.png").write_bytes(await self.tab.picture(selector))


async def queued_and_running(guide: Guide) -> None:
    """It waits, it runs, and shows how far it is."""
    await guide.open_as("ada")
    guide.comfyui.pause(Stage.SAMPLING, 13)
    await guide.ask()
    await guide.see("Sampling")
    await guide.open_as("grace")
    await guide.ask()
    await guide.see("Queued")
    await guide.take("queued")
    await guide.open_as("ada")
    await guide.see("13/20", "#messages > li")
    await guide.tab.until("document.querySelector('#messages li .files img')?.naturalWidth", TIMEOUT)
    await guide.take("running", "#messages > li:first-child")
    guide.comfyui.resume()
    await guide.tab.until("document.querySelectorAll('video').length === 2", TIMEOUT)


async def the_result(guide: Guide) -> None:
    """The clip with its buttons, and what they open."""
    await guide.open_as("ada")
    clip = "#messages > li:has(video)"
    await guide.tab.until(f"document.querySelector('{clip} video')")
    await guide.tab.hover(f"{clip} video")  # films out of sight are not fetched
    await guide.tab.until(f"document.querySelector('{clip} video').readyState >= 2", TIMEOUT)
    await guide.take("result", clip)
    await guide.tab.click(f"{clip} button", "Change")
    await guide.see("Change", "dialog h2")
    await guide.take("change", "dialog")
    await guide.tab.press("Escape")
    await guide.tab.click(f"{clip} button", "Details")
    await guide.see("Workflow")
    await guide.take("details")
    await guide.tab.click(f"{clip} button", "Extend")
    await guide.see("next", "dialog h2")
    await guide.tab.click("dialog .send")
    await guide.see("joined with the clip before")
    await guide.take("extended")


async def a_failure(guide: Guide) -> None:
    """Memory ran out: one tap tries smaller."""
    guide.comfyui.fail_next(Failure.MEMORY)
    await guide.ask()
    await guide.see("ran out of memory")
    await guide.take("failed")


async def the_cards(guide: Guide) -> None:
    """What only oneself sees."""
    guide.comfyui.pause(Stage.SAMPLING, 2)
    await guide.ask()
    await guide.see("Sampling", "#messages > li")
    await guide.command("queue")
    await guide.see("Cancel", ".only-you .card")
    await guide.take("queue")
    guide.comfyui.resume()
    await guide.see("your clip is ready")
    await guide.command("history")
    await guide.tab.until(
        "document.querySelector('.only-you .thumbnail img, .only-you .card img')?.naturalWidth", TIMEOUT
    )
    await guide.take("history")
    await guide.command("help")
    await guide.tab.until("document.querySelector('.only-you:last-child .card select')")
    await guide.take("help")


async def on_a_phone(guide: Guide) -> None:
    """The panel, its form, and a clip, in Chinese."""
    await guide.open_as("mia")
    await guide.command("panel")
    await guide.see("panel stands", "#messages > li")
    await guide.open_as("小雨", "zh-TW", phone=True)
    await guide.tab.click("#messages button", "Animate a picture")
    await guide.see("讓圖片動起來", "dialog h2")
    await guide.take("panel", None)
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        file.write(await asyncio.to_thread(sample_picture))
        file.flush()
        await guide.tab.choose_file("dialog input[type=file]", Path(file.name))
        await guide.tab.until("document.querySelector('.previews img')?.naturalWidth")
        await guide.tab.click("dialog label", "波浪")
        await guide.tab.click("dialog .send")
    await guide.see("你的影片好了")
    await guide.tab.until("[...document.querySelectorAll('video')].at(-1).readyState >= 2", TIMEOUT)
    await guide.take("phone", None)


STATIONS: tuple[Callable[[Guide], Awaitable[None]], ...] = (
    queued_and_running,
    the_result,
    a_failure,
    the_cards,
    on_a_phone,
)


@contextlib.asynccontextmanager
async def bot_at(playground: Playground) -> AsyncGenerator[None]:
    """The real bot as a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, **playground.environment(), "DATA_DIR": folder, "LOG_LEVEL": "WARNING"}
        bot = await asyncio.create_subprocess_exec(
            sys.executable, str(ROOT / "bot.py"), env=environment, cwd=folder
        )
        try:
            await playground.bot_online()
            yield
        finally:
            bot.terminate()
            await bot.wait()


async def main() -> None:
    """Writes docs/tour/*.png."""
    if (chromium := find_chromium()) is None:
        sys.exit(
            "No Chromium here. On Debian: apt-get install chromium fonts-noto-color-emoji fonts-noto-cjk"
        )
    FOLDER.mkdir(exist_ok=True)
    samples = [Sample(draw=sample_picture, prompt=PROMPT)]
    async with (
        playground_with_page(comfyui={"speed": 8, "lora": False}, samples=samples) as playground,
        bot_at(playground),
        open_browser(chromium) as browser,
        browser.tab() as tab,
    ):
        for station in STATIONS:
            await station(Guide(playground, playground.comfyui, tab))
            print(station.__doc__)


if __name__ == "__main__":
    asyncio.run(main())
