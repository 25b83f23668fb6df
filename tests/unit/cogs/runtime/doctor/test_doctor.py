"""The doctor's checks of Discord; those of ComfyUI are in comfy."""

from dataclasses import replace

import pytest

import comfy
from cogs.runtime.doctor.doctor import DoctorOptions, run_checks
from cogs.runtime.doctor.report import Line
from comfy.doctor import server_check
from playground.comfyui import ComfyUI
from playground.discord.permissions import Permission
from playground.playground import Playground


async def check(token: str, api_url: str) -> dict[str, Line]:
    """The lines about Discord, by what they check."""
    options = DoctorOptions(discord_token=token, discord_api_url=api_url, servers=[], run=False)
    return {line.check: line for line in (await run_checks(options)).sections[0].lines}


async def test_permissions_are_checked_in_each_guild_and_lacking_ones_named() -> None:
    async with Playground(comfyui=None) as playground:
        token, url = playground.state.token, playground.discord.api_url
        lines = await check(token, url)
        assert lines.keys() == {"token", "intents", "permissions", "invite"}
        assert all(line.ok for line in lines.values())
        everybody = playground.guild.roles[playground.guild.id]
        less = replace(everybody, permissions=everybody.permissions & ~Permission.ATTACH_FILES)
        playground.state.change_guild(replace(playground.guild, roles={less.id: less}))
        lacking = (await check(token, url))["permissions"]
        assert lacking.text == "Playground: lacks Attach Files"
        assert lacking.needed
        assert "invite it again" in lacking.fix


async def test_a_bot_in_no_guild_is_told_how_to_invite_it_and_that_is_no_failure() -> None:
    async with Playground(comfyui=None) as playground:
        playground.state.leave(playground.guild, playground.bot_user.id)
        guild = (await check(playground.state.token, playground.discord.api_url))["guild"]
        assert (guild.ok, guild.needed) == (False, False)
        assert "Invite it" in guild.fix


async def test_a_token_that_is_missing_wrong_or_cannot_be_tried_has_its_fix() -> None:
    async with Playground(comfyui=None) as playground:
        url = playground.discord.api_url
        assert not (await check("", url))["token"].ok
        assert "Copy it anew" in (await check("wrong", url))["token"].fix
    assert "discordstatus.com" in (await check("any", "http://127.0.0.1:9"))["reachable"].fix


async def test_another_comfyui_here_is_offered_only_where_no_named_one_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with ComfyUI() as named, ComfyUI() as other:
        monkeypatch.setattr(server_check, "DEFAULT_PORTS", (int(other.url.rpartition(":")[2]),))
        texts = [
            [line.text for line in (await run_checks(options(url))).lines]
            for url in (named.url, "http://127.0.0.1:9")
        ]

    offered = f"a ComfyUI answers at {other.url}"
    assert offered not in texts[0]
    assert offered in texts[1]


def options(url: str) -> DoctorOptions:
    """A check of one server, without Discord and this machine."""
    target = comfy.ServerToCheck(
        url=url,
        name="gpu",
        token=None,
        workflows=comfy.load_workflows(comfy.BUILT_IN),
        files=comfy.ModelFiles(),
        picture=b"no picture",
    )
    return DoctorOptions(discord_token="", discord_api_url="", servers=[target], run=False)
