"""What a community allows: the limits as numbers, and the rules as a list that SQL answers.

A new rule is a field of QueueLimits and a line in RULES.
"""

from dataclasses import dataclass, fields

from storage.blocked_words import BLOCKED_WORDS, first_blocked


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLimits:
    """The numbers of the rules; None is no limit. Times in seconds, a day is one of UTC."""

    queued_per_person: int | None = 5
    queued_per_guild: int | None = None
    running_per_guild: int | None = None
    gpu_seconds_per_person: float | None = None
    gpu_seconds_per_guild: float | None = None
    cooldown: float | None = None
    longest_wait: float | None = 24 * 3600.0
    blocked_words: frozenset[str] = BLOCKED_WORDS

    def values(self) -> dict[str, float | None]:
        """The numbers under the names by which the rules ask for them."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name != "blocked_words"}

    def blocked_word(self, prompt: str) -> str | None:
        """The first of the blocked words that the prompt holds."""
        return first_blocked(prompt, self.blocked_words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One reason not to admit a job.

    `broken` selects a row (number, lifts_at) where the rule says no, and none where it says nothing. It may
    use :user_id, :guild_id, :now, :day and the limits by name; a limit that is NULL compares as no.
    """

    name: str
    broken: str


RULES = (
    Rule(
        name="blocked_people",
        broken="""SELECT NULL, until FROM blocked
        WHERE user_id = :user_id AND guild_id IN (0, :guild_id) AND (until IS NULL OR until > :now)""",
    ),
    Rule(
        name="queued_per_person",
        broken="""SELECT :queued_per_person, NULL FROM person
        WHERE id = :user_id AND queued >= :queued_per_person""",
    ),
    Rule(
        name="queued_per_guild",
        broken="""SELECT :queued_per_guild, NULL FROM guild
        WHERE id = :guild_id AND queued >= :queued_per_guild""",
    ),
    Rule(
        name="gpu_seconds_per_person",
        broken="""SELECT :gpu_seconds_per_person, (:day + 1) * 86400.0 FROM person
        WHERE id = :user_id AND day = :day AND spent >= :gpu_seconds_per_person""",
    ),
    Rule(
        name="gpu_seconds_per_guild",
        broken="""SELECT :gpu_seconds_per_guild, (:day + 1) * 86400.0 FROM guild
        WHERE id = :guild_id AND day = :day AND spent >= :gpu_seconds_per_guild""",
    ),
    Rule(
        name="cooldown",
        broken="""SELECT :cooldown, asked_at + :cooldown FROM person
        WHERE id = :user_id AND asked_at + :cooldown > :now""",
    ),
)

REFUSALS = "\nUNION ALL ".join(
    (
        "SELECT NULL AS rule, NULL AS number, NULL AS lifts_at WHERE 0",
        *(f"SELECT '{rule.name}', * FROM ({rule.broken})" for rule in RULES),  # noqa: S608 - our own words
    )
)
