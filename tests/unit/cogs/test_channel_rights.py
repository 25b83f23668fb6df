"""Jobs in channels that somebody does not see, or where they moderate nothing: every way of reaching them."""

import pytest

from cogs.i18n.catalogue import translate
from playground.discord.model import Channel, Overwrite
from playground.discord.permissions import Permission
from playground.members import Member
from playground.playground import Playground
from storage import State
from tests.sampling import one_in
from tests.unit.cogs.bot_setup import BotSetup

NO_SUCH_JOB = translate("en-US", "refused_no_such_job")
NOT_YOURS = translate("en-US", "refused_not_yours")
HIDDEN_WORDS = "the red fox"


def hide(channel: Channel, member: Member) -> None:
    """Take the view of a channel from a member."""
    member.playground.state.set_permissions(channel, member.id, Overwrite(deny=Permission.VIEW_CHANNEL))


def secret_from(playground: Playground, member: Member) -> Channel:
    """A channel that this member does not see."""
    channel = playground.channel_named("secret")
    hide(channel, member)
    return channel


def moderator(playground: Playground) -> Member:
    """A member with Manage Messages in all channels that do not deny it."""
    return playground.member("boss", permissions=Permission.MANAGE_MESSAGES)


async def test_hidden_jobs_are_not_offered_shown_named_counted_or_cancelled(bot: BotSetup) -> None:
    playground = bot.playground
    ada, boss = playground.member("ada"), moderator(playground)
    thread = playground.thread("deep", secret_from(playground, boss))
    hidden = [
        await bot.queued(ada, "a", channel=playground.channel_named("secret"), prompt=HIDDEN_WORDS),
        await bot.queued(ada, "b", channel=thread, prompt=HIDDEN_WORDS),
    ]
    for job in hidden:
        assert await boss.autocomplete("cancel", "job", job.short) == []
        assert await boss.autocomplete("show", "id", job.short) == []
        assert await (await boss.command("cancel", job=job.id)).refused() == NO_SUCH_JOB
        assert await (await boss.command("show", id=job.short)).refused() == NO_SUCH_JOB
        assert (await bot.context.store.job(job.id)).state is State.QUEUED
    card = await (await boss.command("queue")).shows(translate("en-US", "queue_empty"))
    assert ada.mention not in card.text
    assert HIDDEN_WORDS not in card.text


async def test_seen_jobs_are_listed_beside_hidden_ones_and_overwrites_of_the_job_count(bot: BotSetup) -> None:
    playground = bot.playground
    ada, bob, boss = playground.member("ada"), playground.member("bob"), moderator(playground)
    await bot.queued(ada, "a", channel=secret_from(playground, boss))
    seen = await bot.queued(bob, "b")
    card = await (await boss.command("queue")).shows(bob.mention)
    assert ada.mention not in card.text
    assert [value for _, value in await boss.autocomplete("cancel", "job", "")] == [seen.id]
    cy, club = playground.member("cy"), playground.channel_named("club")
    playground.state.set_permissions(club, cy.id, Overwrite(allow=Permission.MANAGE_MESSAGES))
    there = await bot.queued(ada, "c", channel=club)
    assert [value for _, value in await cy.autocomplete("cancel", "job", "")] == [there.id]
    assert await (await cy.command("cancel", job=seen.id)).refused() == NOT_YOURS
    await (await cy.command("cancel", job=there.id)).shows("is cancelled")


BUTTONS = ("info", "graph", "cancel", "delete", "deletenow", "again", "change", "extend", "retry", "smaller")


@pytest.mark.parametrize("action", one_in(3, BUTTONS))
async def test_no_button_elsewhere_reaches_a_hidden_job(bot: BotSetup, action: str) -> None:
    playground, store = bot.playground, bot.context.store
    ada, boss = playground.member("ada"), moderator(playground)
    job = await bot.queued(ada, channel=secret_from(playground, boss), prompt=HIDDEN_WORDS)
    button = {"type": 2, "style": 2, "label": action, "custom_id": f"{action}:{job.id}"}
    message = bot.post("copied", components=({"type": 1, "components": [button]},))
    asked = await boss.press(message, action)
    assert await asked.refused() == NO_SUCH_JOB
    assert (await store.job(job.id)).state is State.QUEUED
    assert await store.history(boss.id, limit=1) == []


async def test_a_modal_is_refused_once_its_channel_is_hidden(bot: BotSetup) -> None:
    playground = bot.playground
    ada, boss = playground.member("ada"), moderator(playground)
    channel = playground.channel_named("later hidden")
    job = await bot.done(ada, channel=channel)
    button = {"type": 2, "style": 2, "label": "change", "custom_id": f"change:{job.id}"}
    message = bot.post("copied", components=({"type": 1, "components": [button]},))
    opened = await boss.press(message, "change")
    await opened.opens()
    hide(channel, boss)
    assert await (await boss.submit(opened)).refused() == NO_SUCH_JOB
    assert await bot.context.store.history(boss.id, limit=1) == []


@pytest.mark.parametrize("emoji", ["❌", "✉️"])
async def test_reactions_have_the_rights_of_their_channel(bot: BotSetup, emoji: str) -> None:
    playground, messages = bot.playground, bot.playground.state.messages
    boss, channel = moderator(playground), playground.channel
    playground.state.set_permissions(channel, boss.id, Overwrite(deny=Permission.MANAGE_MESSAGES))
    done = await bot.done(playground.member("ada"), "a")
    result = messages[done.result_message or 0]
    assert await (await boss.react(result, emoji)).refused() == NOT_YOURS
    assert not boss.inbox
    assert result.id in messages
    playground.state.set_permissions(channel, boss.id, Overwrite(allow=Permission.MANAGE_MESSAGES))
    await boss.unreact(result, emoji)
    await boss.react(result, emoji)
    await playground.until(lambda: (boss.inbox or result.id not in messages) or None, 10, "what was asked")


async def test_a_missed_reroll_of_somebody_who_no_longer_sees_the_clip_is_refused(bot: BotSetup) -> None:
    playground, store, in_flight = bot.playground, bot.context.store, bot.context.in_flight
    grace, ada = playground.member("grace"), playground.member("ada")  # served in this order
    channel = playground.channel_named("club")
    done = await bot.done(ada, channel=channel)
    in_flight.close()
    for member in (grace, ada):
        await member.react(playground.state.messages[done.result_message or 0], "🔁")
    hide(channel, grace)
    await (await ada.command("help")).refused()  # gateway events come in order
    in_flight.is_open = True
    await bot.application.missed_reactions.on_ready()

    def replied() -> bool | None:
        replies = {each.reply_to for each in playground.state.messages_in(channel.id)}
        return done.result_message in replies or None

    await playground.until(replied, 10, "a reroll")
    assert [job.user_id for job in await store.rerolls_of(done.id, limit=9)] == [ada.id]


async def test_ones_own_jobs_stay_ones_own_where_one_sees_nothing_and_link_nowhere(bot: BotSetup) -> None:
    playground = bot.playground
    ada, grace = playground.member("ada"), playground.member("grace")
    channel = playground.channel_named("club")
    done, waiting = await bot.done(ada, "a", channel=channel), await bot.queued(ada, "b", channel=channel)
    link, wanted = f"/{channel.id}/{done.result_message}", translate("en-US", "open_clip")
    assert link in (await (await ada.command("history")).shows(wanted)).text
    assert link in (await (await ada.command("show", id=done.short)).shows(wanted)).text
    hide(channel, ada)
    assert link not in (await (await ada.command("history")).shows(done.short)).text
    assert link not in (await (await ada.command("show", id=done.short)).shows(done.short)).text
    assert [value for _, value in await ada.autocomplete("cancel", "job", "")] == [waiting.id]
    assert await (await grace.command("show", id=done.short)).refused() == NOT_YOURS
    await (await ada.command("cancel")).shows("is cancelled")


async def test_related_jobs_of_others_are_named_where_one_sees_them(bot: BotSetup) -> None:
    playground, store = bot.playground, bot.context.store
    ada, grace = playground.member("ada"), playground.member("grace")
    parent = await bot.done(ada, channel=playground.channel_named("club"))
    child = await bot.unposted(grace, "b")
    await store.database.fetch(
        "UPDATE job SET parent = :parent WHERE id = :id RETURNING id", {"parent": parent.id, "id": child.id}
    )
    assert parent.short in (await (await grace.command("show", id=child.short)).shows(child.short)).text
    hide(playground.channel_named("club"), grace)
    assert parent.short not in (await (await grace.command("show", id=child.short)).shows(child.short)).text


async def test_jobs_of_a_deleted_channel_are_touched_by_their_owner_alone(bot: BotSetup) -> None:
    playground = bot.playground
    ada, boss = playground.member("ada"), playground.member("boss", permissions=Permission.ADMINISTRATOR)
    channel = playground.channel_named("club")
    job = await bot.queued(ada, channel=channel)
    playground.state.delete_channel(channel)
    assert await boss.autocomplete("cancel", "job", "") == []
    assert await (await boss.command("cancel", job=job.id)).refused() == NO_SUCH_JOB
    await (await ada.command("cancel", job=job.id)).shows("is cancelled")


async def test_in_a_private_thread_who_has_joined_it_has_the_rights_of_its_parent(bot: BotSetup) -> None:
    playground = bot.playground
    ada, boss, outsider = playground.member("ada"), moderator(playground), moderator(playground)
    thread = playground.private_thread("us", ada.id, boss.id, playground.bot_user.id)
    job = await bot.queued(ada, channel=thread)
    assert await outsider.autocomplete("cancel", "job", "") == []
    assert await (await outsider.command("cancel", job=job.id)).refused() == NO_SUCH_JOB
    assert [value for _, value in await boss.autocomplete("cancel", "job", "")] == [job.id]
    await (await boss.command("cancel", job=job.id)).shows("is cancelled")
