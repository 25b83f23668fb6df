"""Server affinity: which of the jobs at the head of the line suits what a server has loaded. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

HEAD_OF_LINE = 24  # jobs that are looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What decides about a queued job: `tag` is its turn, cost / weight is how long that turn lasts."""

    seq: int
    user_id: int
    workflow: str
    tag: float
    cost: float
    weight: float


def choose(line: Sequence[Candidate], loaded: str | None) -> Candidate | None:
    """The job to serve next, from the head of the line in order.

    A job of the workflow `loaded` is preferred if its turn comes within one job of the first one's, so that
    nobody is overtaken by more; and nobody's own jobs overtake each other.
    """
    if not line:
        return None
    first, seen = line[0], set[int]()
    for each in line:
        if each.tag > first.tag + first.cost / first.weight:
            break
        if each.workflow == loaded and each.user_id not in seen:
            return each
        seen.add(each.user_id)
    return first
