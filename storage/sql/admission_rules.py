"""The rules of admission as SQL: each selects a row where it does not allow the job."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionRule:
    """One reason not to admit a job.

    `broken` selects one row (number, lifts_at, reason) where the rule is broken, and none otherwise; NULLs
    have the type of their column.
    Parameters: :user_id, :guild_id, :now, :day, and :home_guilds (a list of ids), and the limits by name;
    a comparison with a limit that is NULL is false.
    """

    name: str
    broken: str


ADMISSION_RULES = (
    AdmissionRule(
        name="blocked_people",
        broken="""SELECT CAST(NULL AS double precision), until, reason FROM blocked
        WHERE user_id = :user_id AND guild_id IN (0, :guild_id) AND (until IS NULL OR until > :now)""",
    ),
    AdmissionRule(
        name="queued_per_person",
        broken="""SELECT :queued_per_person, CAST(NULL AS double precision), CAST(NULL AS text) FROM person
        WHERE id = :user_id AND queued >= :queued_per_person""",
    ),
    AdmissionRule(
        name="queued_per_guild",
        broken="""SELECT :queued_per_guild, CAST(NULL AS double precision), CAST(NULL AS text) FROM guild
        WHERE id = :guild_id AND queued >= :queued_per_guild""",
    ),
    AdmissionRule(
        name="gpu_seconds_per_person",
        broken="""SELECT :gpu_seconds_per_person, (:day + 1) * 86400.0, CAST(NULL AS text) FROM person
        WHERE id = :user_id AND day = :day AND spent >= :gpu_seconds_per_person""",
    ),
    AdmissionRule(
        name="gpu_seconds_per_guild",
        broken="""SELECT :gpu_seconds_per_guild, (:day + 1) * 86400.0, CAST(NULL AS text) FROM guild
        WHERE id = :guild_id AND day = :day AND spent >= :gpu_seconds_per_guild""",
    ),
    AdmissionRule(
        name="gpu_seconds_of_strangers",
        broken="""SELECT :gpu_seconds_of_strangers, (:day + 1) * 86400.0, CAST(NULL AS text)
        WHERE :gpu_seconds_of_strangers IS NOT NULL
        AND :guild_id NOT IN LIST(:home_guilds)
        AND :gpu_seconds_of_strangers <= (
            SELECT coalesce(sum(spent), 0) FROM guild
            WHERE day = :day AND id NOT IN LIST(:home_guilds)
        )""",
    ),
    AdmissionRule(
        name="cooldown",
        broken="""SELECT :cooldown, asked_at + :cooldown, CAST(NULL AS text) FROM person
        WHERE id = :user_id AND asked_at + :cooldown > :now""",
    ),
)

# What a job is to be made with must not have been taken back meanwhile. Parameters: :parent, :draft.
MATERIAL_RULES = (
    AdmissionRule(
        name="gone",
        broken="""SELECT CAST(NULL AS double precision), CAST(NULL AS double precision), CAST(NULL AS text)
        WHERE :parent IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM job WHERE id = :parent AND unwanted = 0)""",
    ),
    AdmissionRule(
        name="withdrawn",
        broken="""SELECT CAST(NULL AS double precision), CAST(NULL AS double precision), CAST(NULL AS text)
        FROM job WHERE id = :parent AND withdrawn = 1""",
    ),
    AdmissionRule(
        name="picture_forgotten",
        broken="""SELECT CAST(NULL AS double precision), CAST(NULL AS double precision), CAST(NULL AS text)
        WHERE :draft IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM draft WHERE id = :draft)""",
    ),
)

BROKEN_RULES = "\nUNION ALL ".join(
    (
        """SELECT CAST(NULL AS text) AS rule, CAST(NULL AS double precision) AS number,
            CAST(NULL AS double precision) AS lifts_at, CAST(NULL AS text) AS reason WHERE 1 = 0""",
        *(
            f"SELECT '{rule.name}', broken.* FROM ({rule.broken}) AS broken"  # noqa: S608 - constant SQL, no user input
            for rule in (*MATERIAL_RULES, *ADMISSION_RULES)
        ),
    )
)
