"""The page by keyboard and for screen readers, in a Chromium, and what axe-core finds in it."""

import importlib.util
import itertools
import json
import os
from pathlib import Path

import discord
import pytest

from playground.page.browser import PHONE, Size, Tab
from tests.playground.page_client import Setup, shows
from tests.playground.small_bot import SmallBot
from tests.playground.test_discord_cards import card
from tests.playground.test_discord_modals import FilledModal

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),  # one browser for all
    pytest.mark.long,
]
AXE = "AXE_CORE"
"""The environment variable that names a file `axe.min.js`; else that of one of the packages is taken."""
AXE_PACKAGES = ("axe_playwright_python", "axe_core_python")


def axe_script() -> str:
    """The source of axe-core; where there is none the test is skipped."""
    if named := os.environ.get(AXE):
        return Path(named).read_text(encoding="utf-8")
    for spec in filter(None, map(importlib.util.find_spec, AXE_PACKAGES)):
        for place in spec.submodule_search_locations or ():
            return (Path(place) / "axe.min.js").read_text(encoding="utf-8")
    pytest.skip(f"no axe-core here: install axe-core-python, or set {AXE} to an axe.min.js")


async def violations(tab: Tab, script: str) -> list[str]:
    """The rules of axe that the page breaks now, each with the elements."""
    await tab.evaluate(f"{script};0")
    found = await tab.evaluate(
        "axe.run().then(({ violations }) => violations.map(({ id, nodes }) =>"
        " `${id}: ${nodes.map(({ html }) => html).join(' ')}`))",
        60,
    )
    assert isinstance(found, list)
    return found


async def modal_opened(setup: Setup) -> SmallBot:
    """ada runs `/hold`, which opens a modal."""
    _, bot, tab = setup
    await tab.choose(".command select", "hold")
    await tab.click("#composer .send")
    await (await bot.interactions.get()).response.send_modal(FilledModal())
    await tab.until("document.querySelector('dialog[open]')?.contains(document.activeElement)")
    return bot


async def buttons_posted(setup: Setup) -> discord.Message:
    """A message with a button "Again" and links to a message, to Discord's site and to another one."""
    playground, bot, _ = setup
    channel = bot.get_partial_messageable(playground.channel.id)
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label="Again", custom_id="again"))
    return await channel.send("**look** at https://example.org", view=view)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [Size(width=1280, height=800), PHONE], ids=["desktop", "phone"])
async def test_axe_finds_nothing_also_on_an_open_modal(setup: Setup, theme: str, size: Size):
    playground, bot, tab = setup
    script = axe_script()
    await tab.resize(size)
    await tab.choose("#theme", theme)
    await buttons_posted(setup)
    await playground.member("bob").say("# Big\n### Small\n> said `x` <t:1:R> <@1> ||hidden||")
    await bot.get_partial_messageable(playground.channel.id).send(view=card("a card", "Next"))
    await tab.until(shows(".card", "a card"))
    assert await violations(tab, script) == []
    await tab.click(".below summary")
    assert await violations(tab, script) == []
    await modal_opened(setup)
    assert await violations(tab, script) == []


async def test_the_command_is_two_keys_away_whatever_stands_above_it(setup: Setup):
    playground, _, tab = setup
    for number in range(8):
        await playground.member("bob").say(f"hello {number}")
    await tab.until(shows(".text", "hello 7"))
    await tab.press("Tab")
    assert await tab.evaluate("document.activeElement.id") == "skip"
    await tab.press("Enter")
    await tab.until("document.activeElement.matches('#composer select')")


async def test_messages_are_one_stop_and_the_arrows_go_through_them(setup: Setup):
    playground, _, tab = setup
    for number in range(5):
        await playground.member("bob").say(f"hello {number}")
    await tab.until(shows(".text", "hello 4"))
    assert await tab.evaluate("document.querySelectorAll('#messages > li[tabindex=\"0\"]').length") == 1
    stops = "[...document.querySelectorAll('#messages summary')].filter((each) => each.tabIndex === 0).length"
    assert await tab.evaluate(stops) == 2
    await tab.evaluate("document.querySelector('#messages > li[tabindex=\"0\"]').focus()")
    said = "document.activeElement.querySelector('.text').textContent"
    for key, text in (
        ("ArrowUp", "hello 3"),
        ("ArrowUp", "hello 2"),
        ("ArrowDown", "hello 3"),
        ("Home", "hello 0"),
        ("End", "hello 4"),
    ):
        await tab.press(key)
        assert await tab.evaluate(said) == text, key
    await tab.press("Home")
    await playground.member("bob").say("hello 5")
    await tab.until(shows(".text", "hello 5"))
    assert await tab.evaluate(said) == "hello 0"
    await tab.press("Tab")
    assert await tab.evaluate("document.activeElement.closest('li').innerText.includes('hello 0')")
    await tab.press("Escape")
    assert await tab.evaluate(said) == "hello 0"


async def test_what_changes_under_the_keyboard_keeps_its_place(setup: Setup):
    playground, _, tab = setup
    bob = playground.member("bob")
    message = await bob.say("hello")
    await bob.react(message, "👀")
    await tab.until(shows(".reactions button", "👀 1"))
    await tab.evaluate("document.querySelector('.reactions button').focus()")
    await tab.press("Enter")
    await tab.until(shows(".reactions button", "👀 2"))
    assert await tab.evaluate("document.activeElement.textContent") == "👀 2"
    await bob.say("there")
    await tab.until(shows(".text", "there"))
    await bob.delete(message)
    await tab.until("document.querySelectorAll('#messages > li').length === 1")
    assert await tab.evaluate("document.activeElement.querySelector('.text').textContent") == "there"


async def test_headings_go_down_one_level_at_a_time(setup: Setup):
    playground, _, tab = setup
    await playground.member("bob").say("### Small\ntext\n# Big")
    await tab.until("document.querySelector('.text h3')")
    levels = await tab.evaluate(
        "[...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map((each) => Number(each.tagName[1]))"
    )
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels)), levels


async def test_a_link_in_a_text_is_underlined(setup: Setup):
    _, _, tab = setup
    await buttons_posted(setup)
    await tab.until("document.querySelector('.text a')")
    line = await tab.evaluate("getComputedStyle(document.querySelector('.text a')).textDecorationLine")
    assert line == "underline"


async def test_a_modal_keeps_the_focus_and_gives_it_back_to_the_button(setup: Setup):
    _, bot, tab = setup
    message = await buttons_posted(setup)
    await tab.until("document.querySelector('.buttons button')")
    await tab.evaluate("document.querySelector('.buttons button').focus()")
    await tab.press("Enter")
    interaction = await bot.interactions.get()
    await interaction.response.send_modal(FilledModal())
    await tab.until("document.querySelector('dialog[open]')?.contains(document.activeElement)")
    await message.edit(content="changed meanwhile", view=discord.ui.View.from_message(message, timeout=None))
    await tab.until(shows(".text", "changed meanwhile"))
    for _ in range(14):
        await tab.press("Tab")
        assert await tab.evaluate("document.querySelector('dialog').contains(document.activeElement)")
    await tab.press("Escape")
    await tab.until("!document.querySelector('dialog[open]')")
    await tab.until("document.activeElement.dataset.id === 'again'")


async def test_a_modal_of_a_command_gives_the_focus_back_to_the_composer(setup: Setup):
    _, _, tab = setup
    await modal_opened(setup)
    await tab.press("Escape")
    await tab.until("document.querySelector('#composer').contains(document.activeElement)")


async def test_a_new_message_is_spoken_and_an_old_one_is_not(setup: Setup):
    playground, _, tab = setup
    spoken = "document.querySelector('[aria-live=polite]').textContent"
    await playground.member("bob").say("hello there")
    await tab.until(f"{spoken} === 'bob: hello there'")
    await playground.member("bob").say("elsewhere", channel=playground.voice("Lounge"))
    await tab.until("document.querySelector('.unread')")
    assert await tab.evaluate(spoken) == "bob: hello there"


async def test_the_channels_of_a_phone_are_left_by_escape(setup: Setup):
    _, _, tab = setup
    await tab.resize(PHONE)
    await tab.click("#show-channels")
    await tab.until("document.querySelector('#channels').contains(document.activeElement)")
    await tab.press("Escape")
    await tab.until("document.activeElement.id === 'show-channels'")
    assert await tab.evaluate("getComputedStyle(document.querySelector('#channels')).display") == "none"


LINKS = (
    "[Open the clip](https://discord.com/channels/1/{channel}/{message})",
    "https://ptb.discord.com/channels/1/{channel}/{message}",
    "<https://discordapp.com/channels/@me/{channel}/{message}>",
    "https://discord.com/channels/1/{channel}",
    "https://discord.com/developers/docs",
    "https://discord.gg/abc",
    "[an invitation](https://discord.com/invite/abc)",
)


async def test_no_link_or_button_leads_to_discord(setup: Setup):
    playground, bot, tab = setup
    channel = bot.get_partial_messageable(playground.channel.id)
    sent = await channel.send("the clip")
    place = {"channel": playground.channel.id, "message": sent.id}
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label="Open the clip", url=LINKS[3].format(**place) + f"/{sent.id}"))
    view.add_item(discord.ui.Button(label="Elsewhere", url="https://example.org/discord.com"))
    await channel.send("\n".join(LINKS).format(**place), view=view)
    await tab.until(shows(".button", "Elsewhere"))
    targets = await tab.evaluate(
        "[...document.querySelectorAll('a')].map((each) => each.getAttribute('href'))"
    )
    own, message = "#messages", f"#m-{sent.id}"
    assert targets == [message, message, message, own, message, "https://example.org/discord.com"]
    await tab.click("a.button", "Open the clip")
    await tab.until(f"document.querySelector('{message}:target')")


async def test_a_link_to_what_is_gone_says_so(setup: Setup):
    playground, _, tab = setup
    await playground.member("bob").say("https://discord.com/channels/1/2/3")
    await tab.click("a.mention")
    await tab.until(shows("#connection", "That message is gone"))
    assert not await tab.evaluate("location.hash")


async def test_a_reply_shows_the_message_as_it_is_also_after_a_walk_through_channels(setup: Setup):
    playground, bot, tab = setup
    playground.voice("Lounge")
    first = await bot.get_partial_messageable(playground.channel.id).send("one")
    await first.reply("answer")
    await tab.until(shows(".above", "one"))
    await tab.click("#channels button", "Lounge")
    await first.edit(content=f"two {json.dumps('words')}")
    await tab.click("#channels button", "general")
    await tab.until(shows(".above", 'two "words"'))
    await tab.click("#channels button", "Lounge")
    await first.delete()
    await tab.click("#channels button", "general")
    await tab.until(shows(".above", "the message was deleted"))
