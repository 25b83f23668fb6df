"""Who may do what where."""

import pytest

from cogs.access.policy import AccessPolicy, Action
from jobs.errors import Refusal
from jobs.requester import Actor, ChannelRights, Location

MEMBER = Actor(id=1, bot=False, roles=frozenset({10}))
HERE = Location(guild_id=5, channel_ids=frozenset({7, 70}))
RESTRICTED = AccessPolicy(guilds=frozenset({5}), channels=frozenset({70}), roles=frozenset({10, 11}))


@pytest.mark.parametrize("action", [Action.ANIMATE, Action.REROLL])
@pytest.mark.parametrize(
    ("policy", "actor", "location", "code"),
    [
        (RESTRICTED, MEMBER, HERE, None),
        (AccessPolicy(), Actor(id=2, bot=False, roles=frozenset()), HERE, None),
        (AccessPolicy(), Actor(id=2, bot=True, roles=frozenset()), HERE, "bot"),
        (AccessPolicy(), MEMBER, Location(guild_id=None, channel_ids=frozenset({7})), "direct_message"),
        (RESTRICTED, MEMBER, Location(guild_id=6, channel_ids=frozenset({70})), "guild"),
        (RESTRICTED, MEMBER, Location(guild_id=5, channel_ids=frozenset({8})), "channel"),
        (AccessPolicy(blocked=frozenset({1})), MEMBER, HERE, "blocked_people"),
        (RESTRICTED, Actor(id=3, bot=False, roles=frozenset({12})), HERE, "role"),
    ],
)
def test_the_policy(
    policy: AccessPolicy, actor: Actor, location: Location, code: str | None, action: Action
) -> None:
    assert policy.check(actor, location, action) == (Refusal(code) if code else None)


IN_DM = Location(guild_id=None, channel_ids=frozenset({9}))
OWNER = 1
PEOPLE: dict[str, Actor] = {
    "owner": Actor(id=OWNER, bot=False, roles=frozenset()),
    "other": Actor(id=2, bot=False, roles=frozenset()),
    "manager": Actor(id=4, bot=False, roles=frozenset(), manages=True),
    "bot": Actor(id=6, bot=True, roles=frozenset(), manages=True),
    "blocked owner": Actor(id=OWNER, bot=False, roles=frozenset()),
    "blocked other": Actor(id=2, bot=False, roles=frozenset()),
}
RIGHTS: dict[str, ChannelRights | None] = {
    "unknown": None,
    "hidden": ChannelRights(),
    "seen": ChannelRights(views=True),
    "moderated": ChannelRights(views=True, moderates=True),
}
KINDS = (
    (Action.ANIMATE,),
    (Action.LIST, Action.REPORT),
    (Action.REROLL,),
    (Action.CANCEL, Action.DELETE, Action.SEND_BY_DM, Action.SHOW),
    (Action.CHANGE, Action.EXTEND, Action.RETRY),
    (Action.CHANGE_RULES,),
)
NOT_NOW, NO_JOB, NOT_YOURS, BLOCKED, DM = (
    "not_now",
    "no_such_job",
    "not_yours",
    "blocked_people",
    "direct_message",
)
Codes = tuple[str | None, ...]
# What everybody but the owner reads of each kind of action, by their rights in the channel of the job.
OF_OTHERS: dict[str, Codes] = {
    "unknown": (None, NOT_NOW, NOT_NOW, NOT_NOW, NOT_NOW),
    "hidden": (None, NO_JOB, NO_JOB, NO_JOB, NO_JOB),
    "seen": (None, None, None, NOT_YOURS, NOT_YOURS),
    "moderated": (None,) * 5,
}
COSTLY = (0, 2, 4)  # kinds that take GPU time


def expected(who: str, where: str, location: Location) -> Codes:
    """The codes of the kinds of actions, without that of rules."""
    if who == "bot":
        return ("bot",) * 5
    owns = who.endswith("owner")
    codes = (None,) * 5 if owns else OF_OTHERS[where]
    no_time = BLOCKED if "blocked" in who else DM if location is IN_DM else None
    return tuple(code or (no_time if kind in COSTLY else None) for kind, code in enumerate(codes))


@pytest.mark.parametrize("where", RIGHTS)
@pytest.mark.parametrize("who", PEOPLE)
def test_who_may_do_what_with_whose_job(who: str, where: str) -> None:
    policy = AccessPolicy(blocked=frozenset({PEOPLE[who].id}) if "blocked" in who else frozenset())
    for location in (HERE, IN_DM):
        for actions, code in zip(KINDS, expected(who, where, location), strict=False):
            for action in actions:
                asked_about = None if action is Action.ANIMATE else OWNER
                refusal = policy.check(PEOPLE[who], location, action, owner=asked_about, rights=RIGHTS[where])
                assert refusal == (Refusal(code) if code else None), (location, action)


@pytest.mark.parametrize(
    ("who", "location", "code"),
    [
        ("manager", HERE, None),
        ("other", HERE, "not_manager"),
        ("manager", IN_DM, DM),
        ("bot", HERE, "bot"),
    ],
)
def test_who_changes_the_rules(who: str, location: Location, code: str | None) -> None:
    refusal = AccessPolicy().check(PEOPLE[who], location, Action.CHANGE_RULES, rights=RIGHTS["moderated"])
    assert refusal == (Refusal(code) if code else None)


def test_every_action_is_in_the_matrix() -> None:
    assert {action for actions in KINDS for action in actions} == set(Action)
