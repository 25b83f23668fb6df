"""Messages that hold pictures in other places than attachments, as a message menu carries them to the bot."""

import aiohttp
import discord
import pytest

from playground.discord.model import Upload
from playground.members import Member
from playground.writers import Target
from tests.playground.small_bot import Setup, connected, picture
from tests.playground.test_discord_messages import channel_of


@pytest.fixture
async def setup():
    async with connected() as (playground, bot):
        yield playground, bot


PNG = Upload(filename="cat.png", data=picture())


async def resolved(setup: Setup, ada: Member, target: Target) -> dict:
    """The message as the menu "Animate this" brings it to the bot."""
    _, bot = setup
    await ada.menu("Animate this", target)
    interaction = await bot.interactions.get()
    return next(iter(interaction.data["resolved"]["messages"].values()))


async def test_a_forward_has_a_snapshot_of_the_message_and_no_words_of_its_own(setup: Setup):
    playground, _ = setup
    ada, bob = playground.member("ada"), playground.member("bob")
    source = await ada.say("my cat", PNG)
    forward = bob.forward(source, channel=playground.channel_named("other"))
    await ada.delete(source)
    data = await resolved(setup, ada, forward)
    (snapshot,) = data["message_snapshots"]
    assert (data["content"], data["attachments"], data["message_reference"]["type"]) == ("", [], 1)
    assert data["flags"] & discord.MessageFlags.forwarded.flag
    assert snapshot["message"]["content"] == "my cat"
    assert "author" not in snapshot["message"]
    url = snapshot["message"]["attachments"][0]["url"]
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        assert await answer.read() == picture()


async def test_discord_py_reads_a_forward_and_its_words_stay_hidden_over_rest(setup: Setup):
    playground, _ = setup
    ada = playground.member("ada")
    forward = ada.forward(await ada.say("my cat", PNG))
    fetched = await channel_of(setup).fetch_message(forward.id)
    (snapshot,) = fetched.message_snapshots
    assert (fetched.reference.type, snapshot.content) == (discord.MessageReferenceType.forward, "")
    assert snapshot.attachments == []


async def test_a_link_shows_another_sites_picture_by_discords_copy(setup: Setup):
    playground, _ = setup
    ada = playground.member("ada")
    link = await ada.link("https://example.org/cat.png", PNG)
    (embed,) = (await resolved(setup, ada, link))["embeds"]
    shown = embed["thumbnail"]
    assert (shown["url"], shown["width"]) == ("https://example.org/cat.png", 64)
    async with aiohttp.ClientSession() as session, session.get(shown["proxy_url"]) as answer:
        assert await answer.read() == picture()
    assert [each.split("/")[1] for each in playground.discord.file_requests] == ["external"]


async def test_a_webhooks_embed_and_a_gallery_show_files_of_the_message(setup: Setup):
    playground, _ = setup
    ada, feed = playground.member("ada"), playground.webhook()
    embed = {"type": "rich", "image": {"url": "attachment://cat.png"}}
    data = await resolved(setup, ada, await feed.say("", PNG, embeds=[embed]))
    image = data["embeds"][0]["image"]
    assert (data["attachments"], image["width"], "/cat.png?ex=" in image["proxy_url"]) == ([], 64, True)
    gallery = {"type": 12, "items": [{"media": {"url": "attachment://cat.png"}}]}
    data = await resolved(setup, ada, await feed.say("", PNG, components=[gallery]))
    media = data["components"][0]["items"][0]["media"]
    assert (data["attachments"], media["content_type"], media["height"]) == ([], "image/png", 48)


async def test_a_poll_without_an_end_has_no_expiry(setup: Setup):
    playground, _ = setup
    ada = playground.member("ada")
    data = await resolved(setup, ada, ada.ask("Which cat?", "teal", "tall"))
    assert (data["poll"]["expiry"], data["poll"]["question"]) == (None, {"text": "Which cat?"})
