"""Who may do something with one job: owners anywhere, who moderates in their own guild only."""

import pytest

from cogs.access.policy import Action, Gate, Person, Place
from cogs.access.rights import allow
from jobs.errors import Refusal
from tests.unit.jobs.sample_jobs import JOB

HERE = Place(guild_id=JOB.guild_id, channel_ids=frozenset({8}))
ELSEWHERE = Place(guild_id=JOB.guild_id + 1, channel_ids=frozenset({8}))
BY_DM = Place(guild_id=None, channel_ids=frozenset({9}))

OWNER = Person(id=JOB.user_id, bot=False, roles=frozenset())
OTHER = Person(id=1, bot=False, roles=frozenset())
MODERATOR = Person(id=2, bot=False, roles=frozenset(), moderates=True)


@pytest.mark.parametrize(
    ("person", "place"), [(OWNER, HERE), (OWNER, ELSEWHERE), (OWNER, BY_DM), (MODERATOR, HERE)]
)
@pytest.mark.parametrize("action", [Action.CANCEL, Action.SHOW])
def test_owners_may_anywhere_and_who_moderates_where_the_job_is(
    person: Person, place: Place, action: Action
) -> None:
    allow(Gate(), person, place, action, JOB)


@pytest.mark.parametrize(("person", "place"), [(OTHER, HERE), (MODERATOR, ELSEWHERE)])
@pytest.mark.parametrize("action", [Action.CANCEL, Action.SHOW])
def test_others_may_not_nor_who_moderates_elsewhere(person: Person, place: Place, action: Action) -> None:
    with pytest.raises(Refusal, match="not_yours"):
        allow(Gate(), person, place, action, JOB)
