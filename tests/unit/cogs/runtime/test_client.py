"""The Discord client."""

from typing import cast

import discord
import pytest

from cogs.discord_api.scheduler import RequestScheduler
from cogs.runtime.client import INTENTS, PERMISSIONS, AnimateBot, invite_link, open_client
from playground.playground import Playground


def test_no_intent_is_privileged() -> None:
    assert not INTENTS.value & discord.Intents(members=True, presences=True, message_content=True).value


async def test_it_logs_in_and_invites_with_the_permissions_that_it_needs() -> None:
    async with Playground(comfyui=None) as playground:
        async with open_client(playground.state.token, playground.discord.api_url) as client:
            assert client.user
            assert client.user.id == playground.bot_user.id
            link = invite_link(client)
        assert f"permissions={PERMISSIONS.value}" in link
        assert f"client_id={playground.bot_user.id}" in link
        with pytest.raises(discord.LoginFailure):
            async with open_client("wrong", playground.discord.api_url):
                pass


async def test_messages_are_not_read_for_prefix_commands() -> None:
    bot = AnimateBot(RequestScheduler("https://discord.com/api/v10"))
    await bot.on_message(cast("discord.Message", None))
