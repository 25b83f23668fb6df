"""/panel and "Animate this"."""

import pytest

from cogs.i18n.catalogue import translate
from playground.discord.model import Upload
from playground.discord.permissions import Permission
from playground.members import Member
from playground.tracked_job import TrackedJob
from playground.writers import Target
from storage import GuildSettings, Job
from tests.playground.small_bot import picture
from tests.unit.cogs.bot_setup import BotSetup

FIRST_LAST = "video_wan2_2_14B_flf2v"
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


async def animate_this(bot: BotSetup, person: Member, target: Target) -> Job:
    """The job that a person makes of a message."""
    opened = await person.menu("Animate this", target)
    return await bot.job_of(await (await person.submit(opened, prompt="it moves")).answered())


async def test_a_picture_is_found_wherever_a_message_shows_one(bot: BotSetup) -> None:
    await bot.context.store.set_guild_settings(
        bot.playground.guild.id, GuildSettings(pictures_of_others=True)
    )
    ada, feed = bot.playground.member("ada"), bot.playground.webhook()
    gallery = {"type": 12, "items": [{"media": {"url": "attachment://cat.png"}}]}
    embed = {"type": "rich", "image": {"url": "attachment://cat.png"}}
    messages = [
        ada.forward(await ada.say("look", IMAGE)),
        await ada.link("https://example.org/cat.png", IMAGE),
        await feed.say("", IMAGE, components=[gallery]),
        await feed.say("", IMAGE, embeds=[embed]),
        await ada.say(
            "", Upload(filename="cat.png", data=picture(), content_type="application/octet-stream")
        ),
    ]
    jobs = [await animate_this(bot, ada, each) for each in messages]
    assert {job.picture for job in jobs} == {jobs[0].picture}


async def test_a_spoiler_stays_one(bot: BotSetup) -> None:
    ada = bot.playground.member("ada")
    hidden = Upload(filename="SPOILER_cat.png", data=picture())
    assert (await animate_this(bot, ada, await ada.say("", hidden))).params.spoiler
    assert not (await animate_this(bot, ada, await ada.say("", IMAGE))).params.spoiler
    asked = await ada.animate(picture(), "it moves", filename="SPOILER_cat.png")
    assert (await bot.job_of(await asked.answered())).params.spoiler


async def test_a_message_that_discord_py_cannot_read_is_animated_all_the_same(bot: BotSetup) -> None:
    ada = bot.playground.member("ada")
    poll = {"question": {"text": "Which?"}, "answers": [], "expiry": None, "layout_type": 1}
    assert (await animate_this(bot, ada, await ada.say("", IMAGE, poll=poll))).picture
    words = await (await ada.menu("Animate this", ada.ask("Which?", "a", "b"))).refused()
    assert words == translate("en-US", "refused_no_picture")


@pytest.mark.parametrize("name", ["refused_no_picture", "refused_picture_forgotten"])
def test_at_a_menu_nobody_is_told_to_attach_something(name: str) -> None:
    assert "attach" not in translate("en-US", name)


async def test_a_draft_goes_when_it_is_used_and_knows_whose_picture_it_is(bot: BotSetup) -> None:
    ada, grace = bot.playground.member("ada"), bot.playground.member("grace")
    settings = GuildSettings(pictures_of_others=True)
    await bot.context.store.set_guild_settings(bot.playground.guild.id, settings)
    message = await ada.say("look", IMAGE)
    opened = await grace.menu("Animate this", message)
    await opened.opens()
    (draft,) = await bot.context.store.drafts_of(grace.id)
    assert draft.picture_of == ada.id
    job = await bot.job_of(await (await grace.submit(opened, prompt="it moves")).answered())
    assert await bot.context.store.drafts_of(grace.id) == []
    await bot.context.store.mark_all_for_deletion(ada.id)
    assert (await bot.context.store.job(job.id)).withdrawn


async def opened_panel(bot: BotSetup, person: Member) -> TrackedJob:
    """The modal of a new panel, opened by that person."""
    boss = bot.playground.member("boss", permissions=Permission.MANAGE_GUILD)
    await (await boss.command("panel")).refused()
    return await person.press(bot.playground.messages[-1], "panel:")


async def test_a_modal_without_words_keeps_the_picture_and_is_opened_again_for_it(bot: BotSetup) -> None:
    ada = bot.playground.member("ada")
    empty = await ada.submit(await opened_panel(bot, ada), image=IMAGE)
    assert await empty.refused() == translate("en-US", "refused_prompt_empty")
    (draft,) = await bot.context.store.drafts_of(ada.id)
    still_empty = await ada.submit(await ada.press(empty, "Try again with this picture"))
    assert await still_empty.refused() == translate("en-US", "refused_prompt_empty")
    assert [each.id for each in await bot.context.store.drafts_of(ada.id)] == [draft.id]
    job = await bot.job_of(
        await (
            await ada.submit(await ada.press(still_empty, "Try again with this picture"), prompt="it moves")
        ).answered()
    )
    assert job.params.prompt == "it moves"
    assert await bot.context.store.drafts_of(ada.id) == []
    late = await (await ada.press(empty, "Try again with this picture")).refused()
    assert late == translate("en-US", "refused_picture_forgotten")


async def test_the_message_command_without_words_offers_the_way_back_and_a_spoiler_stays_one(
    bot: BotSetup,
) -> None:
    ada = bot.playground.member("ada")
    message = await ada.say("", Upload(filename="SPOILER_cat.png", data=picture()))
    empty = await ada.submit(await ada.menu("Animate this", message))
    assert await empty.refused() == translate("en-US", "refused_prompt_empty")
    again = await ada.submit(await ada.press(empty, "Try again with this picture"), prompt="it moves")
    assert (await bot.job_of(await again.answered())).params.spoiler


async def test_a_picture_at_fault_is_not_offered_again(bot: BotSetup) -> None:
    ada = bot.playground.member("ada")
    text = Upload(filename="a.txt", data=b"no picture", content_type="text/plain")
    refused = await ada.submit(await opened_panel(bot, ada), image=text, prompt="x")
    assert await refused.refused() == translate("en-US", "refused_not_a_picture")
    assert refused.card.components == ()
    assert await bot.context.store.drafts_of(ada.id) == []


async def test_nobody_opens_the_form_for_the_picture_of_somebody_else(bot: BotSetup) -> None:
    ada, grace = bot.playground.member("ada"), bot.playground.member("grace")
    empty = await ada.submit(await opened_panel(bot, ada), image=IMAGE)
    await empty.refused()
    (draft,) = await bot.context.store.drafts_of(ada.id)
    button = {"type": 2, "style": 2, "label": "mine", "custom_id": f"panel:{draft.id}"}
    forged = bot.post("press", components=({"type": 1, "components": [button]},))
    words = await (await grace.press(forged, "mine")).refused()
    assert words == translate("en-US", "refused_picture_forgotten")


async def test_its_modal_takes_a_picture_to_end_on(
    owner_bot: BotSetup,
) -> None:
    boss = owner_bot.playground.member("boss", permissions=Permission.MANAGE_GUILD)
    ada, end = owner_bot.playground.member("ada"), Upload(filename="end.png", data=picture())
    await (await boss.command("panel")).refused()
    opened = await ada.press(owner_bot.playground.messages[-1], "panel:")
    job = await owner_bot.job_of(
        await (await ada.submit(opened, image=IMAGE, end=end, prompt="the cat turns")).answered()
    )
    assert job.params.workflow == FIRST_LAST
    assert job.last_picture
