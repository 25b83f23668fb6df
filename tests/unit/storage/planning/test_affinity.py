"""A server prefers jobs of the workflow it has loaded, within one job of the first."""

from storage.planning.affinity import Candidate, choose


def candidate(seq: int, workflow: str, tag: float, user: int | None = None) -> Candidate:
    return Candidate(seq=seq, user_id=user or seq, workflow=workflow, tag=tag, cost=10, weight=1)


def test_a_server_prefers_what_it_has_loaded_within_one_job() -> None:
    near = [candidate(1, "x", 0), candidate(2, "x", 5), candidate(3, "loaded", 10)]
    far = [candidate(1, "x", 0), candidate(2, "loaded", 10.1)]
    assert [choose(candidates, "loaded") for candidates in (near, far)] == [near[2], far[0]]
    assert choose(near, "unknown") == choose(near, None) == near[0]
    assert choose([], "loaded") is None


def test_ones_own_jobs_do_not_overtake_each_other() -> None:
    candidates = [candidate(1, "x", 0, user=7), candidate(2, "loaded", 5, user=7), candidate(3, "loaded", 6)]
    assert choose(candidates, "loaded") == candidates[2]
