"""/show: the card of one job, and its workflow."""

import json

from cogs.i18n.catalogue import translate
from tests.unit.cogs.bot_setup import BotSetup


async def test_the_owner_sees_everything_of_a_job_and_gets_its_workflow(bot: BotSetup) -> None:
    ada, grace = bot.playground.member("ada"), bot.playground.member("grace")
    job = await bot.queued(ada, prompt="the flag waves. " * 100)
    card = await (await ada.command("show", id=job.short)).shows(job.short)
    assert [file.filename for file in card.attachments] == [f"animate-{job.short}.txt"]
    assert job.params.prompt in card.attachments[0].data.decode()
    sent = await (await ada.press(card, f"graph:{job.id}")).shows(job.short)
    assert str(job.params.seed) in json.dumps(json.loads(sent.attachments[0].data))
    denied = await (await grace.command("show", id=job.short)).refused()
    assert denied == translate("en-US", "refused_not_yours")
    unknown = await (await ada.command("show", id="ffffffff")).refused()
    assert unknown == translate("en-US", "refused_no_such_job")
    assert [value for _, value in await ada.autocomplete("show", "id", job.short)] == [job.id]


async def test_a_job_is_chosen_in_the_history(bot: BotSetup) -> None:
    ada = bot.playground.member("ada")
    job = await bot.queued(ada)
    card = await (await ada.command("history")).shows(job.short)
    chosen = await ada.choose(card, "menu details:", job.id)
    await chosen.shows(translate("en-US", "details_graph"))
