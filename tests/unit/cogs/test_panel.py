"""/panel and "Animate this"."""

from cogs.i18n.catalogue import translate
from playground.discord.model import Upload
from playground.discord.permissions import Permission
from storage import GuildSettings
from tests.playground.small_bot import picture
from tests.unit.cogs.bot_setup import BotSetup

IMAGE = Upload(filename="cat.png", data=picture())


async def test_a_manager_posts_it_and_its_modal_makes_a_job(bot: BotSetup) -> None:
    boss = bot.playground.member("boss", permissions=Permission.MANAGE_GUILD)
    ada = bot.playground.member("ada")
    assert await (await boss.command("panel")).refused() == translate("en-US", "panel_posted")
    opened = await ada.press(bot.playground.messages[-1], "panel:")
    status = await (await ada.submit(opened, image=IMAGE, motion=["wind"], prompt="the cat")).answered()
    job = await bot.job_of(status)
    assert job.params.prompt == f"the cat, {translate('en-US', 'motion_wind_prompt')}"


async def test_the_message_command_takes_ones_own_pictures_and_others_where_allowed(bot: BotSetup) -> None:
    ada, grace = bot.playground.member("ada"), bot.playground.member("grace")
    message = await ada.say("look", IMAGE)
    await (await ada.submit(await ada.menu("Animate this", message), prompt="it moves")).answered()
    refused = await (await grace.menu("Animate this", message)).refused()
    assert refused == translate("en-US", "refused_picture_of_others")
    settings = GuildSettings(pictures_of_others=True)
    await bot.context.store.set_guild_settings(bot.playground.guild.id, settings)
    await (await grace.submit(await grace.menu("Animate this", message), prompt="it moves")).answered()
    words = await (await ada.menu("Animate this", await ada.say("words"))).refused()
    assert words == translate("en-US", "refused_no_picture")
