"""A headless Chromium that tests and pictures are made with, over its DevTools protocol."""

import asyncio
import base64
import contextlib
import itertools
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import aiohttp

from playground.discord.json_values import Json, as_int, as_object, as_text
from playground.page.chromium import BrowserFailed, find_chromium, running

__all__ = ["DESKTOP", "PHONE", "Browser", "BrowserFailed", "Size", "Tab", "find_chromium", "open_browser"]
KEYS = {
    "Backspace": 8,
    "Tab": 9,
    "Enter": 13,
    "Escape": 27,
    "End": 35,
    "Home": 36,
    "ArrowUp": 38,
    "ArrowDown": 40,
}
"""Windows' number of each key by its name on the web."""
ANSWER_TIMEOUT = 30.0
"""Seconds that an answer of the browser may take."""


class Browser:
    """A running Chromium. Made by `open_browser`."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Json]] = {}
        self._console_errors: dict[str, list[str]] = {}

    @contextlib.asynccontextmanager
    async def tab(self) -> AsyncGenerator["Tab"]:
        """An empty page, which knows nothing of the other tabs."""
        context = await self.call("Target.createBrowserContext", {})
        target = await self.call("Target.createTarget", {**context, "url": "about:blank"})
        attached = await self.call("Target.attachToTarget", {**target, "flatten": True})
        session = as_text(attached["sessionId"])
        tab = Tab(self, session, self._console_errors.setdefault(session, []))
        for domain in ("Page", "Runtime", "Log", "DOM"):
            await tab.call(f"{domain}.enable")
        try:
            yield tab
        finally:
            await self.call("Target.disposeBrowserContext", context)

    async def call(
        self, method: str, parameters: Json, session: str = "", timeout: float = ANSWER_TIMEOUT
    ) -> Json:
        """Ask the browser, or the tab of a session, and wait. Raises BrowserFailed, TimeoutError."""
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        where = {"sessionId": session} if session else {}
        await self._socket.send_json({"id": number, "method": method, "params": parameters, **where})
        async with asyncio.timeout(timeout):
            return await answer

    async def listen(self) -> None:
        """Hand out answers until the browser goes."""
        async for frame in self._socket:
            message = as_object(json.loads(cast(str, frame.data)))
            if (answer := self._answers.pop(as_int(message.get("id")), None)) is not None:
                _settle(answer, message)
            elif error := _console_error(message):
                self._console_errors[as_text(message.get("sessionId"))].append(error)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """A window in CSS pixels; `scale` times as many in its pictures."""

    width: int
    height: int
    scale: float = 1
    mobile: bool = False


DESKTOP = Size(width=1200, height=900)
PHONE = Size(width=390, height=844, scale=2, mobile=True)


class Tab:
    """One page, used and looked at.

        await tab.open(f"{playground.discord.origin}/?as=ada&channel=Lounge")
        await tab.click(".buttons button", "Change")
        await tab.type("dialog textarea", "the cat blinks")
        await tab.resize(PHONE)
        await tab.settle()
        file.write_bytes(await tab.picture("dialog"))

    Methods of the protocol are named as in https://chromedevtools.github.io/devtools-protocol/.
    """

    def __init__(self, browser: Browser, session: str, console_errors: list[str]) -> None:
        self._browser = browser
        self._session = session
        self.console_errors = console_errors
        """Errors in the page's console: exceptions and violations of its security policy."""

    async def call(self, method: str, **parameters: object) -> Json:
        """A DevTools command for this tab. Raises BrowserFailed, TimeoutError."""
        return await self._browser.call(method, parameters, self._session)

    async def resize(self, size: "Size") -> None:
        """Give the window another size; the page stays."""
        pixels = {"width": size.width, "height": size.height, "deviceScaleFactor": size.scale}
        await self.call("Emulation.setDeviceMetricsOverride", **pixels, mobile=size.mobile)
        await self.call("Emulation.setTouchEmulationEnabled", enabled=size.mobile)

    async def open(self, url: str, *, width: int = 1200, height: int = 900, mobile: bool = False) -> None:
        """Show an address in a window of that many CSS pixels."""
        await self.resize(Size(width=width, height=height, mobile=mobile))
        await self.call("Page.navigate", url=url)
        await self.until("document.readyState === 'complete'")

    async def evaluate(self, script: str, timeout: float = ANSWER_TIMEOUT) -> object:
        """The value of a JavaScript expression, awaited if need be. Raises BrowserFailed, TimeoutError."""
        asked = {"expression": script, "awaitPromise": True, "returnByValue": True, "userGesture": True}
        answer = await self._browser.call("Runtime.evaluate", asked, self._session, timeout)
        if "exceptionDetails" in answer:
            raise BrowserFailed(json.dumps(answer["exceptionDetails"]))
        return as_object(answer.get("result")).get("value")

    async def until(self, condition: str, timeout: float = 10.0) -> None:
        """Wait until an expression is true, looked at with every frame. Raises BrowserFailed."""
        looking = f"""new Promise((done, fail) => {{
            const end = Date.now() + {timeout * 1000};
            const look = () => {{
                try {{
                    const found = Boolean({condition});
                    if (found || Date.now() > end) done(found);
                    else requestAnimationFrame(look);
                }} catch (error) {{
                    fail(error);
                }}
            }};
            look();
        }})"""
        if not await self.evaluate(looking, timeout + ANSWER_TIMEOUT):
            raise BrowserFailed(f"not within {timeout} s: {condition}\n{await self.evaluate(_WORDS)}")

    async def click(self, selector: str, words: str = "") -> None:
        """Click the first element of a selector that has these words, once it is there."""
        found = f"""[...document.querySelectorAll({json.dumps(selector)})].find((each) =>
            `${{each.textContent}} ${{each.ariaLabel}}`.includes({json.dumps(words)}))"""
        await self.until(found)
        await self.evaluate(f"{found}.click()")

    async def hover(self, selector: str) -> None:
        """Put the mouse over the middle of an element."""
        x, y, width, height = await self._box(selector)
        await self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x + width / 2, y=y + height / 2)

    async def choose(self, selector: str, value: str) -> None:
        """Choose an entry of a menu by its value, once the menu is there."""
        await self.until(f"document.querySelector({json.dumps(selector)})")
        await self.evaluate(f"""{{
            const menu = document.querySelector({json.dumps(selector)});
            menu.value = {json.dumps(value)};
            menu.dispatchEvent(new Event("change", {{ bubbles: true }}));
        }}""")

    async def type(self, selector: str, text: str) -> None:
        """Focus a field and write into it, as a keyboard does."""
        await self.until(f"document.querySelector({json.dumps(selector)})")
        await self.evaluate(f"document.querySelector({json.dumps(selector)}).focus()")
        await self.call("Input.insertText", text=text)

    async def press(self, key: str) -> None:
        """A key of `KEYS`, where the focus is."""
        code = KEYS[key]
        pressed = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        text = {"text": "\r"} if key == "Enter" else {}
        await self.call("Input.dispatchKeyEvent", type="keyDown", **pressed, **text)
        await self.call("Input.dispatchKeyEvent", type="keyUp", **pressed)

    async def choose_file(self, selector: str, file: Path) -> None:
        """Put a file of this machine into a file field, once the field is there."""
        await self.until(f"document.querySelector({json.dumps(selector)})")
        document = as_object((await self.call("DOM.getDocument"))["root"])
        found = await self.call("DOM.querySelector", nodeId=document["nodeId"], selector=selector)
        await self.call("DOM.setFileInputFiles", nodeId=found["nodeId"], files=[str(file)])

    async def settle(self) -> None:
        """Wait until the fonts and all pictures in sight are there, and drawn."""
        await self.until(_SETTLED)
        await self.evaluate(
            "new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
        )

    async def picture(self, selector: str | None = None) -> bytes:
        """A PNG of what the window shows, or of the first element of a selector as far as it fits into it."""
        clip: dict[str, object] = {}
        if selector is not None:
            x, y, width, height = await self._box(selector)
            clip = {"clip": {"x": x, "y": y, "width": width, "height": height, "scale": 1}}
        answer = await self.call("Page.captureScreenshot", format="png", **clip)
        return base64.b64decode(as_text(answer["data"]))

    async def _box(self, selector: str) -> tuple[float, float, float, float]:
        """Left, top, width and height of an element in CSS pixels, scrolled into sight."""
        await self.until(f"document.querySelector({json.dumps(selector)})")
        box = await self.evaluate(f"""(() => {{
            const node = document.querySelector({json.dumps(selector)});
            node.scrollIntoView({{ block: "nearest", behavior: "instant" }});
            const {{ x, y, width, height }} = node.getBoundingClientRect();
            return [x, y, width, height];
        }})()""")
        x, y, width, height = cast(list[float], box)
        return x, y, width, height


_WORDS = "document.body.innerText"
_SETTLED = """document.fonts.status === "loaded" && [...document.images].every((image) => {
    const { top, bottom } = image.getBoundingClientRect();
    return image.complete || bottom < 0 || top > innerHeight;
})"""


@contextlib.asynccontextmanager
async def open_browser(chromium: str) -> AsyncGenerator[Browser]:
    """Start a Chromium with an empty profile. Raises BrowserFailed."""
    async with (
        running(chromium) as address,
        aiohttp.ClientSession() as session,
        session.ws_connect(address, max_msg_size=0) as socket,
    ):
        browser = Browser(socket)
        listening = asyncio.create_task(browser.listen(), name="browser")
        try:
            yield browser
        finally:
            listening.cancel()


def _settle(answer: asyncio.Future[Json], message: Json) -> None:
    if answer.done():
        return
    if "error" in message:
        answer.set_exception(BrowserFailed(json.dumps(message["error"])))
    else:
        answer.set_result(as_object(message.get("result")))


def _console_error(message: Json) -> str | None:
    """The text of a DevTools event if it is an exception or a console error."""
    parameters = as_object(message.get("params"))
    if message.get("method") == "Runtime.exceptionThrown":
        return json.dumps(parameters.get("exceptionDetails"))
    entry = as_object(parameters.get("entry"))
    is_script_s = entry.get("level") == "error" and entry.get("source") != "network"
    return as_text(entry.get("text")) if is_script_s else None
