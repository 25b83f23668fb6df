"""The doctor's look at Discord's answers: its clock, several guilds."""

import pytest

from cogs.runtime.doctor import discord_checks
from cogs.runtime.doctor.discord_checks import check_discord
from playground.playground import Playground


async def test_a_clock_that_differs_from_discords_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Playground(comfyui=None) as playground:
        token, url = playground.state.token, playground.discord.api_url
        assert not [each for each in await check_discord(token, url, None) if each.check == "clock"]
        monkeypatch.setattr(discord_checks, "MAX_CLOCK_SKEW", -1.0)
        (line,) = [each for each in await check_discord(token, url, None) if each.check == "clock"]
    assert "this machine's clock" in line.text
    assert not line.needed


async def test_each_guild_has_its_own_line_and_scope() -> None:
    async with Playground(comfyui=None) as playground:
        playground.state.join(playground.state.add_guild("Ours"), playground.bot_user.id)
        lines = await check_discord(playground.state.token, playground.discord.api_url, None)
    permissions = {line.text: line.scope for line in lines if line.check == "permissions"}
    assert permissions.keys() == {
        "Playground: has all permissions that it needs",
        "Ours: has all permissions that it needs",
    }
    assert len(set(permissions.values())) == 2
