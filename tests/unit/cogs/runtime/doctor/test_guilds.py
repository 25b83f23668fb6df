"""The doctor's look into guilds: channels where the bot cannot post, ids that do not exist."""

from dataclasses import replace
from pathlib import Path

from cogs.runtime.doctor.discord_checks import check_discord
from cogs.runtime.doctor.guilds import GuildFacts, check_channels, is_served
from cogs.runtime.doctor.report import Line, Scope
from cogs.runtime.settings import DemoSettings
from playground.playground import Playground

SCOPE = Scope("guild", "1")
FACTS = GuildFacts(
    id=1,
    name="Ours",
    roles=frozenset({1}),
    channels={10: "general", 11: "clips", 12: "staff"},
    lacking={10: (), 11: ("Attach Files",), 12: ("View Channel", "Send Messages")},
)


def settings(**changes: object) -> DemoSettings:
    return DemoSettings.model_validate({"data_dir": Path("data"), **changes})


async def lines_about(check: str, **changes: object) -> list[Line]:
    """The lines of a check in a playground whose bot has these settings."""
    async with Playground(comfyui=None) as playground:
        token, url = playground.state.token, playground.discord.api_url
        return [each for each in await check_discord(token, url, settings(**changes)) if each.check == check]


def test_channels_where_the_bot_cannot_post_are_one_line_without_private_ones() -> None:
    (line,) = check_channels(FACTS, None, SCOPE)
    assert line.text == "Ours: cannot post clips in #clips (lacks Attach Files)"
    assert not line.needed


def test_a_channel_that_the_settings_name_is_told_though_it_is_private() -> None:
    (line,) = check_channels(FACTS, settings(allowed_channels={12}), SCOPE)
    assert "#staff (lacks View Channel, Send Messages)" in line.text
    assert line.needed


def test_where_no_channel_is_left_to_post_in_animate_fails() -> None:
    (line,) = check_channels(replace(FACTS, lacking={12: ("View Channel",)}), None, SCOPE)
    assert (line.needed, line.scope) == (True, SCOPE)
    assert list(check_channels(replace(FACTS, lacking={10: ()}), None, SCOPE)) == []


def test_a_guild_is_served_where_the_settings_leave_somebody() -> None:
    assert is_served(1, FACTS, None)
    assert is_served(1, FACTS, settings(allowed_guilds={1}, allowed_channels={11}))
    assert not is_served(1, FACTS, settings(allowed_guilds={2}))
    assert not is_served(1, FACTS, settings(allowed_channels={99}))


async def test_ids_that_do_not_exist_are_told_by_setting() -> None:
    ids = await lines_about("ids", role_weights={7: 2.0}, previews_off_guilds={8}, blocked_users={9})
    assert [(line.text, line.needed) for line in ids] == [
        ("PREVIEWS_OFF_GUILDS: the bot is in no guild 8", False),
        ("ROLE_WEIGHTS: no guild that the bot is in has 7", False),
        ("BLOCKED_USERS: there is nobody with the id 9", False),
    ]


async def test_ids_that_let_nobody_in_are_a_failure() -> None:
    for setting in ("allowed_guilds", "allowed_channels", "allowed_roles"):
        (line,) = await lines_about("ids", **{setting: {7}})
        assert line.needed, setting
        assert setting.upper() in line.text
