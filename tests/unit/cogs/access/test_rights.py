"""Who may do something with one job: owners anywhere, who moderates in their own guild only."""

import pytest

from cogs.access.policy import AccessPolicy, Action, Actor, Location
from cogs.access.rights import require_access
from jobs.errors import Refusal
from tests.unit.jobs.sample_jobs import JOB

HERE = Location(guild_id=JOB.guild_id, channel_ids=frozenset({8}))
ELSEWHERE = Location(guild_id=JOB.guild_id + 1, channel_ids=frozenset({8}))
BY_DM = Location(guild_id=None, channel_ids=frozenset({9}))

OWNER = Actor(id=JOB.user_id, bot=False, roles=frozenset())
OTHER = Actor(id=1, bot=False, roles=frozenset())
MODERATOR = Actor(id=2, bot=False, roles=frozenset(), moderates=True)


@pytest.mark.parametrize(
    ("actor", "location"), [(OWNER, HERE), (OWNER, ELSEWHERE), (OWNER, BY_DM), (MODERATOR, HERE)]
)
@pytest.mark.parametrize("action", [Action.CANCEL, Action.SHOW])
def test_owners_may_anywhere_and_who_moderates_where_the_job_is(
    actor: Actor, location: Location, action: Action
) -> None:
    require_access(AccessPolicy(), actor, location, action, JOB)


@pytest.mark.parametrize(("actor", "location"), [(OTHER, HERE), (MODERATOR, ELSEWHERE)])
@pytest.mark.parametrize("action", [Action.CANCEL, Action.SHOW])
def test_others_may_not_nor_who_moderates_elsewhere(actor: Actor, location: Location, action: Action) -> None:
    with pytest.raises(Refusal, match="not_yours"):
        require_access(AccessPolicy(), actor, location, action, JOB)
