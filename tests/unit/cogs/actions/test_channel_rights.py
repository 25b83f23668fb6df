"""Whose job may be touched by whom: each person, channel, way of asking and action.

The rights that are expected are those of the playground's Discord, which adds up roles and overwrites by
itself; what they allow is written down in ALLOWED.
"""

import itertools
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import discord
import pytest

from cogs.access.actors import requester_of
from cogs.access.policy import Action
from cogs.actions import channel_rights
from cogs.actions.channel_rights import NO_RIGHTS, RecentAnswers
from jobs.errors import Refusal
from jobs.requester import ChannelRights, Location, Requester
from playground.discord.model import Channel, Overwrite
from playground.discord.permissions import Permission as P
from playground.members import Member
from playground.playground import Playground
from tests.unit.cogs.bot_setup import BotSetup, running_application
from tests.unit.jobs.sample_jobs import JOB

MANAGE = P.MANAGE_MESSAGES
# What somebody may do with a job of another, by their rights in its channel.
HIDDEN, SEEN, MODERATED = "hidden", "seen", "moderated"
OF_ANYBODY = frozenset({Action.LIST, Action.REPORT, Action.REROLL})
TOUCHING = frozenset(Action) - OF_ANYBODY - {Action.ANIMATE, Action.CHANGE_RULES}
ALLOWED: Mapping[str, frozenset[Action]] = {
    HIDDEN: frozenset(),
    SEEN: OF_ANYBODY,
    MODERATED: OF_ANYBODY | TOUCHING,
}
COSTLY = frozenset({Action.REROLL, Action.CHANGE, Action.EXTEND, Action.RETRY})
WAYS = (
    "interaction in general",
    "interaction in the channel",
    "reaction",
    "reaction, its channel unknown",
    "interaction in a direct message",
    "interaction in another guild",
)


@pytest.fixture
async def unhurried_bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[BotSetup]:
    """The bot, whose lookups may take as long as they do on a busy machine."""
    monkeypatch.setattr(channel_rights, "LOOKUP_TIMEOUT", 30.0)
    async with running_application(tmp_path) as running:
        yield running


def people_in(playground: Playground) -> dict[str, Member]:
    """Members by what is special about them; "marked" ones are named in the overwrites of channels."""
    people = {
        "owner of the job": playground.member("ada"),
        "other": playground.member("bob"),
        "marked": playground.member("cy", roles=["marked"]),
        "moderator": playground.member("dan", permissions=MANAGE),
        "marked moderator": playground.member("eve", roles=["marked"], permissions=MANAGE),
        "moderator of threads": playground.member("fay", permissions=P.MANAGE_THREADS),
        "manager": playground.member("gus", permissions=P.MANAGE_GUILD),
        "administrator": playground.member("hal", roles=["marked"], permissions=P.ADMINISTRATOR),
    }
    return people | {"owner of the guild": Member(playground, playground.guild.owner_id)}


def channels_in(playground: Playground, people: Mapping[str, Member]) -> dict[str, Channel]:
    """Channels by their overwrites, and threads in them."""
    everyone, marked = playground.guild.id, playground.role("marked")
    cy, dan = people["marked"].id, people["moderator"].id
    overwrites: dict[str, dict[int, Overwrite]] = {
        "open": {},
        "hidden": {everyone: Overwrite(deny=P.VIEW_CHANNEL)},
        "hidden but for a role": {
            everyone: Overwrite(deny=P.VIEW_CHANNEL),
            marked: Overwrite(allow=P.VIEW_CHANNEL),
        },
        "hidden but for a person": {
            everyone: Overwrite(deny=P.VIEW_CHANNEL),
            dan: Overwrite(allow=P.VIEW_CHANNEL),
        },
        "hidden from a role": {marked: Overwrite(deny=P.VIEW_CHANNEL)},
        "hidden from a person": {dan: Overwrite(deny=P.VIEW_CHANNEL)},
        "moderated by nobody": {everyone: Overwrite(deny=MANAGE)},
        "moderated by a role": {marked: Overwrite(allow=MANAGE)},
        "moderated by a person": {everyone: Overwrite(deny=MANAGE), cy: Overwrite(allow=MANAGE)},
        "not moderated by a person": {dan: Overwrite(deny=MANAGE)},
        "moderated and hidden": {cy: Overwrite(allow=MANAGE, deny=P.VIEW_CHANNEL)},
    }
    channels: dict[str, Channel] = {}
    seen_by_bot = {playground.bot_user.id: Overwrite(allow=P.VIEW_CHANNEL)}
    for number, (name, holders) in enumerate(overwrites.items()):
        channels[name] = playground.channel_named(f"channel-{number}")
        for holder, overwrite in (holders | seen_by_bot).items():
            playground.state.set_permissions(channels[name], holder, overwrite)
    parents = [channels["open"], channels["hidden but for a role"], channels["moderated by a role"]]
    for parent in parents:
        channels[f"thread of {parent.name}"] = playground.thread(f"t-{parent.name}", parent)
        archived = channels[f"archived thread of {parent.name}"] = playground.thread("old", parent)
        playground.archive(archived)
        channels[f"private thread of {parent.name}"] = playground.private_thread(
            "secret", playground.bot_user.id, cy, parent=parent
        )
    channels["private thread without the bot"] = playground.private_thread("closed", cy)
    channels["deleted"] = playground.channel_named("deleted")
    playground.state.delete_channel(channels["deleted"])
    return channels


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person, as discord.py knows them from an interaction in #general."""

    name: str
    account: Member
    requester: Requester
    member: discord.Member


def rights_expected(bot: BotSetup, person: Person, channel: Channel) -> str:
    """What the playground's Discord says of a person and a channel that the bot sees."""
    state = bot.playground.state
    if channel.id not in state.channels or not state.sees(bot.playground.bot_user.id, channel):
        return HIDDEN
    if not state.sees(person.account.id, channel):
        return HIDDEN
    return MODERATED if state.permissions(person.account.id, channel) & MANAGE else SEEN


async def requester_by(way: str, bot: BotSetup, person: Person, channel: Channel) -> Requester | None:
    """Who asks in this way, None if nobody can: what happens in a channel happens where one sees it."""
    here, context = person.requester, bot.context
    if way == "interaction in the channel":
        rights = {
            HIDDEN: None,
            SEEN: ChannelRights(views=True),
            MODERATED: ChannelRights(views=True, moderates=True),
        }[rights_expected(bot, person, channel)]
        location = Location(guild_id=here.guild_id, channel_ids=frozenset({channel.id}))
        return replace(here, channel_id=channel.id, rights=rights, location=location) if rights else None
    if way == "reaction":
        return await context.reaction_requester(person.member, channel.id, 5)
    if way == "reaction, its channel unknown":
        return replace(await context.reaction_requester(person.member, channel.id, 5), rights=None)
    if way == "interaction in a direct message":
        nowhere = Location(guild_id=None, channel_ids=frozenset({9}))
        return replace(here, location=nowhere, channel_id=9, rights=NO_RIGHTS)
    if way == "interaction in another guild":
        elsewhere = Location(guild_id=9, channel_ids=frozenset({9}))
        moderating = ChannelRights(views=True, moderates=True)
        return replace(here, location=elsewhere, channel_id=9, rights=moderating)
    return here


def allowed_by(way: str, bot: BotSetup, person: Person, channel: Channel) -> frozenset[Action]:
    """What somebody may do with the job of "owner of the job" in that channel."""
    if person.name == "owner of the job":
        free = OF_ANYBODY | TOUCHING
        return free - COSTLY if way == "interaction in a direct message" else free
    if way in ("interaction in a direct message", "interaction in another guild"):
        return frozenset()
    if way == "reaction, its channel unknown":
        return frozenset()
    return ALLOWED[rights_expected(bot, person, channel)]


async def test_rights_are_those_in_the_channel_of_the_job(unhurried_bot: BotSetup) -> None:
    bot, context = unhurried_bot, unhurried_bot.context
    people = people_in(bot.playground)
    channels = channels_in(bot.playground, people)
    owner = people["owner of the job"]
    jobs = {
        name: replace(JOB, user_id=owner.id, guild_id=bot.playground.guild.id, channel_id=channel.id)
        for name, channel in channels.items()
    }
    persons: list[Person] = []
    for name, account in people.items():
        _, interaction = await bot.interaction(account)
        assert isinstance(interaction.user, discord.Member)
        requester = requester_of(interaction, "en-US")
        persons.append(Person(name=name, account=account, requester=requester, member=interaction.user))
    cells = list(itertools.product(persons, channels, WAYS))
    wrong: list[object] = []
    for person, name, way in cells:
        requester = await requester_by(way, bot, person, channels[name])
        if requester is None:
            continue
        found: set[Action] = set()
        for action in OF_ANYBODY | TOUCHING:
            try:
                await context.require(requester, action, jobs[name])
                found.add(action)
            except Refusal:
                pass
        expected = allowed_by(way, bot, person, channels[name])
        if found != set(expected):
            wrong.append((person.name, name, way, sorted(found ^ expected)))
    assert wrong == []
    assert len(cells) == len(people) * len(channels) * len(WAYS) == 9 * 22 * 6


async def test_what_is_listed_and_offered_is_in_channels_with_these_rights(unhurried_bot: BotSetup) -> None:
    bot, context = unhurried_bot, unhurried_bot.context
    people = people_in(bot.playground)
    channels = channels_in(bot.playground, people)
    for name, channel in channels.items():
        job = await bot.unposted(people["owner of the job"], name)
        await context.store.database.fetch(
            "UPDATE job SET channel_id = :channel WHERE id = :id RETURNING id",
            {"channel": channel.id, "id": job.id},
        )
    for name, account in people.items():
        _, interaction = await bot.interaction(account)
        requester = requester_of(interaction, "en-US")
        assert isinstance(interaction.user, discord.Member)
        person = Person(name=name, account=account, requester=requester, member=interaction.user)
        rights = {each: rights_expected(bot, person, channel) for each, channel in channels.items()}
        for action, wanted in ((Action.LIST, {SEEN, MODERATED}), (Action.CANCEL, {MODERATED})):
            found = await context.channels_with_jobs(requester, action)
            expected = {channels[each].id for each, right in rights.items() if right in wanted}
            assert found == expected, (name, action)


async def test_what_cannot_be_found_out_is_no_right(bot: BotSetup, monkeypatch: pytest.MonkeyPatch) -> None:
    boss = bot.playground.member("boss", permissions=P.ADMINISTRATOR)
    thread = bot.playground.thread("old")
    bot.playground.archive(thread)
    _, interaction = await bot.interaction(boss)
    requester = requester_of(interaction, "en-US")
    monkeypatch.setattr(channel_rights, "LOOKUP_TIMEOUT", 0.0)
    assert await bot.context.rights.find(requester, requester.guild_id, thread.id) is None
    assert await bot.context.rights.channel(thread.id) is None
    assert await bot.context.rights.find(requester, requester.guild_id + 1, thread.id) == NO_RIGHTS
    job = replace(JOB, user_id=1, guild_id=requester.guild_id, channel_id=thread.id)
    with pytest.raises(Refusal, match="not_now"):
        await bot.context.require(requester, Action.SHOW, job)


async def test_an_answer_is_kept_while_it_is_new_and_a_failure_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers, asked = RecentAnswers[int, int | None](), list[int]()

    async def look_up() -> int | None:
        asked.append(1)
        if len(asked) == 1:
            raise TimeoutError
        return None

    with pytest.raises(TimeoutError):
        await answers.get(1, look_up)
    assert [await answers.get(1, look_up) for _ in range(3)] == [None] * 3
    assert len(asked) == 2
    monkeypatch.setattr(channel_rights, "MAX_KEPT", 1)
    await answers.get(2, look_up)
    await answers.get(1, look_up)
    assert len(asked) == 4
    monkeypatch.setattr(channel_rights, "KEPT_SECONDS", -1.0)
    for _ in range(2):
        await answers.get(3, look_up)
    assert len(asked) == 6
