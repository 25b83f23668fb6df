"""Rate limits as the real discord.py meets them, and permissions."""

import asyncio

import aiohttp
import discord
import pytest

from playground.discord.emoji import is_emoji
from playground.discord.errors import RateLimitScope
from playground.discord.model import Upload
from playground.discord.permissions import Permission
from playground.errors import NotPossible
from tests.playground.small_bot import Setup, connected, picture
from tests.playground.test_discord_messages import channel_of, file, refused


@pytest.fixture
async def setup():
    async with connected() as (playground, bot):
        yield playground, bot


async def test_the_headers_keep_discord_py_from_ever_being_too_fast(setup: Setup):
    playground, _ = setup
    sent = await channel_of(setup).send("x")
    await asyncio.gather(*(sent.add_reaction(emoji) for emoji in "🔁❌🚩"))
    assert playground.discord.too_many == []
    first, _, last = [request.at for request in playground.discord.requests if request.method == "PUT"][-3:]
    assert last - first >= 0.49


async def test_a_client_that_ignores_the_headers_gets_a_429_with_the_time_to_wait(setup: Setup):
    playground, bot = setup
    channel = channel_of(setup)
    for bucket in range(6):
        bot.http._buckets.clear()
        bot.http._bucket_hashes.clear()
        sending = asyncio.create_task(channel.send(str(bucket)), name="flood")
        expected = 4 + bucket
        await playground.until(
            lambda expected=expected: len(playground.discord.requests) >= expected or None, 5, "the request"
        )
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    (refusal,) = playground.discord.too_many
    assert refusal.path == f"/channels/{playground.channel.id}/messages"


async def test_the_token_as_a_whole_has_fifty_requests_a_second(setup: Setup):
    playground, bot = setup
    asked = [bot.fetch_user(playground.bot_user.id) for _ in range(30)]
    asked += [bot.fetch_guild(playground.guild.id, with_counts=False) for _ in range(30)]
    with playground.discord.clock.stopped():
        asking = asyncio.gather(*asked)
        await playground.until(lambda: playground.discord.too_many or None, 5, "a 429")
    await asking
    refusals = playground.discord.too_many
    assert {(each.path.split("/")[1], each.scope) for each in refusals} <= {
        ("users", "global"),
        ("guilds", "global"),
    }


async def test_a_429_has_the_headers_of_its_bucket_and_its_scope(setup: Setup):
    playground, _ = setup
    url = f"{playground.discord.api_url}/channels/{playground.channel.id}/messages"
    headers = {"Authorization": f"Bot {playground.state.token}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        with playground.discord.clock.stopped():
            for _ in range(6):
                async with session.post(url, json={"content": "x"}) as answer:
                    body, told = await answer.json(), answer.headers
        assert (answer.status, body["global"], told["X-RateLimit-Scope"]) == (429, False, "user")
        assert (told["X-RateLimit-Limit"], told["X-RateLimit-Remaining"]) == ("5", "0")
        assert (told["Retry-After"], body["retry_after"], told["X-RateLimit-Reset-After"]) == (
            "5",
            5,
            "5.000",
        )
        playground.discord.rate_limit(scope=RateLimitScope.SHARED, route="^POST")
        async with session.post(url, json={"content": "x"}) as answer:
            body = await answer.json()
        assert (answer.headers["X-RateLimit-Scope"], body["message"]) == (
            "shared",
            "The resource is being rate limited.",
        )
    assert [each.scope for each in playground.discord.invalid_requests] == ["user"]


async def test_what_counts_towards_a_ban_is_listed(setup: Setup):
    playground, _ = setup
    playground.forbid(Permission.SEND_MESSAGES)
    await refused(channel_of(setup).send("x"))
    await refused(channel_of(setup).fetch_message(1))
    playground.discord.fail_with_page(429, route="^POST")
    await refused(channel_of(setup).send("x"))
    assert [each.status for each in playground.discord.invalid_requests] == [403, 429]


async def test_a_429_is_waited_out_and_the_request_repeated(setup: Setup):
    playground, _ = setup
    playground.discord.rate_limit(times=2, retry_after=0.05, route="POST /channels")
    await channel_of(setup).send("patience")
    assert [message.text for message in playground.messages] == ["patience"]
    assert [request.status for request in playground.discord.requests][-3:] == [429, 429, 200]
    assert playground.discord.too_many == []


@pytest.mark.parametrize(
    ("forbidden", "code"),
    [(Permission.VIEW_CHANNEL, 50001), (Permission.SEND_MESSAGES, 50013), (Permission.ATTACH_FILES, 50013)],
)
async def test_what_the_bot_may_not_is_refused(setup: Setup, forbidden: Permission, code: int):
    playground, _ = setup
    playground.forbid(forbidden)
    error = await refused(channel_of(setup).send("x", file=file()))
    assert (error.status, error.code) == (403, code)
    assert playground.messages == []


async def test_embeds_need_their_permission_and_an_answer_to_an_interaction_none(setup: Setup):
    playground, bot = setup
    playground.forbid(Permission.EMBED_LINKS | Permission.SEND_MESSAGES | Permission.VIEW_CHANNEL)
    job = await playground.member("ada").command("hold")
    interaction = await bot.interactions.get()
    assert not interaction.app_permissions.send_messages
    await interaction.response.send_message(embed=discord.Embed(title="all the same"))
    assert job.text == "all the same"
    playground.forbid(Permission.EMBED_LINKS)
    assert (await refused(channel_of(setup).send(embed=discord.Embed(title="x")))).code == 50013


async def test_the_bot_adds_no_new_reaction_without_permission_but_joins_an_old_one(setup: Setup):
    playground, bot = setup
    ada = playground.member("ada")
    message = await ada.say("hello")
    playground.forbid(Permission.ADD_REACTIONS)
    partial = channel_of(setup).get_partial_message(message.id)
    assert (await refused(partial.add_reaction("🔁"))).code == 50013
    await ada.react(message, "🔁")
    await partial.add_reaction("🔁")
    fetched = await partial.fetch()
    assert [(str(each.emoji), each.count, each.me) for each in fetched.reactions] == [("🔁", 2, True)]
    assert [user.id async for user in fetched.reactions[0].users()] == [ada.id, bot.user.id]
    await partial.remove_reaction("🔁", discord.Object(bot.user.id))
    assert playground.state.messages[message.id].reactions == {"🔁": (ada.id,)}
    assert (await refused(partial.remove_reaction("🔁", discord.Object(ada.id)))).code == 50013


async def test_a_message_has_at_most_twenty_kinds_of_reactions(setup: Setup):
    playground, _ = setup
    ada, bob = playground.member("ada"), playground.member("bob")
    message = await ada.say("hello")
    for number in range(20):
        await ada.react(message, chr(ord("🍇") + number))
    partial = channel_of(setup).get_partial_message(message.id)
    error = await refused(partial.add_reaction("⏳"))
    assert (error.status, error.code) == (403, 30010)
    await partial.add_reaction("🍇")
    with pytest.raises(NotPossible, match="twenty"):
        await bob.react(message, "⏳")


@pytest.mark.parametrize("emoji", ["🔁", "✉️", "❤️", "⏳", "❌", "👍🏽", "👩‍💻", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🇩🇪", "1️⃣", "‼️"])
def test_emoji_of_unicode_are_known(emoji: str):
    assert is_emoji(emoji, {})


async def test_what_is_no_emoji_is_unknown(setup: Setup):
    playground, _ = setup
    message = await playground.member("ada").say("hello")
    partial = channel_of(setup).get_partial_message(message.id)
    for wrong in ("hello", "好", "🔁🔁", "cat:123", "1"):
        error = await refused(partial.add_reaction(wrong))
        assert (error.status, error.code) == (400, 10014), wrong
    await partial.add_reaction(playground.emoji("cat"))
    with pytest.raises(NotPossible, match="no emoji"):
        await playground.member("bob").react(message, "hello")


async def test_an_archived_thread_takes_deletions_only_until_a_message_reopens_it(setup: Setup):
    playground, bot = setup
    thread = playground.thread("clips")
    channel = bot.get_partial_messageable(thread.id)
    sent, other = await channel.send("x"), await channel.send("y")
    await sent.add_reaction("🔁")
    playground.archive(thread)
    for changing in (
        sent.edit(content="y"),
        sent.add_reaction("⏳"),
        sent.remove_reaction("🔁", discord.Object(bot.application_id)),
    ):
        error = await refused(changing)
        assert (error.status, error.code) == (400, 50083)
    await other.delete()
    await channel.send("this opens it again")
    assert not playground.state.channel(thread.id).archived
    await sent.edit(content="y")
    await sent.add_reaction("⏳")


async def test_a_locked_thread_takes_reactions_and_deletions_only(setup: Setup):
    playground, bot = setup
    thread = playground.thread("clips")
    channel = bot.get_partial_messageable(thread.id)
    sent = await channel.send("x")
    playground.lock(thread)
    for changing in (sent.edit(content="y"), channel.send("y")):
        error = await refused(changing)
        assert (error.status, error.code) == (403, 160005)
    await sent.add_reaction("⏳")
    await sent.delete()
    playground.allow(Permission.MANAGE_THREADS)
    await channel.send("a moderator may")


async def test_a_locked_and_archived_thread_takes_nothing(setup: Setup):
    playground, bot = setup
    thread = playground.thread("clips")
    channel = bot.get_partial_messageable(thread.id)
    sent = await channel.send("x")
    playground.archive(thread, locked=True)
    found = [await refused(each) for each in (channel.send("y"), sent.edit(content="y"), sent.delete())]
    assert [(each.status, each.code) for each in found] == [(403, 50083), (400, 50083), (400, 50083)]
    with pytest.raises(NotPossible, match="Manage Threads"):
        await playground.member("ada").say("y", channel=thread)


async def test_an_interaction_answers_in_a_locked_thread_and_reopens_an_archived_one(setup: Setup):
    playground, bot = setup
    ada, thread = playground.member("ada"), playground.thread("clips")
    playground.lock(thread)
    locked = await ada.command("hold", channel=thread)
    interaction = await bot.interactions.get()
    await interaction.response.defer(thinking=True)
    await interaction.edit_original_response(content="by the interaction")
    assert locked.text == "by the interaction"
    playground.archive(thread, locked=True)
    assert (await refused(interaction.edit_original_response(content="y"))).code == 50083
    await interaction.followup.send("only you", ephemeral=True)
    playground.archive(thread)
    await interaction.edit_original_response(content="open again")
    assert not playground.state.channel(thread.id).archived


async def test_a_deleted_channel_is_unknown(setup: Setup):
    playground, bot = setup
    channel = playground.channel_named("short-lived")
    playground.state.delete_channel(channel)
    error = await refused(bot.get_partial_messageable(channel.id).send("x"))
    assert (error.status, error.code) == (404, 10003)


async def test_a_signed_address_serves_ranges_and_dies_after_a_day(setup: Setup):
    playground, bot = setup
    sent = await channel_of(setup).send(file=discord.File(__file__, "page.png"))
    url, session = sent.attachments[0].url, bot.http._HTTPClient__session
    async with session.get(url, headers={"Range": "bytes=2-4"}) as part:
        assert (part.status, part.headers["Content-Range"].split("/")[0]) == (206, "bytes 2-4")
        assert len(await part.read()) == 3
    for broken in (url.replace("hm=", "hm=0"), url.split("?")[0]):
        async with session.get(broken) as answer:
            assert answer.status == 404
    async with session.get(url, headers={"Range": "bytes=999999-"}) as answer:
        assert answer.status == 416
    playground.discord.advance(24 * 3600 + 1)
    async with session.get(url) as answer:
        assert answer.status == 404
    fetched = await sent.fetch()
    async with session.get(fetched.attachments[0].url) as answer:
        assert (answer.status, answer.content_type) == (200, "image/png")


@pytest.mark.parametrize(
    ("name", "content_type", "served_as", "shown"),
    [
        ("cat.png", None, "image/png", True),
        ("clip.mp4", "video/mp4", "video/mp4", True),
        ("page.html", None, "text/html", False),
        ("page.png", "text/html; charset=utf-8", "text/html", False),
        ("cat.svg", None, "image/svg+xml", False),
        ("cat.png", "IMAGE/SVG+XML", "image/svg+xml", False),
        ("page.xhtml", "application/xhtml+xml", "application/xhtml+xml", False),
        ("data.xml", None, "application/xml", False),
        ("script.js", "text/javascript", "text/javascript", False),
        ("paper.pdf", None, "application/pdf", False),
        ("a.bin", "no type\r\nX: y", "application/octet-stream", False),
    ],
)
async def test_no_uploaded_file_acts_in_the_name_of_the_page(
    setup: Setup, name: str, content_type: str | None, served_as: str, shown: bool
):
    playground, bot = setup
    upload = Upload(filename=name, data=b"<script>alert(1)</script>", content_type=content_type)
    (kept,) = (await playground.member("ada").say("look", upload)).attachments
    url, session = playground.state.cdn.url(kept), bot.http._HTTPClient__session
    for asked in (None, "bytes=0-3", "bytes=99-", f"bytes={'9' * 5000}-", "bytes=٣-"):
        async with session.get(url, headers={"Range": asked} if asked else {}) as answer:
            assert answer.status in (200, 206, 416)
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "sandbox" in answer.headers["Content-Security-Policy"]
            if answer.status != 416:
                assert answer.content_type == served_as
                assert (answer.headers.get("Content-Disposition") != "attachment") == shown


@pytest.mark.parametrize(
    "path",
    [
        f"/attachments/1/{'9' * 5000}/a",
        "/attachments/٣/٣/a",
        "/external/٣/a",
        "/attachments/1/2/a?hm=%FF&ex=x",
    ],
)
async def test_an_address_that_nobody_signed_is_not_found(setup: Setup, path: str):
    playground, bot = setup
    async with bot.http._HTTPClient__session.get(playground.discord.origin + path) as answer:
        assert answer.status == 404


async def test_each_request_for_a_file_is_recorded_even_when_it_is_refused(setup: Setup):
    playground, bot = setup
    sent = await channel_of(setup).send(file=discord.File(__file__, "page.png"))
    assert playground.discord.file_requests == []
    url, session = sent.attachments[0].url, bot.http._HTTPClient__session
    for address, status in ((url, 200), (url.split("?")[0], 404)):
        async with session.get(address) as answer:
            assert answer.status == status
    path = f"/attachments/{sent.channel.id}/{sent.attachments[0].id}/page.png"
    assert playground.discord.file_requests == [f"GET {path}"] * 2


async def test_a_picture_that_is_none_has_no_pixels(setup: Setup):
    playground, _ = setup
    ada = playground.member("ada")
    for name, data, info in (
        ("cat.png", picture(), ("image/png", 64, 48)),
        ("cat.png", picture()[:20], ("image/png", None, None)),
        ("cat.svg", b"<svg/>", ("image/svg+xml", None, None)),
    ):
        (kept,) = (await ada.say("look", Upload(filename=name, data=data))).attachments
        assert (kept.content_type, kept.width, kept.height) == info
