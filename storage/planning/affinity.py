"""Server affinity: prefer, among the jobs due next, one of the workflow a server has loaded. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

MAX_CANDIDATES = 24  # jobs due next that are considered


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A queued job: `tag` is its start tag in fair queueing, `cost` in GPU seconds."""

    seq: int
    user_id: int
    workflow: str
    tag: float
    cost: float
    weight: float


def choose(candidates: Sequence[Candidate], loaded: str | None) -> Candidate | None:
    """The job to serve next; `candidates` are in the order of their tags.

    A job of the workflow `loaded` is preferred if its tag is within cost / weight of the first one's, so no
    job is overtaken by more than that; the jobs of one person never overtake each other.
    """
    if not candidates:
        return None
    first, seen = candidates[0], set[int]()
    for each in candidates:
        if each.tag > first.tag + first.cost / first.weight:
            break
        if each.workflow == loaded and each.user_id not in seen:
            return each
        seen.add(each.user_id)
    return first
