"""Messages as the real discord.py writes and reads them: lengths, pings, replies, nonces, files, history."""

import io

import discord
import pytest

from playground.discord.model import Upload
from playground.discord.permissions import Permission
from tests.playground.small_bot import CLIP, Setup, connected, picture


@pytest.fixture
async def setup():
    async with connected() as (playground, bot):
        yield playground, bot


def channel_of(setup: Setup) -> discord.PartialMessageable:
    playground, bot = setup
    return bot.get_partial_messageable(playground.channel.id, guild_id=playground.guild.id)


def file(size: int = 10, name: str = "clip.mp4") -> discord.File:
    return discord.File(io.BytesIO(bytes(size)), name)


async def refused(sending) -> discord.HTTPException:
    with pytest.raises(discord.HTTPException) as error:
        await sending
    return error.value


async def test_two_thousand_characters_fit_and_one_more_is_an_invalid_form(setup: Setup):
    channel = channel_of(setup)
    await channel.send("x" * 2000)
    error = await refused(channel.send("x" * 2001))
    assert (error.status, error.code) == (400, 50035)
    assert "In content: Must be 2000 or fewer in length." in error.text


async def test_nothing_at_all_is_no_message(setup: Setup):
    error = await refused(channel_of(setup).send(""))
    assert (error.status, error.code) == (400, 50006)


async def test_an_embed_keeps_to_its_limits(setup: Setup):
    playground, _ = setup
    channel = channel_of(setup)
    await channel.send(embed=discord.Embed(title="x" * 256, description="y" * 4096))
    assert "In embeds.0.title" in (await refused(channel.send(embed=discord.Embed(title="x" * 257)))).text
    playground.discord.violations.clear()  # Discord's document has no limit of the total
    long = [discord.Embed(description="x" * 3001) for _ in range(2)]
    assert "Embed size exceeds maximum size of 6000" in (await refused(channel.send(embeds=long))).text


async def test_a_custom_id_is_used_once_and_is_short(setup: Setup):
    channel = channel_of(setup)
    view = discord.ui.View(timeout=None)
    for _ in range(2):
        view.add_item(discord.ui.Button(label="twice", custom_id="same"))
    assert "custom id cannot be duplicated" in (await refused(channel.send("x", view=view))).text


async def test_a_components_v2_message_has_neither_content_nor_embeds(setup: Setup):
    playground, _ = setup
    channel = channel_of(setup)
    view = discord.ui.LayoutView(timeout=None)
    view.add_item(discord.ui.Container(discord.ui.TextDisplay("a card"), discord.ui.TextDisplay("of two")))
    sent = await channel.send(view=view)
    assert playground.state.messages[sent.id].text == "a card\nof two"
    assert (await refused(sent.edit(content="x"))).code == 50035


async def test_a_components_v2_message_has_at_most_four_thousand_characters(setup: Setup):
    view = discord.ui.LayoutView(timeout=None)
    for _ in range(2):
        view.add_item(discord.ui.TextDisplay("x" * 2001))
    view._LayoutView__total_content_length = 0
    assert (await refused(channel_of(setup).send(view=view))).code == 50035


async def test_only_those_allowed_are_pinged(setup: Setup):
    playground, _ = setup
    ada, bob = playground.member("ada"), playground.member("bob")
    text = f"{ada.mention} {bob.mention} @everyone"
    allowed = discord.AllowedMentions(everyone=False, roles=False, users=[discord.Object(ada.id)])
    sent = await channel_of(setup).send(text, allowed_mentions=allowed)
    assert playground.state.messages[sent.id].pinged == {ada.id}
    assert not sent.mention_everyone
    sent = await channel_of(setup).send(text, allowed_mentions=discord.AllowedMentions.none())
    assert playground.state.messages[sent.id].pinged == frozenset()
    sent = await channel_of(setup).send(text)
    assert playground.state.messages[sent.id].pinged == {ada.id, bob.id}


async def test_users_alone_also_parse_everyone_and_roles(setup: Setup):
    """The trap of discord.py's `AllowedMentions(users=[…])`: what it leaves out, it allows."""
    playground, _ = setup
    playground.allow(Permission.MENTION_EVERYONE)
    ada = playground.member("ada")
    allowed = discord.AllowedMentions(users=[discord.Object(ada.id)])
    sent = await channel_of(setup).send("@everyone", allowed_mentions=allowed)
    assert sent.mention_everyone


async def test_an_edit_pings_nobody(setup: Setup):
    playground, _ = setup
    sent = await channel_of(setup).send("x")
    await sent.edit(content=playground.member("ada").mention)
    assert playground.state.messages[sent.id].pinged == frozenset()


async def test_a_reply_pings_its_author_unless_told_not_to(setup: Setup):
    playground, _ = setup
    ada = playground.member("ada")
    message = await ada.say("hello")
    below = channel_of(setup).get_partial_message(message.id)
    loud = await below.reply("hi")
    quiet = await below.reply("hi", mention_author=False)
    assert loud.type is discord.MessageType.reply
    assert playground.state.messages[loud.id].pinged == {ada.id}
    assert playground.state.messages[quiet.id].pinged == frozenset()
    fetched = await channel_of(setup).fetch_message(loud.id)
    assert fetched.reference.resolved.id == message.id


async def test_a_reply_to_nothing_is_refused_or_sent_plainly(setup: Setup):
    channel = channel_of(setup)
    gone = discord.MessageReference(message_id=1, channel_id=channel.id)
    error = await refused(channel.send("x", reference=gone))
    assert (error.status, error.code) == (400, 50035)
    assert "Unknown message" in error.text
    answer = {"_errors": [{"code": "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "message": "Unknown message"}]}
    assert error._errors == {"message_reference": answer}
    gone.fail_if_not_exists = False
    assert (await channel.send("x", reference=gone)).reference is None


async def test_the_same_nonce_gives_the_first_message_back_for_some_minutes(setup: Setup):
    playground, _ = setup
    channel = channel_of(setup)
    first = await channel.send("x", nonce="job-1")
    again = await channel.send("y", nonce="job-1")
    assert (again.id, again.content, len(playground.messages)) == (first.id, "x", 1)
    playground.discord.advance(6 * 60)
    assert (await channel.send("y", nonce="job-1")).id != first.id


async def test_a_nonce_counts_for_the_author_in_all_channels(setup: Setup):
    playground, bot = setup
    first = await channel_of(setup).send("x", nonce="job-1")
    other = bot.get_partial_messageable(playground.channel_named("other").id)
    again = await other.send("y", nonce="job-1")
    assert (again.id, playground.state.messages_in(other.id)) == (first.id, [])


async def test_a_nonce_whose_message_was_deleted_answers_unknown_message(setup: Setup):
    playground, _ = setup
    channel = channel_of(setup)
    await (await channel.send("x", nonce="job-1")).delete()
    error = await refused(channel.send("x", nonce="job-1"))
    assert (error.status, error.code, playground.messages) == (404, 10008, [])
    playground.discord.advance(6 * 60)
    await channel.send("x", nonce="job-1")


async def test_a_file_above_the_limit_is_too_large_and_a_boosted_guild_takes_more(setup: Setup):
    playground, _ = setup
    channel = channel_of(setup)
    await channel.send(file=file(10 * 2**20))
    error = await refused(channel.send(file=file(10 * 2**20 + 1)))
    assert (error.status, error.code) == (413, 40005)
    playground.boost(level=2)
    await channel.send(file=file(10 * 2**20 + 1))


async def test_a_file_keeps_its_bytes_its_name_and_its_description(setup: Setup):
    drawn = discord.File(io.BytesIO(picture()), "a b.png", description="teal")
    sent = await channel_of(setup).send(file=drawn)
    (attachment,) = sent.attachments
    assert (attachment.filename, attachment.description) == ("a_b.png", "teal")
    assert (attachment.content_type, attachment.width, attachment.height) == ("image/png", 64, 48)
    assert await attachment.read() == picture()


async def test_the_default_limit_of_all_can_be_raised(setup: Setup):
    playground, bot = setup
    playground.limit_uploads(20 * 2**20)
    ada, rich = playground.member("ada"), playground.member("rich", upload_limit=50 * 2**20)
    await channel_of(setup).send(file=file(20 * 2**20))
    assert (await refused(channel_of(setup).send(file=file(20 * 2**20 + 1)))).code == 40005
    limits = []
    for person in (ada, rich):
        await person.command("hold")
        limits.append((await bot.interactions.get()).filesize_limit)
    assert limits == [20 * 2**20, 50 * 2**20]


async def test_embeds_are_suppressed_by_a_flag_that_can_be_taken_back(setup: Setup):
    playground, _ = setup
    text = "https://example.org [x](https://example.org/b) <https://quiet.example> discord.gg/abc"
    sent = await channel_of(setup).send(text, embed=discord.Embed(title="x"), suppress_embeds=True)
    assert (sent.embeds, sent.flags.suppress_embeds) == ([], True)
    assert playground.state.messages[sent.id].unfurled == []
    edited = await sent.edit(suppress=False)
    assert ([each.title for each in edited.embeds], edited.flags.suppress_embeds) == (["x"], False)
    assert playground.state.messages[sent.id].unfurled == [
        "https://example.org",
        "https://example.org/b",
        "discord.gg/abc",
    ]
    assert (await sent.edit(suppress=True)).flags.suppress_embeds
    partial = channel_of(setup).get_partial_message(sent.id)
    assert (await partial.edit(content="y")).flags.suppress_embeds
    assert not (await sent.edit(content="y")).flags.suppress_embeds  # Message.edit sends suppress=False


async def test_a_file_is_a_spoiler_by_its_name_or_its_flag_and_stays_one(setup: Setup):
    playground, bot = setup
    named = await channel_of(setup).send(file=discord.File(io.BytesIO(b"1"), "a.mp4", spoiler=True))
    assert (named.attachments[0].filename, named.attachments[0].flags.spoiler) == ("SPOILER_a.mp4", True)
    edited = await named.edit(content="y", attachments=named.attachments)
    assert edited.attachments[0].flags.spoiler
    route = discord.http.Route("PATCH", f"/channels/{playground.channel.id}/messages/{named.id}")
    kept = {"id": str(named.attachments[0].id), "description": "a cat"}
    for is_spoiler, flags in ((False, 0), (True, 8)):
        body = {"attachments": [kept | {"is_spoiler": is_spoiler}]}
        (file,) = (await bot.http.request(route, json=body))["attachments"]
        assert (file.get("flags", 0), file["description"]) == (flags, "a cat")


async def test_a_persons_spoiler_and_a_file_of_no_known_kind_reach_the_bot(setup: Setup):
    playground, bot = setup
    ada = playground.member("ada")
    for upload, expected in (
        (Upload(filename="a.png", data=picture(), spoiler=True), ("a.png", "image/png", True)),
        (Upload(filename="a.png", data=picture(), content_type=""), ("a.png", None, False)),
        (Upload(filename="a.unknown", data=b"x"), ("a.unknown", None, False)),
    ):
        await ada.menu("Animate this", await ada.say("look", upload))
        interaction = await bot.interactions.get()
        (message,) = interaction.data["resolved"]["messages"].values()
        (file,) = message["attachments"]
        assert (file["filename"], file.get("content_type"), file.get("flags") == 8) == expected


async def test_an_edit_keeps_replaces_or_removes_files(setup: Setup):
    sent = await channel_of(setup).send("x", files=[file(1, "a.mp4"), file(2, "b.mp4")])
    edited = await sent.edit(content="y")
    assert [each.filename for each in edited.attachments] == ["a.mp4", "b.mp4"]
    edited = await sent.edit(attachments=[sent.attachments[1], file(3, "c.mp4")])
    assert [each.filename for each in edited.attachments] == ["b.mp4", "c.mp4"]
    assert (await sent.edit(attachments=[])).attachments == []


async def test_a_picture_that_an_embed_names_is_shown_there(setup: Setup):
    embed = discord.Embed(title="a poster").set_image(url="attachment://poster.png")
    shown = discord.File(io.BytesIO(picture()), "poster.png")
    sent = await channel_of(setup).send(embed=embed, file=shown)
    assert sent.attachments == []
    assert "/poster.png?ex=" in sent.embeds[0].image.url


async def test_history_is_read_by_before_after_and_around(setup: Setup):
    playground, _ = setup
    ada = playground.member("ada")
    ids = [(await ada.say(str(number))).id for number in range(6)]
    channel = channel_of(setup)

    async def read(**how: object) -> list[int]:
        return [ids.index(message.id) async for message in channel.history(**how)]

    assert await read(limit=2) == [5, 4]
    assert await read(limit=2, before=discord.Object(ids[3])) == [2, 1]
    assert await read(limit=2, after=discord.Object(ids[3])) == [4, 5]
    assert sorted(await read(limit=3, around=discord.Object(ids[3]))) == [2, 3, 4]


async def test_a_deleted_message_is_unknown(setup: Setup):
    playground, _ = setup
    sent = await channel_of(setup).send("x")
    mia = playground.member("mia", permissions=Permission.MANAGE_MESSAGES)
    await mia.delete(playground.state.messages[sent.id])
    for sending in (sent.edit(content="y"), sent.delete(), sent.fetch(), sent.add_reaction("🔁")):
        assert (await refused(sending)).code == 10008
    assert (await refused(sent.reply("y"))).code == 50035


async def test_anothers_message_cannot_be_edited_and_hides_its_words(setup: Setup):
    playground, _ = setup
    message = await playground.member("ada").say("secret", Upload(filename="cat.png", data=picture()))
    partial = channel_of(setup).get_partial_message(message.id)
    assert (await refused(partial.edit(content="y"))).code == 50005
    fetched = await partial.fetch()
    assert (fetched.content, fetched.attachments) == ("", [])


async def test_a_message_older_than_an_hour_is_edited_only_so_often(setup: Setup):
    playground, _ = setup
    sent = await channel_of(setup).send("x")
    playground.discord.advance(3601)
    for number in range(5):
        await sent.edit(content=str(number))
        playground.discord.advance(5)
    error = await refused(sent.edit(content="one more"))
    assert (error.status, error.code) == (429, 30046)


async def test_a_direct_message_arrives_unless_the_user_accepts_none(setup: Setup):
    playground, bot = setup
    ada, shy = playground.member("ada"), playground.member("shy", accepts_dms=False)
    sent = await (await bot.fetch_user(ada.id)).send(
        "your clip", file=discord.File(io.BytesIO(CLIP), "clip.mp4")
    )
    assert sent.guild is None
    assert [message.text for message in ada.inbox] == ["your clip"]
    error = await refused((await bot.fetch_user(shy.id)).send("your clip"))
    assert (error.status, error.code) == (403, 50007)
