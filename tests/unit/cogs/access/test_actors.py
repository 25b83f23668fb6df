"""From discord.py's objects to actors and locations."""

import discord
import pytest

from cogs.access.actors import actor_of, location_of, requester_of, require_bot_permissions, rights_of
from jobs.errors import Refusal
from jobs.requester import ChannelRights
from playground.discord.permissions import Permission
from tests.unit.cogs.bot_setup import BotSetup


async def test_a_member_has_roles_and_the_permissions_of_the_channel(bot: BotSetup) -> None:
    boss = bot.playground.member("boss", roles=["gpu"], permissions=Permission.MANAGE_GUILD)
    _, interaction = await bot.interaction(boss)
    actor = actor_of(interaction.user)
    assert (actor.id, actor.bot, actor.booster) == (boss.id, False, False)
    assert bot.playground.role("gpu") in actor.roles
    assert actor.manages
    requester = requester_of(interaction, "zh-CN")
    assert (requester.actor, requester.locale) == (actor, "zh-CN")
    assert requester.guild_id == bot.playground.guild.id
    assert requester.location == location_of(interaction.guild_id, interaction.channel_id, None)
    assert requester.channel_id == bot.playground.channel.id
    assert requester.rights == ChannelRights(views=True)
    user = bot.context.client.user
    assert user
    assert actor_of(user).bot


async def test_what_the_bot_lacks_is_named(bot: BotSetup) -> None:
    ada = bot.playground.member("ada")
    _, interaction = await bot.interaction(ada)
    require_bot_permissions(interaction)
    bot.playground.forbid(Permission.ATTACH_FILES | Permission.SEND_MESSAGES)
    _, interaction = await bot.interaction(ada)
    with pytest.raises(Refusal) as refusal:
        require_bot_permissions(interaction)
    assert refusal.value == Refusal("missing_permissions", permissions="send_messages attach_files")


def test_a_location_in_direct_messages_has_no_guild() -> None:
    assert location_of(None, None, None).channel_ids == frozenset()
    assert location_of(None, 5, None).guild_id is None


def test_who_does_not_see_a_channel_moderates_nothing_in_it() -> None:
    hidden = discord.Permissions(manage_messages=True)
    assert rights_of(hidden) == ChannelRights()
    assert rights_of(hidden | discord.Permissions(view_channel=True)) == ChannelRights(
        views=True, moderates=True
    )
    assert rights_of(discord.Permissions(administrator=True)) == ChannelRights(views=True, moderates=True)
