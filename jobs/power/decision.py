"""When a GPU server is woken, freed or stopped. Pure."""

from dataclasses import dataclass
from enum import StrEnum

AWAY_SECONDS = 10.0  # a server that is being connected to, or restarts, is not woken
FIRST_BACKOFF, LAST_BACKOFF = 60.0, 1800.0  # seconds until a hook that failed is tried again


class PowerAction(StrEnum):
    """What is to be done with a server; the value is for the log."""

    WAKE = "wake"
    FREE = "free"
    SLEEP = "sleep"


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerPolicy:
    """What the operator wants of a server.

    `wakes`: whether there is a hook to wake it. `free_after`, `sleep_after`: seconds without work until its
    memory is freed, and until its hook to stop it is started; None is never.
    """

    wakes: bool = False
    free_after: float | None = None
    sleep_after: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerFacts:
    """What is known of a server; times in seconds.

    `waiting`: jobs that wait for it. `away`: for how long it has not answered, None where it answers. `idle`:
    for how long it had no work, neither ours nor that of others. `quiet`: whether these are quiet hours.
    `retry_in`: until a hook may be started again. `freed`, `slept`: whether that was done since
    its last work.
    """

    waiting: int = 0
    away: float | None = None
    idle: float = 0.0
    quiet: bool = False
    retry_in: float = 0.0
    freed: bool = False
    slept: bool = False


def decide(policy: PowerPolicy, facts: PowerFacts) -> PowerAction | None:
    """What is to be done now; one thing at a time."""
    wanted = facts.waiting > 0 and not facts.quiet
    if facts.away is not None:
        wakes = policy.wakes and wanted and facts.away >= AWAY_SECONDS and facts.retry_in <= 0
        return PowerAction.WAKE if wakes else None
    if wanted:
        return None
    if _due(policy.sleep_after, facts.idle) and not facts.slept and facts.retry_in <= 0:
        return PowerAction.SLEEP
    if _due(policy.free_after, facts.idle) and not facts.freed and not facts.slept:
        return PowerAction.FREE
    return None


def backoff(failures: int) -> float:
    """Seconds until a hook is started again that failed so often in a row."""
    return min(FIRST_BACKOFF * 2 ** (failures - 1), LAST_BACKOFF) if failures else 0.0


def _due(after: float | None, idle: float) -> bool:
    return after is not None and idle >= after
