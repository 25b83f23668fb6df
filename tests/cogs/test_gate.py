"""Who may do what where."""

import pytest

from cogs.gate import Action, Gate, Person, Place, Share, Shares
from cogs.refusal import Refusal

MEMBER = Person(id=1, bot=False, roles=frozenset({10}))
HERE = Place(guild_id=5, channel_ids=frozenset({7, 70}))
GATE = Gate(guilds=frozenset({5}), channels=frozenset({70}), roles=frozenset({10, 11}))


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize(
    ("gate", "person", "place", "code"),
    [
        (GATE, MEMBER, HERE, None),
        (Gate(), Person(id=2, bot=False, roles=frozenset()), HERE, None),
        (Gate(), Person(id=2, bot=True, roles=frozenset()), HERE, "bot"),
        (Gate(), MEMBER, Place(guild_id=None, channel_ids=frozenset({7})), "direct_message"),
        (GATE, MEMBER, Place(guild_id=6, channel_ids=frozenset({70})), "guild"),
        (GATE, MEMBER, Place(guild_id=5, channel_ids=frozenset({8})), "channel"),
        (Gate(blocked=frozenset({1})), MEMBER, HERE, "blocked_people"),
        (GATE, Person(id=3, bot=False, roles=frozenset({12})), HERE, "role"),
    ],
)
def test_the_gate(gate: Gate, person: Person, place: Place, code: str | None, action: Action) -> None:
    assert gate.may(person, place, action) == (Refusal(code) if code else None)


def test_a_share_is_the_largest_weight_and_a_boosters_head_start() -> None:
    shares = Shares(roles={10: 1.5, 11: 3}, booster=Share(weight=2, head_start=120))
    assert shares.of(Person(id=1, bot=False, roles=frozenset())) == Share()
    assert shares.of(MEMBER) == Share(weight=1.5)
    assert shares.of(Person(id=1, bot=False, roles=frozenset({10, 11}))) == Share(weight=3)
    booster = Person(id=1, bot=False, roles=frozenset({10}), booster=True)
    assert shares.of(booster) == Share(weight=2, head_start=120)
