"""The limits of a queue as numbers, and its blocked words.

A new limit is a field of QueueLimits and a rule in storage/sql/admission_rules.py.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields

from storage.database import SqlValue
from storage.words.blocked_words import BLOCKED_WORDS, compile_words, first_blocked

SETS = frozenset({"blocked_words", "home_guilds"})  # fields that are no numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLimits:
    """Limits on admission, on running jobs and on waiting; None is no limit. Seconds, days in UTC.

    `gpu_seconds_of_strangers`: for all guilds but the `home_guilds` (ids) together.
    """

    queued_per_person: int | None = 5
    queued_per_guild: int | None = None
    running_per_guild: int | None = None
    gpu_seconds_per_person: float | None = None
    gpu_seconds_per_guild: float | None = None
    gpu_seconds_of_strangers: float | None = None
    home_guilds: AbstractSet[int] = frozenset()
    cooldown: float | None = None
    longest_wait: float | None = 24 * 3600.0
    blocked_words: frozenset[str] = BLOCKED_WORDS

    def __post_init__(self) -> None:
        """Compile the words now, at start: it takes a tenth of a second."""
        compile_words(self.blocked_words)

    def values(self) -> dict[str, float | None]:
        """The numbers by field name."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name not in SETS}

    def parameters(self) -> dict[str, SqlValue]:
        """The parameters of the admission rules' SQL: the numbers, and the home guilds as a list."""
        return {**self.values(), "home_guilds": sorted(self.home_guilds)}

    def blocked_word(self, prompt: str) -> str | None:
        """The first blocked word that the prompt contains, or None."""
        return first_blocked(prompt, self.blocked_words)
