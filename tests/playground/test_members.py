"""Members: what they see, what they wait for, and what a page can show of them."""

import asyncio
import json

import aiohttp
import pytest
from aiohttp import web

from playground.discord.model import Upload
from playground.discord.permissions import Permission
from playground.errors import NeverHappened, NotPossible
from playground.playground import Playground
from tests.playground.small_bot import Setup, connected, picture


@pytest.fixture
async def setup():
    async with connected() as (playground, bot):
        yield playground, bot


async def test_who_waits_in_vain_is_shown_the_last_words_and_requests(setup: Setup):
    playground, _ = setup
    job = await playground.member("ada").animate(picture(), "a cat")
    await job.video()
    with pytest.raises(NeverHappened) as vain:
        await job.says("words that never come", timeout=0.05)
    assert "Queued: a cat" in str(vain.value)
    assert "PATCH /webhooks/" in str(vain.value)


async def test_two_people_reacting_to_one_clip_get_a_clip_each(setup: Setup):
    playground, _ = setup
    ada, bob = playground.member("ada"), playground.member("bob")
    clip = await (await ada.animate(picture(), "a cat")).video()
    jobs = [await ada.react(clip, "🔁"), await bob.react(clip, "🔁")]
    clips = await asyncio.gather(*(job.video() for job in jobs))
    assert len({clip.message.id, *(each.message.id for each in clips)}) == 3
    assert {each.pinged for each in clips} == {("ada",), ("bob",)}


async def test_a_short_reply_to_a_reaction_is_read_and_seen_going(setup: Setup):
    playground, bot = setup
    ada = playground.member("ada")
    message = await ada.say("not a clip")
    job = await ada.react(message, "👀")
    await bot.reactions.get()
    below = bot.get_partial_messageable(playground.channel.id).get_partial_message(message.id)
    reply = await below.reply("that is no clip")
    assert await job.refused() == "that is no clip"
    await reply.delete()
    await job.gone()
    assert job.text == "that is no clip"


async def test_a_person_does_only_what_their_permissions_allow(setup: Setup):
    playground, _ = setup
    ada, bob = playground.member("ada"), playground.member("bob")
    message = await ada.say("mine")
    with pytest.raises(NotPossible, match="Manage Messages"):
        await bob.delete(message)
    await ada.delete(message)
    with pytest.raises(NotPossible, match="does not see"):
        await ada.react(message, "🔁")


async def test_people_have_roles_languages_and_permissions(setup: Setup):
    playground, bot = setup
    ada = playground.member(
        "ada", locale="zh-TW", roles=("GPU", "artist"), permissions=Permission.MANAGE_GUILD
    )
    playground.member("bob", roles=("GPU",))
    await ada.command("hold")
    interaction = await bot.interactions.get()
    assert {role.name for role in interaction.user.roles} == {"@everyone", "GPU", "artist", "ada's"}
    assert interaction.permissions.manage_guild
    assert len([role for role in playground.guild.roles.values() if role.name == "GPU"]) == 1


async def test_other_bots_and_webhooks_can_act(setup: Setup):
    playground, bot = setup
    rival = playground.member("rival", bot=True)
    message = await playground.webhook("feed").say("news")
    await rival.react(message, "🔁")
    event = await bot.reactions.get()
    assert event.member.bot
    fetched = await bot.get_partial_messageable(playground.channel.id).fetch_message(message.id)
    assert fetched.webhook_id is not None
    assert len(playground.state.revisions[message.id]) == 1


async def test_a_page_can_show_everything_from_plain_json(setup: Setup):
    playground, _ = setup
    ada, bob = playground.member("ada"), playground.member("bob")
    await ada.say("hello", Upload(filename="cat.png", data=picture()))
    with playground.watch(ada) as changes:
        shown = json.loads(json.dumps(playground.snapshot(ada)))
        assert [message["content"] for message in shown["messages"]] == ["hello"]
        assert {command["name"] for command in shown["commands"]} >= {"animate", "rules"}
        await (await bob.animate(b"x", "refuse")).refused()
        await (await ada.animate(b"x", "refuse")).refused()
        seen = [changes.get_nowait() for _ in range(changes.qsize())]
    assert all(json.dumps(change.data) for change in seen)
    refusals = [change for change in seen if change.name == "CLIENT_MESSAGE"]
    assert [change.data["content"] for change in refusals] == ["I would rather not"]
    assert not any(change.name == "INTERACTION_CREATE" for change in seen)


async def test_a_page_is_served_beside_discord():
    async def hello(request: web.Request) -> web.Response:
        return web.Response(text="hello")

    async with (
        Playground(comfyui=None, routes=lambda: [web.get("/", hello)]) as playground,
        aiohttp.ClientSession() as session,
        session.get(playground.discord.origin) as answer,
    ):
        assert await answer.text() == "hello"


async def test_the_environment_names_discord_and_the_comfyui_of_its_own():
    async with Playground(comfyui={"token": "a word"}) as playground:
        found = playground.environment()
        assert found["DISCORD_API_URL"].endswith("/api/v10")
        assert (found["COMFYUI_URL"], found["COMFYUI_TOKEN"]) == (playground.comfyui.url, "a word")
    async with Playground(comfyui="http://gpu.example:8188") as playground:
        assert playground.environment()["COMFYUI_URL"] == "http://gpu.example:8188"
    async with Playground(comfyui=None) as playground:
        assert "COMFYUI_URL" not in playground.environment()
