"""The page's server: allowed origins, the events it sends, and what a member's request does."""

import asyncio
import contextlib
import io
import re
from collections.abc import AsyncGenerator, Iterator
from urllib.parse import urljoin

import aiohttp
import av
import discord
import pytest
from PIL import Image

from playground.page import Example, Sample, playground_with_page
from playground.playground import Playground
from tests.playground.page_client import PageClient, page_with_bot
from tests.playground.small_bot import Setup, picture


@pytest.fixture
async def setup() -> AsyncGenerator[Setup]:
    async with page_with_bot() as pair:
        yield pair


@pytest.fixture
async def session() -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
def ada(setup: Setup, session: aiohttp.ClientSession) -> PageClient:
    return PageClient(session, setup[0])


@pytest.fixture
def grace(setup: Setup, session: aiohttp.ClientSession) -> PageClient:
    return PageClient(session, setup[0], "grace")


# what it is made of


async def test_everything_the_page_loads_comes_from_this_server(setup: Setup, session: aiohttp.ClientSession):
    origin, waiting, seen = setup[0].discord.origin, ["/"], {}
    while waiting:
        async with session.get(origin + (path := waiting.pop())) as answer:
            assert answer.status == 200, path
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'self';")
            text, seen[path] = await answer.text(), answer.content_type
        loads = re.findall(r"""(?:src|href)="([^"]+)"|from "([^"]+)"|url\(([^)]+)\)""", text)
        found = {urljoin(path, "".join(load)) for load in loads} if path != "/playground/icon.svg" else set()
        assert all(load.startswith("/playground/") for load in found), found
        waiting += found - seen.keys() - set(waiting)
    assert seen["/playground/main.js"] in ("text/javascript", "application/javascript")
    assert seen["/playground/page.css"] == "text/css"


async def test_nothing_but_the_page_s_own_files_is_served(ada: PageClient):
    for path in ("page.py", "../page.py", "%2e%2e/page.py", "nothing.js"):
        status, _, _ = await ada.get(path)
        assert status == 404, path


async def test_the_sample_is_a_picture_where_there_is_one(ada: PageClient, session: aiohttp.ClientSession):
    assert (await ada.get("sample/0.png"))[1] == picture()
    assert (await ada.get("sample/1.png"))[0] == 404
    async with playground_with_page(comfyui=None) as bare:
        assert (await PageClient(session, bare).get("sample/0.png"))[0] == 404
        assert (await PageClient(session, bare).get("example.mp4"))[0] == 404


async def test_the_example_is_a_clip_that_is_encoded_once(session: aiohttp.ClientSession):
    drawn = []

    def draw() -> Iterator[Image.Image]:
        drawn.append(True)
        return iter([Image.new("RGB", (64, 48), "teal")] * 4)

    example = Example(draw=draw, size=(64, 48), fps=16)
    async with playground_with_page(comfyui=None, example=example) as playground:
        client = PageClient(session, playground)
        answers = await asyncio.gather(*(client.get("example.mp4") for _ in range(3)))
    assert [(status, kind) for status, _, kind in answers] == [(200, "video/mp4")] * 3
    assert len(drawn) == 1
    with av.open(io.BytesIO(answers[0][1])) as clip:
        assert len(list(clip.decode(video=0))) == 4


async def test_samples_are_told_in_the_language_of_whoever_looks(session: aiohttp.ClientSession):
    sample = Sample(draw=picture, title={"en-US": "Cat", "zh-CN": "猫"}, prompt="it blinks")
    async with playground_with_page(comfyui=None, samples=[sample]) as playground:
        for locale, title in (("en-US", "Cat"), ("zh-CN", "猫"), ("zh-TW", "Cat")):
            client = PageClient(session, playground)
            client.query["locale"] = locale
            async with client.events() as stream:
                told = (await stream.next("state")).data["about"]["samples"]
            assert told == [{"title": title, "prompt": "it blinks"}]


# who may ask


async def test_a_foreign_name_for_this_machine_reads_nothing(ada: PageClient):
    for path in ("page.css", "sample/0.png", "events"):
        assert (await ada.get(path, Host="evil.example"))[0] == 403
        assert (await ada.get(path, Host="evil.example:8420"))[0] == 403


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://evil.example"}, {"Origin": "null"}])
async def test_another_site_s_request_does_nothing(setup: Setup, ada: PageClient, headers: dict[str, str]):
    playground, bot = setup
    message = await playground.member("bob").say("hello")
    ada.headers = headers
    assert (await ada.run("animate", image=picture(), prompt="a cat"))[0] == 403
    assert (await ada.do("react", message=str(message.id), emoji="🔁"))[0] == 403
    assert (await ada.do("press", message=str(message.id), button="x"))[0] == 403
    assert (await ada.form("choices/hold", text="t"))[0] == 403
    assert bot.interactions.empty()
    assert not playground.state.messages[message.id].reactions
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        async with ada.events():
            pass


# what the stream tells


async def test_the_stream_begins_with_everything_there_is(setup: Setup, ada: PageClient):
    playground, _ = setup
    await playground.member("bob").say("hello")
    async with ada.events() as stream:
        state = (await stream.next("state")).data
    here = str(playground.channel.id)
    assert [each["content"] for each in state["messages"] if each["channel_id"] == here] == ["hello"]
    about = state["about"]
    assert about["names"][about["me"]] == "ada"
    assert about["online"]
    assert about["samples"] == [{"title": "", "prompt": "the cat blinks"}]
    kinds = [each["kind"] for each in about["channels"]]
    assert kinds == ["text", "public_thread", "forum", "public_thread", "voice"]
    assert {"animate", "hold", "rules"} <= {command["name"] for command in about["commands"]}


async def test_messages_are_sent_as_they_come_change_and_go(setup: Setup, ada: PageClient):
    playground, _ = setup
    bob = playground.member("bob")
    async with ada.events() as stream:
        await stream.next("state")
        message = await bob.say("hello")
        assert (await stream.next("message")).data["content"] == "hello"
        await bob.react(message, "👀")
        assert (await stream.next("message")).data["reactions"][0]["names"] == ["bob"]
        await bob.delete(message)
        assert (await stream.next("gone")).data == {"id": str(message.id)}


async def test_channels_that_one_may_not_see_and_others_direct_messages_are_not_shown(
    setup: Setup, ada: PageClient, session: aiohttp.ClientSession
):
    playground, bot = setup
    secret = playground.channel_named("moderators")
    mia = PageClient(session, playground, "mia")
    async with ada.events() as to_ada, mia.events() as to_mia:
        ids = (await to_ada.next("state")).data["about"]["names"]
        channels = (await to_mia.next("state")).data["about"]["channels"]
        assert "moderators" in {each["name"] for each in channels}
        await bot.get_partial_messageable(secret.id).send("a report")
        for name in ("mia", "ada"):
            person = next(int(key) for key in ids if ids[key] == name)
            await (await bot.fetch_user(person)).send(f"for {name}")
        told = (await to_ada.next("message")).data
        assert (told["content"], told["pings_me"]) == ("for ada", False)
        assert [(await to_mia.next("message")).data["content"] for _ in "ab"] == ["a report", "for mia"]


async def test_a_refusal_is_sent_to_its_person_alone(ada: PageClient, grace: PageClient, setup: Setup):
    async with ada.events() as to_ada, grace.events() as to_grace:
        await ada.run("animate", image=picture(), prompt="refuse this")
        refusal = (await to_ada.next("message")).data
        assert refusal["content"] == "I would rather not"
        assert refusal["only_you"]
        await setup[0].member("bob").say("for all")
        assert (await to_grace.next("message")).data["content"] == "for all"
    for client, seen in ((ada, {"I would rather not", "for all"}), (grace, {"for all"})):
        async with client.events() as anew:
            messages = (await anew.next("state")).data["messages"]
            assert {message["content"] for message in messages} - {"Show your best clip"} == seen


async def test_a_timeout_is_answered_with_its_reason(ada: PageClient, setup: Setup):
    async with ada.events() as stream:
        await ada.run("hold")
        setup[0].discord.advance(4)
        assert (await stream.next("unanswered")).data["text"] == "The application did not respond"


async def test_a_bot_that_goes_and_commands_that_change_are_sent(setup: Setup, ada: PageClient):
    _, bot = setup
    async with ada.events() as stream:
        await stream.next("state")
        bot.tree.remove_command("hold")
        await bot.tree.sync()
        commands = (await stream.next("about")).data["commands"]
        assert "hold" not in {command["name"] for command in commands}
        await bot.close()
        while (await stream.next("about")).data["online"]:
            pass


async def test_an_open_page_does_not_keep_the_playground_from_closing(session: aiohttp.ClientSession):
    async with contextlib.AsyncExitStack() as outlives, asyncio.timeout(1):
        async with playground_with_page(comfyui=None) as playground:
            stream = await outlives.enter_async_context(PageClient(session, playground).events())
            await stream.next("state")
        with pytest.raises(aiohttp.WSMessageTypeError):
            await stream.next("message")


async def test_the_page_says_where_its_clips_come_from_without_a_password(session: aiohttp.ClientSession):
    for comfyui, named in (("http://user:secret@gpu.example:8188/comfy", "gpu.example:8188"), ({}, None)):
        async with (
            playground_with_page(comfyui=comfyui) as playground,
            PageClient(session, playground).events() as stream,
        ):
            assert (await stream.next("state")).data["about"]["comfyui"] == named


# what a person does


async def test_a_form_becomes_a_command_with_its_file_and_options(setup: Setup, ada: PageClient):
    _, bot = setup
    async with ada.events() as stream:
        assert await ada.run("animate", image=picture(), prompt="a cat", seconds=4) == (200, {})
        options = (await bot.interactions.get()).data["options"]
        assert {each["name"]: each["value"] for each in options[1:]} == {"prompt": "a cat", "seconds": 4}
        while not (message := (await stream.next("message")).data)["attachments"]:
            pass
        assert message["attachments"][0]["filename"] == "clip.mp4"


async def test_numbers_and_choices_reach_the_bot_as_their_kind(setup: Setup, ada: PageClient):
    _, bot = setup
    assert (await ada.run("hold", text="teal", number="0.5", size="1"))[0] == 200
    options = (await bot.interactions.get()).data["options"]
    assert [each["value"] for each in options] == ["teal", 0.5, 1]


@pytest.mark.parametrize(
    ("name", "fields", "option", "reason"),
    [
        ("animate", {"prompt": "a cat"}, "image", "is required"),
        ("animate", {"image": picture()}, "prompt", "is required"),
        ("animate", {"image": picture(), "prompt": "x" * 1501}, "prompt", "must have 1 to 1500 characters"),
        ("animate", {"image": picture(), "prompt": "x", "seconds": 9}, "seconds", "must be at most 5"),
        ("animate", {"image": picture(), "prompt": "x", "seconds": "?"}, "seconds", "must be a whole number"),
        ("animate", {"image": "no file", "prompt": "x"}, "image", "cannot be given here"),
        ("hold", {"number": "nan"}, "number", "must be a number"),
        ("hold", {"size": 2}, "size", "must be one of [1]"),
        ("hold", {"person": "1"}, "person", "there is no 1"),
        ("hold", {"channel": "1"}, "channel", "cannot be given here"),
    ],
)
async def test_what_discord_s_client_would_not_send_is_refused_by_name(
    setup: Setup, ada: PageClient, name: str, fields: dict[str, object], option: str, reason: str
):
    status, refusal = await ada.run(name, **fields)
    assert status == 422
    assert refusal["option"] == option
    assert refusal["reason"].startswith(reason)
    assert setup[1].interactions.empty()


async def test_a_file_over_the_limit_is_refused_by_name(ada: PageClient):
    status, refusal = await ada.run("animate", image=io.BytesIO(bytes(10 * 1024 * 1024 + 1)), prompt="x")
    assert status == 422
    assert refusal == {"option": "image", "reason": "the file is larger than 10485760 bytes"}


async def test_what_is_not_there_or_not_allowed_is_refused_in_words(setup: Setup, ada: PageClient):
    assert await ada.run("nothing") == (409, {"reason": "there is no command nothing"})
    assert await ada.run("rules hide") == (409, {"reason": "/rules has no subcommand hide"})
    assert (await ada.run("rules show"))[1]["reason"] == "ada lacks Manage Server in #general"
    for gone in ("1", "x", ""):
        assert await ada.do("react", message=gone, emoji="🔁") == (409, {"reason": "that message is gone"})
    ada.query = {"as": "mallory"}
    assert (await ada.run("hold"))[0] == 409


async def test_a_reaction_is_put_and_taken_and_shown_as_one_s_own(
    setup: Setup, ada: PageClient, grace: PageClient
):
    playground, bot = setup
    message = await playground.member("bob").say("hello")
    async with ada.events() as to_ada, grace.events() as to_grace:
        await ada.do("react", message=str(message.id), emoji="👀")
        [mine] = (await to_ada.next("message")).data["reactions"]
        [hers] = (await to_grace.next("message")).data["reactions"]
        assert (mine["me"], hers["me"]) == (True, False)
        assert (await bot.reactions.get()).emoji.name == "👀"
        await ada.do("react", message=str(message.id), emoji="👀")
        assert (await to_ada.next("message")).data["reactions"] == []


async def test_a_button_is_pressed_by_its_custom_id(setup: Setup, ada: PageClient):
    playground, bot = setup
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label="Again", custom_id="again"))
    message = await bot.get_partial_messageable(playground.channel.id).send("look", view=view)
    assert (await ada.do("press", message=str(message.id), button="again"))[0] == 200
    assert (await bot.interactions.get()).data["custom_id"] == "again"
    status, refusal = await ada.do("press", message=str(message.id), button="other")
    assert (status, refusal["reason"]) == (409, "no button other in 'look'")


async def test_choices_are_asked_from_the_bot_with_what_else_is_filled_in(setup: Setup, ada: PageClient):
    _, bot = setup
    ada.query["option"] = "text"
    status, offered = await ada.form("choices/hold", text="ta", number="0.5")
    assert (status, offered) == (200, [{"name": "tall", "value": "tall"}])
    options = (await bot.interactions.get()).data["options"]
    assert {each["name"]: each["value"] for each in options} == {"text": "ta", "number": 0.5}
    assert len((await ada.form("choices/hold"))[1]) == 2


async def test_a_person_s_language_is_what_the_bot_reads(setup: Setup, ada: PageClient):
    _, bot = setup
    ada.query["locale"] = "zh-CN"
    await ada.run("hold")
    assert (await bot.interactions.get()).locale is discord.Locale.chinese


async def test_a_request_that_is_no_json_is_refused(setup: Setup, session: aiohttp.ClientSession):
    playground: Playground = setup[0]
    url = f"{playground.discord.origin}/playground/react?as=ada"
    async with session.post(url, data=b"{", headers={"Origin": playground.discord.origin}) as answer:
        assert answer.status == 400
