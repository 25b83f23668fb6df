"""`fleet` and `drain` beside a running bot, which is the one process of its database."""

import pytest

from cli.errors import CommandFailed
from tests.unit.cli.operate.operate_setup import Commands
from tests.unit.cogs.bot_setup import BotSetup


async def test_the_fleet_of_one_process_tells_its_server_and_its_job(
    bot: BotSetup, commands: Commands
) -> None:
    membership = bot.application.resources.membership
    job = await bot.queued(bot.playground.member("ada"))
    lease = await bot.context.store.claim("127.0.0.1:9", {job.params.workflow})
    assert lease
    (told,) = (await commands.facts("fleet"))["processes"]
    assert (told["name"], told["role"], told["alive"]) == (membership.record.name, "all", True)
    (server,) = told["servers"]
    assert (server["name"], server["reachable"], server["job"]) == ("127.0.0.1:9", False, job.id)
    table = await commands.run("fleet")
    assert "127.0.0.1:9" in table
    assert job.short in table


async def test_a_process_that_drains_claims_nothing_and_people_read_it(
    bot: BotSetup, commands: Commands
) -> None:
    membership, store = bot.application.resources.membership, bot.context.store
    job = await bot.queued(bot.playground.member("ada"))
    assert "finishes" in await commands.run("drain", membership.record.name)
    assert await store.claim("gpu", {job.params.workflow}) is None
    (told,) = (await commands.facts("fleet"))["processes"]
    assert told["draining"]
    await membership.beat()
    assert membership.draining
    assert "again" in await commands.run("drain", membership.record.name, "--undo")
    assert await store.claim("gpu", {job.params.workflow})
    assert [each.command for each in await commands.audit()][:3] == ["drain", "fleet", "drain"]


async def test_who_is_not_there_cannot_be_drained(bot: BotSetup, commands: Commands) -> None:
    with pytest.raises(CommandFailed, match="there is no process nobody") as error:
        await commands.run("drain", "nobody")
    assert error.value.code == 2
    assert bot.application.resources.membership.record.name in str(error.value)
