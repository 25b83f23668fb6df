"""What is known of guilds: by the cache of a connected client, else by Discord's answers, kept for a time."""

from dataclasses import replace

from cogs.messages.guild_lookup import KEPT_SECONDS, UNKNOWN_SECONDS, GuildLookup, KnownGuild
from tests.unit.cogs.bot_setup import BotSetup


class LookupClock:
    """A clock that a test puts forward."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def asked(bot: BotSetup) -> int:
    """How often Discord was asked for a guild."""
    return sum(each.path.startswith("/guilds/") for each in bot.playground.discord.requests)


async def test_without_a_gateway_connection_discord_is_asked_now_and_then(opened: BotSetup) -> None:
    clock, playground = LookupClock(), opened.playground
    guilds, guild = GuildLookup(opened.context.client, clock=clock), playground.guild
    playground.state.change_guild(replace(guild, boost_level=2))
    for _ in range(3):
        assert await guilds.find(guild.id) == KnownGuild(filesize_limit=50 * 2**20)
    assert asked(opened) == 1
    playground.state.change_guild(replace(guild, boost_level=3))
    clock.seconds += KEPT_SECONDS
    assert (await guilds.find(guild.id)).filesize_limit == 100 * 2**20


async def test_what_discord_does_not_say_stays_as_it_was_known_and_is_asked_again_soon(
    opened: BotSetup,
) -> None:
    clock, playground = LookupClock(), opened.playground
    guilds, guild = GuildLookup(opened.context.client, clock=clock), playground.guild
    playground.state.change_guild(replace(guild, boost_level=2))
    known = await guilds.find(guild.id)
    clock.seconds += KEPT_SECONDS
    playground.discord.fail(403, route="^GET /guilds/", code=40333)
    playground.state.change_guild(replace(guild, boost_level=0))
    assert await guilds.find(guild.id) == known
    clock.seconds += UNKNOWN_SECONDS
    assert (await guilds.find(guild.id)).filesize_limit < known.filesize_limit


async def test_a_guild_that_was_left_is_known_at_once_without_a_cache(opened: BotSetup) -> None:
    playground = opened.playground
    guilds = GuildLookup(opened.context.client)
    assert not await guilds.has_left(playground.guild.id)
    playground.state.leave(playground.guild, playground.bot_user.id)
    assert await guilds.has_left(playground.guild.id)


async def test_a_connected_client_asks_nothing(bot: BotSetup) -> None:
    client, playground = bot.context.client, bot.playground
    await bot.until(lambda: client.is_ready() and client.get_guild(playground.guild.id))
    before, guilds = asked(bot), GuildLookup(client)
    assert (await guilds.find(playground.guild.id)).filesize_limit > 0
    assert not await guilds.has_left(playground.guild.id)
    assert await guilds.has_left(1)
    assert asked(bot) == before
