"""The answering of interactions: what a person reads when something is refused or fails."""

import asyncio

import discord
import pytest

from cogs.access.policy import Action
from cogs.actions.context import on_app_command_error
from cogs.i18n.catalogue import translate
from jobs.errors import Refusal
from jobs.requester import ChannelRights, Requester
from playground.discord.permissions import Permission
from playground.playground import Playground
from storage import StoreError
from tests.playground.small_bot import SmallBot, running
from tests.unit.cogs.bot_setup import BotSetup


async def test_a_fault_of_ours_is_one_plain_sentence_in_the_persons_language() -> None:
    bot = SmallBot()

    async def broken(interaction: discord.Interaction) -> None:
        raise ZeroDivisionError("/home/ada/secret")

    bot.tree.command(name="broken", description="Meets a fault")(broken)
    bot.tree.error(on_app_command_error)
    async with Playground(comfyui=None) as playground, running(playground, bot):
        english = await (await playground.member("ada").command("broken")).refused()
        chinese = await (await playground.member("mei", locale="zh-CN").command("broken")).refused()
    assert (english, chinese) == ("Something went wrong: please try again.", "出错了：请再试一次。")


async def test_errors_are_answered_in_the_language_that_the_person_chose(bot: BotSetup) -> None:
    ada = bot.playground.member("ada")
    await bot.context.store.set_language(ada.id, "zh-CN")

    async def fail(err: Exception | None, seconds: float | None = None) -> str:
        pressed, interaction = await bot.interaction(ada)

        async def handle(_: Requester) -> None:
            if err:
                raise err
            await asyncio.Event().wait()

        await bot.context.answer(interaction, handle, seconds=seconds)
        return await pressed.refused()

    internal = translate("zh-CN", "refused_internal")
    assert await fail(Refusal("gone")) == translate("zh-CN", "refused_gone")
    assert await fail(StoreError("the disk is full")) == internal
    assert await fail(None, seconds=0.01) == internal


async def test_an_interaction_has_a_requester_until_the_bot_shuts_down(bot: BotSetup) -> None:
    boss = bot.playground.member("boss", locale="zh-TW", permissions=Permission.MANAGE_MESSAGES)
    _, interaction = await bot.interaction(boss)
    tasks: list[asyncio.Task[None]] = []

    async def handle(requester: Requester) -> None:
        assert (requester.user_id, requester.locale) == (boss.id, "zh-TW")
        assert requester.rights == ChannelRights(views=True, moderates=True)
        assert not requester.actor.manages
        assert requester.message_id
        tasks.append(asyncio.create_task(bot.context.in_flight.drained()))
        await asyncio.sleep(0)
        assert not tasks[0].done()

    await bot.context.answer(interaction, handle)
    await tasks[0]
    bot.context.in_flight.close()
    pressed, interaction = await bot.interaction(boss)
    await bot.context.answer(interaction, handle)
    assert len(tasks) == 1
    assert await pressed.refused() == translate("zh-TW", "refused_closing")


async def test_a_job_is_found_by_its_id_and_touched_by_its_owner(opened: BotSetup) -> None:
    ada, grace = opened.playground.member("ada"), opened.playground.member("grace")
    job = await opened.queued(ada)
    assert await opened.context.job(job.id) == job
    with pytest.raises(Refusal, match="gone"):
        await opened.context.job("no such job")
    await opened.context.require(opened.requester(ada), Action.DELETE, job)
    with pytest.raises(Refusal, match="not_yours"):
        await opened.context.require(opened.requester(grace), Action.DELETE, job)
    assert "not reachable" in await opened.context.status_text(job)


async def test_a_reaction_has_a_requester_as_an_interaction_has(bot: BotSetup) -> None:
    ada, context, channel = bot.playground.member("ada"), bot.context, bot.playground.channel
    await context.store.set_language(ada.id, "zh-TW")
    guild = context.client.get_guild(bot.playground.guild.id)
    assert guild
    requester = await context.reaction_requester(await guild.fetch_member(ada.id), channel.id, 5)
    assert (requester.user_id, requester.locale, requester.message_id) == (ada.id, "zh-TW", 5)
    assert requester.location.channel_ids == {channel.id}
    assert requester.rights == ChannelRights(views=True)
    assert requester.guild_id == guild.id
