"""/animate: a picture and options become a job; its autocomplete."""

from cogs.i18n.catalogue import translate
from playground.discord.model import Upload
from tests.playground.small_bot import picture
from tests.unit.cogs.bot_setup import BotSetup


async def test_a_picture_and_a_prompt_become_a_job_with_a_status(bot: BotSetup) -> None:
    ada = bot.playground.member("ada")
    options = {"seconds": 2, "aspect": "square", "seed": 7, "steps": 9, "preset": "fast"}
    status = await (await ada.animate(picture(), "the cat moves", **options)).answered()
    job = await bot.job_of(status)
    assert await bot.context.files.read_picture(job.picture)
    assert (job.params.prompt, job.params.seed, job.params.steps) == ("the cat moves", 7, 9)
    assert (job.params.frames, job.params.preset) == (33, "fast")
    assert job.params.width == job.params.height
    again = await (await ada.animate(picture(), f"#{job.short}")).answered()
    assert (await bot.job_of(again)).params.prompt == "the cat moves"


async def test_what_is_no_picture_or_not_offered_is_refused(bot: BotSetup) -> None:
    ada = bot.playground.member("ada")
    text = Upload(filename="a.txt", data=b"words", content_type="text/plain")
    refused = await ada.command("animate", image=text, prompt="x")
    assert await refused.refused() == translate("en-US", "refused_not_a_picture")
    assert "`cinema`" in await (await ada.animate(picture(), "x", preset="cinema")).refused()
    assert await bot.context.store.unfinished_of(ada.id) == []


async def test_the_options_offer_what_the_person_used_and_what_servers_offer(bot: BotSetup) -> None:
    ada, grace = bot.playground.member("ada"), bot.playground.member("grace")
    await bot.unposted(ada, "a", prompt="the cat", seed=5)
    image = Upload(filename="cat.png", data=picture())

    async def offered(option: str, typed: str, **others: object) -> list[object]:
        choices = await ada.autocomplete("animate", option, typed, image=image, **others)
        return [value for _, value in choices]

    assert await offered("prompt", "CAT") == ["the cat"]
    assert [value for _, value in await grace.autocomplete("animate", "prompt", "cat", image=image)] == []
    assert await offered("seed", "5") == [5]
    assert await offered("preset", "fa") == ["fast"]
    assert await offered("preset", "", model="no such model") == []
    assert await offered("model", "wan") == ["wan21_i2v"]
    assert await offered("choices", "") == []
