"""Who may do what where."""

import pytest

from cogs.access.policy import AccessPolicy, Action, require_access
from jobs.errors import Refusal
from jobs.requester import Actor, Location, Requester
from tests.unit.jobs.sample_jobs import JOB

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
    "moderator": Actor(id=3, bot=False, roles=frozenset(), moderates=True),
    "manager": Actor(id=4, bot=False, roles=frozenset(), manages=True),
    "admin": Actor(id=5, bot=False, roles=frozenset(), moderates=True, manages=True),
    "bot": Actor(id=6, bot=True, roles=frozenset(), moderates=True, manages=True),
    "webhook": Actor(id=7, bot=True, roles=frozenset()),
    "blocked owner": Actor(id=OWNER, bot=False, roles=frozenset()),
    "blocked other": Actor(id=2, bot=False, roles=frozenset()),
}
NOT_YOURS, NO_MANAGER, BOT, BLOCKED, DM = (
    "not_yours",
    "not_manager",
    "bot",
    "blocked_people",
    "direct_message",
)
Codes = tuple[str | None, str | None, str | None, str | None, str | None]
# who: asking, touching a job, making another of it, reporting it, rules; then the same in direct messages
MATRIX: dict[str, tuple[Codes, Codes]] = {
    "owner": ((None, None, None, None, NO_MANAGER), (DM, None, DM, None, DM)),
    "other": ((None, NOT_YOURS, NOT_YOURS, None, NO_MANAGER), (DM, NOT_YOURS, NOT_YOURS, None, DM)),
    "moderator": ((None, None, None, None, NO_MANAGER), (DM, None, DM, None, DM)),
    "manager": ((None, NOT_YOURS, NOT_YOURS, None, None), (DM, NOT_YOURS, NOT_YOURS, None, DM)),
    "admin": ((None, None, None, None, None), (DM, None, DM, None, DM)),
    "bot": ((BOT,) * 5, (BOT,) * 5),
    "webhook": ((BOT,) * 5, (BOT,) * 5),
    "blocked owner": ((BLOCKED, None, BLOCKED, None, NO_MANAGER), (BLOCKED, None, BLOCKED, None, DM)),
    "blocked other": (
        (BLOCKED, NOT_YOURS, NOT_YOURS, None, NO_MANAGER),
        (BLOCKED, NOT_YOURS, NOT_YOURS, None, DM),
    ),
}
KINDS = (
    (Action.ANIMATE, Action.REROLL),
    (Action.CANCEL, Action.DELETE, Action.SEND_BY_DM, Action.SHOW),
    (Action.CHANGE, Action.EXTEND, Action.RETRY),
    (Action.REPORT,),
    (Action.CHANGE_RULES,),
)


@pytest.mark.parametrize("who", PEOPLE)
def test_who_may_do_what_with_whose_job(who: str) -> None:
    policy = AccessPolicy(blocked=frozenset({PEOPLE[who].id}) if "blocked" in who else frozenset())
    for location, codes in zip((HERE, IN_DM), MATRIX[who], strict=True):
        for actions, code in zip(KINDS, codes, strict=True):
            for action in actions:
                refusal = policy.check(PEOPLE[who], location, action, owner=OWNER)
                assert refusal == (Refusal(code) if code else None), (location, action)


def test_every_action_is_in_the_matrix() -> None:
    assert {action for actions in KINDS for action in actions} == set(Action)


AT_JOB = Location(guild_id=JOB.guild_id, channel_ids=frozenset({8}))
IN_OTHER_GUILD = Location(guild_id=JOB.guild_id + 1, channel_ids=frozenset({8}))
JOB_OWNER = Actor(id=JOB.user_id, bot=False, roles=frozenset())
STRANGER = Actor(id=1, bot=False, roles=frozenset())
MODERATOR = Actor(id=2, bot=False, roles=frozenset(), moderates=True)


@pytest.mark.parametrize(
    ("actor", "location"),
    [(JOB_OWNER, AT_JOB), (JOB_OWNER, IN_OTHER_GUILD), (JOB_OWNER, IN_DM), (MODERATOR, AT_JOB)],
)
@pytest.mark.parametrize("action", [Action.CANCEL, Action.SHOW])
def test_owners_may_anywhere_and_who_moderates_where_the_job_is(
    actor: Actor, location: Location, action: Action
) -> None:
    require_access(AccessPolicy(), Requester(actor=actor, location=location, channel_id=8), action, JOB)


@pytest.mark.parametrize(("actor", "location"), [(STRANGER, AT_JOB), (MODERATOR, IN_OTHER_GUILD)])
@pytest.mark.parametrize("action", [Action.CANCEL, Action.SHOW])
def test_others_may_not_nor_who_moderates_elsewhere(actor: Actor, location: Location, action: Action) -> None:
    with pytest.raises(Refusal, match="not_yours"):
        require_access(AccessPolicy(), Requester(actor=actor, location=location, channel_id=8), action, JOB)
