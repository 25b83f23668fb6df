"""Admission for an interaction: one status message, in time."""

import pytest

from cogs.access.policy import Action
from cogs.actions import submit
from cogs.actions.submit import JobSubmitter
from jobs.advice import Advice
from jobs.errors import Refusal
from jobs.service import Admitted
from playground.discord.permissions import Permission
from tests.unit.cogs.bot_setup import BotSetup


async def test_the_answer_is_the_status_and_advice_is_for_the_person_alone(bot: BotSetup) -> None:
    ada = bot.playground.member("ada")
    pressed, interaction = await bot.interaction(ada)
    job = await bot.unposted(ada)

    async def admit() -> Admitted:
        return Admitted(job=job, created=True, advice=(Advice(name="advice_short"),))

    await JobSubmitter(bot.context).submit(interaction, bot.requester(ada), Action.ANIMATE, admit)
    job = await bot.context.store.job(job.id)
    assert "not reachable" in bot.status(job).content
    assert bot.status(job).components
    assert pressed.card
    assert pressed.card.only_for == ada.id


async def test_a_slow_admission_is_acknowledged_and_a_refusal_takes_that_back(
    bot: BotSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submit, "DEFER_SECONDS", 0.01)
    ada, job = bot.playground.member("ada"), await bot.unposted(bot.playground.member("grace"))
    submitter, requester = JobSubmitter(bot.context), bot.requester(ada)

    def looking() -> bool | None:
        return any("Looking" in each.content for each in bot.playground.messages) or None

    async def take(error: Exception | None) -> None:
        async def admit() -> Admitted:
            await bot.playground.until(looking, 5, "a placeholder")
            if error:
                raise error
            return Admitted(job=job, created=True)

        _, interaction = await bot.interaction(ada)
        await submitter.submit(interaction, requester, Action.ANIMATE, admit)

    await take(None)
    assert "not reachable" in bot.status(await bot.context.store.job(job.id)).content
    assert looking() is None
    for error in (Refusal("full"), OSError("the network"), ZeroDivisionError("a bug")):
        with pytest.raises(type(error), match=str(error)):
            await take(error)
        assert looking() is None


async def test_an_answer_that_discord_does_not_take_is_posted_by_the_bots_token(bot: BotSetup) -> None:
    ada = bot.playground.member("ada")
    _, interaction = await bot.interaction(ada)
    job = await bot.unposted(ada)
    bot.playground.discord.fail(404, route="/callback", code=10062)

    async def admit() -> Admitted:
        return Admitted(job=job, created=True)

    await JobSubmitter(bot.context).submit(interaction, bot.requester(ada), Action.ANIMATE, admit)
    assert "not reachable" in bot.status(await bot.posted(job)).content


async def test_nothing_is_admitted_where_the_bot_cannot_send_the_result(bot: BotSetup) -> None:
    bot.playground.forbid(Permission.ATTACH_FILES)
    ada = bot.playground.member("ada")
    _, interaction = await bot.interaction(ada)

    async def admit() -> Admitted:
        raise AssertionError

    with pytest.raises(Refusal, match="missing_permissions"):
        await JobSubmitter(bot.context).submit(interaction, bot.requester(ada), Action.ANIMATE, admit)
