"""Who gets how much of the GPU."""

from jobs.requester import Actor, QueueShare, SharePolicy

MEMBER = Actor(id=1, bot=False, roles=frozenset({10}))


def test_a_share_is_the_largest_weight_and_a_boosters_head_start() -> None:
    shares = SharePolicy(roles={10: 1.5, 11: 3}, booster=QueueShare(weight=2, head_start=120))
    assert shares.of(Actor(id=1, bot=False, roles=frozenset())) == QueueShare()
    assert shares.of(MEMBER) == QueueShare(weight=1.5)
    assert shares.of(Actor(id=1, bot=False, roles=frozenset({10, 11}))) == QueueShare(weight=3)
    booster = Actor(id=1, bot=False, roles=frozenset({10}), booster=True)
    assert shares.of(booster) == QueueShare(weight=2, head_start=120)
