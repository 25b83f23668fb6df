"""The rules of admission as SQL: each selects a row where it does not allow the job."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionRule:
    """One reason not to admit a job.

    `broken` selects one row (number, lifts_at, reason) where the rule is broken, and none otherwise.
    Parameters: :user_id, :guild_id, :now, :day, :home_guilds (a JSON list of ids) and the limits by name;
    a comparison with a limit that is NULL is false.
    """

    name: str
    broken: str


ADMISSION_RULES = (
    AdmissionRule(
        name="blocked_people",
        broken="""SELECT NULL, until, reason FROM blocked
        WHERE user_id = :user_id AND guild_id IN (0, :guild_id) AND (until IS NULL OR until > :now)""",
    ),
    AdmissionRule(
        name="queued_per_person",
        broken="""SELECT :queued_per_person, NULL, NULL FROM person
        WHERE id = :user_id AND queued >= :queued_per_person""",
    ),
    AdmissionRule(
        name="queued_per_guild",
        broken="""SELECT :queued_per_guild, NULL, NULL FROM guild
        WHERE id = :guild_id AND queued >= :queued_per_guild""",
    ),
    AdmissionRule(
        name="gpu_seconds_per_person",
        broken="""SELECT :gpu_seconds_per_person, (:day + 1) * 86400.0, NULL FROM person
        WHERE id = :user_id AND day = :day AND spent >= :gpu_seconds_per_person""",
    ),
    AdmissionRule(
        name="gpu_seconds_per_guild",
        broken="""SELECT :gpu_seconds_per_guild, (:day + 1) * 86400.0, NULL FROM guild
        WHERE id = :guild_id AND day = :day AND spent >= :gpu_seconds_per_guild""",
    ),
    AdmissionRule(
        name="gpu_seconds_of_strangers",
        broken="""SELECT :gpu_seconds_of_strangers, (:day + 1) * 86400.0, NULL
        WHERE :gpu_seconds_of_strangers IS NOT NULL
        AND :guild_id NOT IN (SELECT value FROM json_each(:home_guilds))
        AND :gpu_seconds_of_strangers <= (
            SELECT total(spent) FROM guild
            WHERE day = :day AND id NOT IN (SELECT value FROM json_each(:home_guilds))
        )""",
    ),
    AdmissionRule(
        name="cooldown",
        broken="""SELECT :cooldown, asked_at + :cooldown, NULL FROM person
        WHERE id = :user_id AND asked_at + :cooldown > :now""",
    ),
)

# What a job is to be made with must not have been taken back meanwhile. Parameters: :parent, :draft.
MATERIAL_RULES = (
    AdmissionRule(
        name="gone",
        broken="""SELECT NULL, NULL, NULL WHERE :parent IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM job WHERE id = :parent AND unwanted = 0)""",
    ),
    AdmissionRule(
        name="withdrawn",
        broken="SELECT NULL, NULL, NULL FROM job WHERE id = :parent AND withdrawn = 1",
    ),
    AdmissionRule(
        name="picture_forgotten",
        broken="""SELECT NULL, NULL, NULL WHERE :draft IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM draft WHERE id = :draft)""",
    ),
)

BROKEN_RULES = "\nUNION ALL ".join(
    (
        "SELECT NULL AS rule, NULL AS number, NULL AS lifts_at, NULL AS reason WHERE 0",
        *(f"SELECT '{rule.name}', * FROM ({rule.broken})" for rule in (*MATERIAL_RULES, *ADMISSION_RULES)),  # noqa: S608 - constant SQL, no user input
    )
)
