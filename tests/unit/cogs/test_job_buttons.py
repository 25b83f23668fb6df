"""The buttons under a job's messages."""

from dataclasses import replace
from typing import Any

import pytest
from discord import ui
from syrupy.assertion import SnapshotAssertion

from cogs.i18n.catalogue import translate
from cogs.job_buttons import render_delete_question
from cogs.ui.job_buttons import final_buttons, result_buttons
from jobs.reduction import reduced
from playground.discord.model import Upload
from playground.tracked_job import TrackedJob
from storage import Job, Reason, State
from tests.playground.small_bot import picture
from tests.unit.cogs.bot_setup import BotSetup
from tests.unit.cogs.ui.card_samples import LOCALES, check_limits, outline
from tests.unit.jobs.sample_jobs import JOB

CARDS = {"delete": lambda locale: render_delete_question(locale, JOB)}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", CARDS)
def test_the_card(name: str, locale: str, snapshot: SnapshotAssertion) -> None:
    card = CARDS[name](locale)
    check_limits(card)
    assert outline(card) == snapshot


def components(view: ui.View | None) -> tuple[Any, ...]:
    return tuple(view.to_components()) if view else ()


async def posted(bot: BotSetup, pressed: TrackedJob) -> Job:
    """The job whose status the bot posts below the pressed message."""
    await pressed.says("not reachable")
    assert pressed.status
    return await bot.job_of(pressed.status)


async def test_the_buttons_of_a_result_make_other_jobs_of_it(bot: BotSetup) -> None:
    ada, store = bot.playground.member("ada"), bot.context.store
    done = await bot.done(ada)
    message = bot.post("buttons", components=components(result_buttons(done)))
    again = await posted(bot, await bot.playground.member("grace").press(message, "Again"))
    assert (again.parent, again.params.prompt) == (done.id, done.params.prompt)
    changed = await ada.submit(await ada.press(message, "Change"), prompt="the dog", seed="5")
    status = await changed.answered()
    job = await bot.job_of(status)
    assert (job.params.prompt, job.params.seed, job.parent) == ("the dog", 5, done.id)
    status = await (await ada.submit(await ada.press(message, "Extend"), join="yes")).answered()
    job = await bot.job_of(status)
    assert (job.params.after, job.parent) == (done.id, done.id)
    question = await (await ada.press(message, "Delete")).shows()
    begun = translate("en-US", "delete_begun", short=done.short)
    await (await ada.press(question, f"deletenow:{done.id}")).shows(begun)
    assert done.id in {each.id for each in await store.marked_for_deletion()}


async def test_a_job_that_ended_is_retried_as_it_was_or_smaller_and_only_by_its_owner(bot: BotSetup) -> None:
    ada = bot.playground.member("ada")
    job = await bot.queued(ada)
    status = bot.status(job)
    await ada.press(status, f"cancel:{job.id}")
    await bot.reads(status.id, "Cancelled")
    retried = await posted(bot, await ada.press(status, f"retry:{job.id}"))
    assert (retried.parent, retried.params) == (job.id, job.params)
    by_person = Reason(code="by_person")  # while one waits, another retry is the same
    await bot.context.store.cancel(retried.id, mover="person 1", reason=by_person)
    failed = replace(job, state=State.FAILED)
    message = bot.post("buttons", components=components(final_buttons(failed)))
    denied = await bot.playground.member("grace").press(message, f"smaller:{job.id}")
    await denied.shows(translate("en-US", "refused_not_yours"))
    assert (await posted(bot, await ada.press(message, f"smaller:{job.id}"))).params == reduced(job.params)


@pytest.mark.long
async def test_all_of_many_who_press_again_at_once_are_admitted_and_none_is_told_otherwise(
    bot: BotSetup,
) -> None:
    playground = bot.playground
    done = await bot.done(playground.member("ada"))
    message = bot.post("buttons", components=components(result_buttons(done)))
    members = [playground.member(f"member-{number}") for number in range(75)]
    pressed = [await member.press(message, "Again") for member in members]
    jobs = [await bot.newest_job_of(member) for member in members]
    posted_jobs = [await bot.posted(job, timeout=180) for job in jobs]
    assert len({job.status_message for job in posted_jobs}) == len(members)
    assert [each.refusal for each in pressed if each.refusal] == []


async def test_without_a_seed_there_is_no_reroll_and_one_that_is_asked_for_is_refused(bot: BotSetup) -> None:
    ada = bot.playground.member("ada")
    done = await bot.done(ada, seed=None)
    assert not any(
        str(getattr(each, "custom_id", "")).startswith("again") for each in result_buttons(done).children
    )
    again = replace(done, params=replace(done.params, seed=1))
    message = bot.post("buttons", components=components(result_buttons(again)))
    pressed = await bot.playground.member("grace").press(message, "Again")
    await pressed.shows(translate("en-US", "refused_no_seed"))


async def test_a_clip_is_extended_to_end_on_a_given_picture(owner_bot: BotSetup) -> None:
    ada = owner_bot.playground.member("ada")
    done = await owner_bot.done(ada, workflow="video_wan2_2_14B_flf2v", preset="default")
    message = owner_bot.post("buttons", components=components(result_buttons(done)))
    opened = await ada.press(message, "Extend")
    end = Upload(filename="end.png", data=picture())
    job = await owner_bot.job_of(await (await ada.submit(opened, join="no", end=end)).answered())
    assert (job.parent, job.params.workflow) == (done.id, "video_wan2_2_14B_flf2v")
    assert job.last_picture
    assert job.last_picture != job.picture
