"""The page in a headless Chromium, as somebody uses it."""

import io
import time
from pathlib import Path

import discord
import pytest

from playground.discord.model import Upload
from playground.page import playground_with_page
from playground.page.browser import Tab
from tests.playground.page_client import Setup, shows
from tests.playground.small_bot import picture

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),  # one browser for all
    pytest.mark.long,
]


async def ask(tab: Tab, prompt: str) -> None:
    """`/animate` with the sample picture."""
    await tab.click(".below .link")
    await tab.until("document.querySelector('.drop img').naturalWidth")
    await tab.evaluate("document.querySelector('textarea[name=prompt]').value = ''")
    await tab.type("textarea[name=prompt]", prompt)
    await tab.press("Enter")


async def test_a_picture_and_enter_bring_a_clip_and_a_click_another_one(setup: Setup):
    _, _, tab = setup
    await ask(tab, "the cat blinks")
    await tab.until(shows(".above", "ada used /animate"))
    await tab.until("document.querySelector('video')?.videoWidth === 0")  # the small bot's is no real one
    await tab.until(shows(".text", "@ada here you are @everyone"))
    await tab.choose("#person", "grace")
    await tab.until("document.querySelector('#person').value === 'grace'")
    await tab.click(".reactions [aria-pressed=false]")
    await tab.until("document.querySelectorAll('video').length === 2")
    await tab.until(shows(".text", "@grace here you are"))
    await tab.until("document.querySelector('.reactions [aria-pressed=true]').title.includes('grace')")


async def test_what_people_write_cannot_become_part_of_the_page(setup: Setup):
    playground, _, tab = setup
    for words in (
        "<img src=x onerror='window.harm=1'>",
        "<script>window.harm=1</script>",
        "[x](javascript:harm=1)",
    ):
        await playground.member("bob").say(words)
    await tab.until("document.querySelectorAll('#messages li').length === 3")
    assert await tab.evaluate("[...document.querySelectorAll('.text')].map((each) => each.textContent)") == [
        "<img src=x onerror='window.harm=1'>",
        "<script>window.harm=1</script>",
        "[x](javascript:harm=1)",
    ]
    assert await tab.evaluate("document.querySelectorAll('#messages :is(img, script, a)').length") == 0
    assert await tab.evaluate("window.harm") is None


MARKDOWN = {
    "**bold** *it* _it_ __u__ ~~s~~": "<strong>bold</strong> <em>it</em> <em>it</em> <u>u</u> <s>s</s>",
    "**b**_i_~~s~~": "<strong>b</strong><em>i</em><s>s</s>",
    "**bold *and it***": "<strong>bold <em>and it</em></strong>",
    r"\*plain\* \_plain\_ \`x\` \<@5\>": "*plain* _plain_ `x` &lt;@5&gt;",
    r"**a \** b**": "<strong>a ** b</strong>",
    "my_file_name 2*3*4": "my_file_name 2<em>3</em>4",
    "`a **b** <i>` ``c`d``": "<code>a **b** &lt;i&gt;</code> <code>c`d</code>",
    "```py\nx = 1\n```after": "<pre><code>x = 1</code></pre>after",
    "> said\n> twice\nthen": "<blockquote>said\ntwice</blockquote>then",
    "a > b": "a &gt; b",
    "# Big\n-# small": "<h3>Big</h3><small>small</small>",
    "- one\n- two": "<ul><li>one</li><li>two</li></ul>",
    "<@5> <@!6> <#7> </animate:8>": '<span class="mention">@ada</span> <span class="mention">@unknown</span> '
    '<span class="mention">#general</span> <span class="mention">/animate</span>',
    "https://discord.com/channels/1/7/9": '<a href="#m-9" class="mention" data-channel="7">'
    "#general › message</a>",
    "see https://example.org/a_b_c.": 'see <a href="https://example.org/a_b_c" target="_blank" '
    'rel="noopener noreferrer">https://example.org/a_b_c</a>.',
    "[here](https://example.org)": '<a href="https://example.org" target="_blank" '
    'rel="noopener noreferrer">here</a>',
    "[no](data:text/html,x)": "[no](data:text/html,x)",
    "**unclosed `and": "**unclosed `and",
    "": "",
}


async def test_discord_s_markdown_is_shown_as_discord_shows_it(setup: Setup):
    _, _, tab = setup
    for text, markup in MARKDOWN.items():
        shown = await tab.evaluate(f"""import("/playground/markdown.js").then(({{ markdown }}) => {{
            const names = {{ people: {{ 5: "ada" }}, channels: {{ 7: "general" }} }};
            const box = document.createElement("div");
            box.append(markdown({text!r}, names));
            return box.innerHTML;
        }})""")
        assert shown == markup, text


async def test_a_spoiler_opens_when_clicked(setup: Setup):
    playground, _, tab = setup
    await playground.member("bob").say("||the butler||")
    await tab.until("document.querySelector('.spoiler')")
    assert await tab.evaluate("document.querySelector('.text').innerText") == ""
    await tab.click(".spoiler")
    assert await tab.evaluate("document.querySelector('.text').innerText") == "the butler"


async def test_a_spoilered_file_is_behind_a_veil(setup: Setup):
    playground, _, tab = setup
    await playground.member("bob").say("", Upload(filename="cat.png", data=picture(), spoiler=True))
    await tab.until("document.querySelector('details.veil img')")
    assert not await tab.evaluate("document.querySelector('details.veil').open")


async def test_a_relative_time_ticks_without_an_edit(setup: Setup):
    playground, _, tab = setup
    await playground.member("bob").say(f"ready <t:{int(time.time()) + 30}:R>")
    await tab.until("document.querySelector('time[data-style=R]')")
    first = await tab.evaluate("document.querySelector('time[data-style=R]').textContent")
    assert str(first).startswith("in ")
    await tab.until(f"document.querySelector('time[data-style=R]').textContent !== {first!r}", timeout=5)


async def test_a_video_plays_on_while_messages_around_it_and_its_own_words_change(setup: Setup):
    playground, bot, tab = setup
    channel = bot.get_partial_messageable(playground.channel.id)
    other = await channel.send("queued")
    message = await channel.send("clip", file=discord.File(io.BytesIO(b"no video"), "clip.mp4"))
    await tab.until("document.querySelector('video')")
    await tab.evaluate("document.querySelector('video').marked = true")
    playground.discord.advance(2)  # the signed addresses of files are others now
    await other.edit(content="sampling")
    await message.edit(content="the clip")
    await message.add_reaction("🔁")
    await tab.until(shows(".text", "sampling"))
    await tab.until(shows(".text", "the clip (edited)"))
    await tab.until(shows(".reactions", "🔁 1"))
    await tab.choose("#person", "grace")  # a new stream, which begins with everything
    await tab.until(shows("#person option:checked", "grace"))
    assert await tab.evaluate("document.querySelector('video').marked")


async def test_a_reply_follows_the_message_it_answers(setup: Setup):
    playground, bot, tab = setup
    channel = bot.get_partial_messageable(playground.channel.id)
    first = await channel.send("**one**")
    await first.reply("answer")
    await tab.until(shows(".above", "Animate one"))
    await first.edit(content="two")
    await tab.until(shows(".above", "Animate two"))
    await first.delete()
    await tab.until(shows(".above", "the message was deleted"))


async def test_a_refused_option_is_said_at_its_field(setup: Setup):
    _, bot, tab = setup
    await tab.click(".below summary")
    await tab.type("input[name=seconds]", "9")
    await tab.click(".below summary")
    await ask(tab, "the cat blinks")
    await tab.until(shows(".field .error", "must be at most 5"))
    assert await tab.evaluate("document.activeElement.name") == "seconds"
    assert await tab.evaluate("document.activeElement.hasAttribute('aria-invalid')")
    assert await tab.evaluate("document.querySelector('textarea[name=prompt]').value") == "the cat blinks"
    assert bot.interactions.empty()
    await tab.evaluate("document.querySelector('input[name=seconds]').value = ''")
    await tab.type("input[name=seconds]", "2")
    await tab.press("Enter")
    await bot.interactions.get()
    await tab.until("document.querySelector('textarea[name=prompt]').value === ''")


async def test_what_only_one_person_sees_can_be_dismissed(setup: Setup):
    playground, _, tab = setup
    await ask(tab, "refuse this")
    await tab.until(shows(".only-you", "I would rather not"))
    await tab.until(shows(".only-you", "Only you can see this"))
    await tab.click(".only-you .link")
    await tab.until("!document.querySelector('.only-you')")
    await tab.choose("#person", "ada")  # hears everything anew
    await playground.member("bob").say("hello")
    await tab.until(shows(".text", "hello"))
    assert await tab.evaluate("document.querySelector('.only-you')") is None


async def test_a_bot_s_silence_is_shown_to_whoever_asked(setup: Setup):
    playground, bot, tab = setup
    await tab.choose(".command select", "hold")
    await tab.click(".send")
    await bot.interactions.get()
    playground.discord.advance(4)
    await tab.until(shows(".only-you", "The application did not respond"))


async def test_every_option_of_the_command_has_a_field_with_its_limits(setup: Setup):
    _, _, tab = setup
    await tab.choose(".command select", "hold")
    number = "document.querySelector('input[name=number]')"
    await tab.until(number)
    assert await tab.evaluate(f"[{number}.min, {number}.max]") == ["0.1", "1"]
    assert await tab.evaluate(
        "[...document.querySelectorAll('select[name=size] option')].map((each) => each.text)"
    ) == [
        "–",
        "small",
    ]
    await tab.click(".below summary")
    await tab.type("input[name=text]", "ta")
    await tab.until("document.querySelector('datalist option')?.value === 'tall'")
    assert await tab.evaluate("document.querySelectorAll('datalist option').length") == 1


async def test_a_picture_can_be_chosen_dropped_or_pasted(setup: Setup, tmp_path: Path):
    _, bot, tab = setup
    file = tmp_path / "chosen.png"
    file.write_bytes(picture())
    await tab.choose_file("input[type=file]", file)
    await tab.until(shows(".drop", "chosen.png"))
    for event, carrier in (("DragEvent('drop'", "dataTransfer"), ("ClipboardEvent('paste'", "clipboardData")):
        name = f"{carrier}.png"
        await tab.evaluate(f"""(() => {{
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array({list(picture())})], {name!r}, {{ type: "image/png" }}));
            document.body.dispatchEvent(new {event}, {{ {carrier}: data, bubbles: true }}));
        }})()""")
        await tab.until(shows(".drop", name))
    await tab.type("textarea[name=prompt]", "a cat")
    await tab.press("Enter")
    data = (await bot.interactions.get()).data
    [attachment] = data["resolved"]["attachments"].values()
    assert attachment["filename"] == "clipboardData.png"
    assert attachment["size"] == len(picture())


async def test_enter_in_the_middle_of_composing_chinese_sends_nothing(setup: Setup):
    _, _, tab = setup
    await tab.type("textarea[name=prompt]", "一只猫")
    taken = """!document.activeElement.dispatchEvent(new KeyboardEvent("keydown",
        {{ key: "Enter", isComposing: {composing}, bubbles: true, cancelable: true }}))"""
    assert not await tab.evaluate(taken.format(composing="true"))
    assert await tab.evaluate(taken.format(composing="false"))
    await tab.until(shows(".field .error", "is required"))


async def test_the_language_is_kept_and_reaches_the_bot(setup: Setup):
    _, bot, tab = setup
    await tab.choose("#language", "zh-CN")
    await tab.until("location.search === '?as=ada&locale=zh-CN'")
    await ask(tab, "refuse this")
    assert (await bot.interactions.get()).locale is discord.Locale.chinese


async def test_the_page_finds_a_playground_that_was_started_again(setup: Setup):
    _, _, tab = setup
    async with playground_with_page(comfyui=None) as first:
        port = int(first.discord.origin.rpartition(":")[2])
        await first.member("bob").say("before")
        await tab.open(first.discord.origin)
        await tab.until(shows(".text", "before"))
    await tab.until(shows("#connection", "The connection is lost"))
    async with playground_with_page(comfyui=None, port=port) as second:
        await second.member("bob").say("after")
        await tab.until(shows(".text", "after"))
        await tab.until("document.querySelectorAll('#messages li').length === 1")


@pytest.mark.parametrize("width", [360, 1200])
async def test_nothing_sticks_out_of_a_narrow_or_a_wide_window(setup: Setup, width: int):
    playground, _, tab = setup
    await playground.member("bob").say("x" * 500, Upload(filename="wide.png", data=picture()))
    await tab.open(playground.discord.origin, width=width, height=740, mobile=width < 500)
    await tab.until("document.querySelector('#messages img')")
    await tab.click(".below summary")
    assert (
        await tab.evaluate(
            "[...document.querySelectorAll('body *:not(.hidden, option, datalist)')]"
            f".filter((each) => each.getBoundingClientRect().right > {width}).map((each) => each.outerHTML)"
        )
        == []
    )
    assert await tab.evaluate("document.querySelector('main').scrollWidth") <= width
    assert await tab.evaluate("document.querySelector('.send').getBoundingClientRect().bottom") <= 740
