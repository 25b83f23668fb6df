"""What the page shows before anything was asked for, its languages and its colours, in a Chromium."""

import re
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from PIL import Image

from playground.page import Example, Sample
from playground.page.browser import Browser, Size
from tests.playground.page_client import Setup, page_with_bot, shows
from tests.playground.small_bot import picture

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),  # one browser for all
    pytest.mark.long,
]
SAMPLES = [
    Sample(
        draw=picture,
        title={"en-US": f"Cat {number}", "zh-CN": f"猫{number}", "zh-TW": f"貓{number}"},
        prompt={"en-US": f"cat {number} blinks", "zh-CN": f"猫{number}眨眼", "zh-TW": f"貓{number}眨眼"},
    )
    for number in (1, 2, 3)
]
NAMES = "ada|grace|mia|bob|Animate|general|cats only|gallery|Show your best clip|Lounge|English|Discord|GPU"
BOT_S_WORDS = (
    "animate|hold|recall|rules|show|image|prompt|seconds|topic|Animate this|Bring a picture to life|"
    "The picture|What should move|How long"
)
EXAMPLE = Example(draw=lambda: [Image.new("RGB", (64, 48), "teal")] * 32, size=(64, 48), fps=16)


@pytest_asyncio.fixture(loop_scope="module")
async def setup(browser: Browser) -> AsyncGenerator[Setup]:
    """A playground with three samples and an example, and ada's page of it."""
    async with page_with_bot(samples=SAMPLES, example=EXAMPLE) as (playground, bot), browser.tab() as tab:
        await tab.open(playground.discord.origin)
        await tab.until("document.querySelector('.sample')")
        yield playground, bot, tab
        assert tab.console_errors == []


async def test_a_finished_clip_plays_and_three_samples_can_be_tapped(setup: Setup):
    _, _, tab = setup
    await tab.until("document.querySelector('.finished video').currentTime > 0")
    assert await tab.evaluate("document.querySelectorAll('.sample').length") == 3
    bottom = await tab.evaluate("document.querySelector('.samples').getBoundingClientRect().bottom")
    assert bottom <= await tab.evaluate("document.querySelector('main').getBoundingClientRect().bottom")
    assert await tab.evaluate("document.querySelector('#welcome h2').getBoundingClientRect().top") > 0


async def test_a_tap_on_a_sample_attaches_it_and_runs_animate(setup: Setup):
    _, bot, tab = setup
    await tab.choose(".command select", "hold")
    await tab.click(".sample", "Cat 2")
    data = (await bot.interactions.get()).data
    assert data["name"] == "animate"
    assert {each["name"]: each["value"] for each in data["options"]}["prompt"] == "cat 2 blinks"
    [attachment] = data["resolved"]["attachments"].values()
    assert attachment["size"] == len(picture())
    await tab.until(shows(".text", "@ada here you are"))


@pytest.mark.parametrize(
    ("browser_s", "locale"),
    [
        ("en-GB", "en-US"),
        ("zh-CN", "zh-CN"),
        ("zh-HK", "zh-TW"),
        ("zh-Hant", "zh-TW"),
        ("fr,zh", "zh-CN"),
        ("fr", "en-US"),
    ],
)
async def test_the_language_is_at_first_that_of_the_browser(setup: Setup, browser_s: str, locale: str):
    playground, _, tab = setup
    await tab.call("Emulation.setUserAgentOverride", userAgent="test", acceptLanguage=browser_s)
    await tab.open(f"{playground.discord.origin}/?as=grace")
    await tab.until("document.querySelector('.sample')")
    assert await tab.evaluate("document.querySelector('#language').value") == locale
    assert await tab.evaluate("document.documentElement.lang") == locale


async def test_the_chosen_language_is_kept_for_the_next_visit(setup: Setup):
    playground, _, tab = setup
    await tab.choose("#language", "zh-TW")
    await tab.until(shows(".send", "傳送"))
    await tab.open(f"{playground.discord.origin}/")
    await tab.until(shows(".send", "傳送"))


@pytest.mark.parametrize("locale", ["zh-CN", "zh-TW"])
async def test_in_chinese_no_word_of_the_page_is_english(setup: Setup, locale: str):
    playground, bot, tab = setup
    ada = next(user for user in playground.state.users.values() if user.name == "ada")
    await (await bot.fetch_user(ada.id)).send("好")
    await tab.choose("#language", locale)
    await tab.until("document.documentElement.lang !== 'en-US'")
    sent = await playground.member("bob").say("好")
    await playground.member("bob").say("看", reply_to=sent)
    await tab.choose(".command select", "rules show")
    await tab.click("#composer .send")
    await tab.until("document.querySelector('#composer > .error').textContent")
    await tab.choose(".command select", "animate")
    await tab.click("#composer .send")
    await tab.until(f"{shows('.field .error', '必填')}")
    words = await tab.evaluate("""(() => {
        const spoken = [document.body.innerText];
        for (const node of document.querySelectorAll("[aria-label], [title], [placeholder]"))
            spoken.push(node.ariaLabel ?? "", node.title, node.placeholder ?? "");
        return spoken.join("\\n");
    })()""")
    english = re.findall(r"[A-Za-z]{2,}[^\n]*", re.sub(rf"\b({NAMES}|{BOT_S_WORDS})\b", "", str(words)))
    assert english == []


async def test_refused_for_want_of_a_permission_its_name_is_read(setup: Setup):
    _, _, tab = setup
    await tab.choose(".command select", "rules show")
    await tab.click("#composer .send")
    await tab.until(shows("#composer > .error", "ada lacks Manage Server in #general"))


async def test_the_colours_are_those_of_the_system_until_somebody_chooses(setup: Setup):
    playground, _, tab = setup
    colours = {"light": "rgb(255, 255, 255)", "dark": "rgb(27, 29, 36)"}
    ground = "getComputedStyle(document.body).backgroundColor"
    for theme, colour in colours.items():
        await tab.call(
            "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}]
        )
        assert await tab.evaluate(ground) == colour
    await tab.choose("#theme", "light")
    assert await tab.evaluate(ground) == colours["light"]
    await tab.open(playground.discord.origin)
    await tab.until("document.querySelector('#theme').value === 'light'")
    assert await tab.evaluate(ground) == colours["light"]


@pytest.mark.parametrize(("width", "height", "least"), [(640, 450, 200), (390, 844, 350), (1280, 600, 250)])
async def test_a_small_window_keeps_room_for_messages(setup: Setup, width: int, height: int, least: int):
    _, _, tab = setup
    await tab.resize(Size(width=width, height=height, mobile=width < 500))
    await tab.settle()
    assert int(str(await tab.evaluate("document.querySelector('main').clientHeight"))) >= least
    assert await tab.evaluate("document.querySelector('.send').getBoundingClientRect().bottom") <= height
    await tab.click(".below summary")
    await tab.settle()
    assert int(str(await tab.evaluate("document.querySelector('main').clientHeight"))) >= 100
    assert await tab.evaluate("document.documentElement.scrollWidth") <= width


async def test_the_help_of_every_field_stands_below_it(setup: Setup):
    _, _, tab = setup
    await tab.choose(".command select", "hold")
    await tab.click(".below summary")
    gaps = await tab.evaluate("""[...document.querySelectorAll(".more .field")].map((field) =>
        field.querySelector(".about").getBoundingClientRect().top
        - field.querySelector("input, select").getBoundingClientRect().bottom)""")
    assert len(gaps) >= 3
    assert max(gaps) < 8, gaps
