"""Who asks for something, and how much GPU time they get."""

from dataclasses import replace

from jobs.requester import Actor, Location, QueueShare, Requester, SharePolicy

MEMBER = Actor(id=1, bot=False, roles=frozenset({10}))


def test_a_share_is_the_largest_weight_and_a_boosters_head_start() -> None:
    shares = SharePolicy(roles={10: 1.5, 11: 3}, booster=QueueShare(weight=2, head_start=120))
    assert shares.of(Actor(id=1, bot=False, roles=frozenset())) == QueueShare()
    assert shares.of(MEMBER) == QueueShare(weight=1.5)
    assert shares.of(Actor(id=1, bot=False, roles=frozenset({10, 11}))) == QueueShare(weight=3)
    booster = Actor(id=1, bot=False, roles=frozenset({10}), booster=True)
    assert shares.of(booster) == QueueShare(weight=2, head_start=120)


def test_a_requester_is_known_by_discords_ids_and_by_no_guild_in_direct_messages() -> None:
    somebody = Requester(
        actor=MEMBER, location=Location(guild_id=7, channel_ids=frozenset({8})), channel_id=8
    )
    assert (somebody.user_id, somebody.guild_id) == (1, 7)
    assert replace(somebody, location=Location(guild_id=None, channel_ids=frozenset())).guild_id == 0
