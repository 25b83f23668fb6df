"""A bot's requests and the playground's own responses, validated by Discord's API document."""

import discord
import pytest

from playground.discord.rest.api import ROUTES
from playground.discord.rest.contract_checker import ContractChecker
from playground.errors import ContractBroken
from tests.playground.small_bot import Setup, connected, picture


async def send_what_the_document_does_not_allow() -> None:
    async with connected() as (playground, bot):
        route = discord.http.Route(
            "POST", "/channels/{channel_id}/messages", channel_id=playground.channel.id
        )
        await bot.http.request(route, json={"content": "x", "tts": "loud"})


async def test_a_request_against_the_document_fails_the_playground_at_the_end():
    with pytest.raises(ContractBroken, match=r"POST /channels/\{channel_id\}/messages: .*loud. is not"):
        await send_what_the_document_does_not_allow()


async def test_a_route_that_is_none_is_a_violation():
    async with connected() as (playground, bot):
        with pytest.raises(discord.NotFound):
            await bot.http.request(discord.http.Route("GET", "/guild"))
        assert "GET /api/v10/guild" in playground.discord.violations.pop()


async def fail_with_a_violation() -> None:
    async with connected() as (playground, _):
        playground.discord.violations.append("something")
        raise KeyError("something else")


async def test_an_error_on_its_way_is_not_hidden_by_a_violation():
    with pytest.raises(KeyError, match="something else"):
        await fail_with_a_violation()


def test_snowflakes_are_taken_as_strings_and_as_integers_and_nothing_else():
    checker = ContractChecker()
    body = {"content": "x", "attachments": [{"id": 0}, {"id": "1"}]}
    assert checker.check_request("POST", "/channels/{channel_id}/messages", {}, body) == []
    body["attachments"].append({"id": "one"})
    (wrong,) = checker.check_request("POST", "/channels/{channel_id}/messages", {}, body)
    assert "attachments[2].id" in wrong


def test_a_query_is_checked_by_its_type():
    checker = ContractChecker()
    assert checker.check_request("GET", "/channels/{channel_id}/messages", {"limit": "100"}, None) == []
    assert checker.check_request("GET", "/channels/{channel_id}/messages", {"limit": "101"}, None)
    assert checker.check_request("GET", "/channels/{channel_id}/messages", {"limit": "many"}, None)


def test_every_route_is_in_discords_document():
    checker = ContractChecker()
    wrong = [checker.check_request(route.method, route.template, {}, None) for route in ROUTES]
    assert [problem for problems in wrong for problem in problems] == []


async def test_the_playgrounds_own_answers_are_valid():
    """One response of each kind, from a playground that has something to list."""
    async with connected() as (playground, bot):
        ids = await add_sample_channels((playground, bot))
        thread = playground.private_thread("secret", int(ids["user_id"]), playground.bot_user.id)
        checker, wrong, checked = ContractChecker(), [], 0
        for route in ROUTES:
            if route.method == "GET":
                held = {"message_id": ids["held_id"]} if route.template.startswith("/webhooks") else {}
                held |= {"channel_id": thread.id} if "thread-members" in route.template else {}
                path = route.template.format_map({**ids, **held})
                answer = await bot.http.request(discord.http.Route("GET", path))
                wrong += checker.check_response("GET", route.template, answer)
                checked += 1
        wrong += checker.check_response(
            "POST", "/users/@me/channels", await bot.http.start_private_message(ids["user_id"])
        )
        assert wrong == []
        assert checked >= 15


async def test_the_answer_to_a_callback_is_valid():
    async with connected() as (playground, bot):
        await playground.member("ada").command("hold")
        interaction = await bot.interactions.get()
        path = f"/interactions/{interaction.id}/{interaction.token}/callback?with_response=1"
        answer = await bot.http.request(
            discord.http.Route("POST", path), json={"type": 4, "data": {"content": "hello"}}
        )
        template = "/interactions/{interaction_id}/{interaction_token}/callback"
        assert ContractChecker().check_response("POST", template, answer) == []
        assert answer["interaction"]["response_message_id"] == answer["resource"]["message"]["id"]


async def add_sample_channels(setup: Setup) -> dict[str, object]:
    """Messages of every kind in the channel; the ids by the names that Discord's paths use."""
    playground, bot = setup
    ada = playground.member("ada")
    channel = bot.get_partial_messageable(playground.channel.id)
    view = discord.ui.View(timeout=None).add_item(discord.ui.Button(label="Again", custom_id="again"))
    asked = await ada.say(f"look <@{playground.bot_user.id}>")
    embed = discord.Embed(title="A clip", description="of a cat").add_field(name="seed", value="7")
    reply = await channel.get_partial_message(asked.id).reply("here", embed=embed, view=view)
    await ada.react(playground.state.messages[reply.id], "🔁")
    await (await ada.animate(picture(), "a cat")).video()
    card = discord.ui.LayoutView(timeout=None).add_item(discord.ui.Container(discord.ui.TextDisplay("card")))
    await channel.send(view=card)
    await ada.command("hold")
    while (interaction := await bot.interactions.get()).command.name != "hold":
        pass
    await interaction.response.send_message("held")
    return {
        "application_id": playground.bot_user.id,
        "guild_id": playground.guild.id,
        "channel_id": playground.channel.id,
        "message_id": reply.id,
        "emoji_name": "🔁",
        "user_id": ada.id,
        "webhook_id": playground.bot_user.id,
        "webhook_token": interaction.token,
        "held_id": (await interaction.original_response()).id,
    }
