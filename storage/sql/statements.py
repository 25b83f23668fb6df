"""The longer statements that every engine reads; storage/database.py says how they are written."""

from storage.sql.admission_rules import BROKEN_RULES

DEFAULT_RATE = 5e-7  # GPU seconds per pixel, frame and step, while no job has finished

# The cost of a job: measured on jobs of the same size and steps, else in proportion to those of its workflow,
# else to all jobs, else by DEFAULT_RATE.
COST = f"""
rate AS (
    SELECT coalesce(
        (SELECT sum(mean) / sum(volume * steps) FROM pace WHERE workflow = :workflow),
        (SELECT sum(mean) / sum(volume * steps) FROM pace),
        {DEFAULT_RATE}
    ) * :volume * :steps AS seconds
),
guess AS (
    SELECT mean, spread FROM pace WHERE workflow = :workflow AND volume = :volume AND steps = :steps
    UNION ALL
    SELECT CASE WHEN seconds > 0.001 THEN seconds ELSE 0.001 END, seconds / 2 FROM rate
    LIMIT 1
)
"""  # noqa: S608 - constant SQL, no user input

FIND_BROKEN_RULE = f"SELECT * FROM ({BROKEN_RULES}) AS broken LIMIT 1"  # noqa: S608 - constant SQL, no user input

# Of a row of `pause`. Parameter: :now.
PAUSED = "(until IS NULL OR until > :now)"

# What a job still has of somebody who took it back. Their words went with the row of `source`.
ERASE_WITHDRAWN = """
UPDATE job
SET picture = '', last_picture = NULL, clip = NULL, root = id, params = json_remove(params, '$.after')
WHERE id = :id
"""

# Whoever moved others' jobs. The conditions are those of the partial indexes.
FORGET_MOVER = """
UPDATE job SET mover = 'person'
WHERE mover = 'person ' || :user
    AND mover > 'person ' AND mover < 'person~' AND mover <> 'person ' || user_id
"""
FORGET_MOVER_OF_EVENTS = """
UPDATE event SET mover = 'person'
WHERE mover = 'person ' || :user AND mover > 'person ' AND mover < 'person~'
"""

EVERYBODY = """
SELECT user_id AS id FROM job UNION SELECT id FROM person UNION SELECT user_id FROM preference
UNION SELECT user_id FROM draft UNION SELECT picture_of FROM draft UNION SELECT user_id FROM source
UNION SELECT person FROM audit WHERE person IS NOT NULL
"""

JOINED_BEHIND = """
WITH RECURSIVE line (id) AS (
    SELECT id FROM job WHERE parent = :id
    UNION
    SELECT job.id FROM line JOIN job ON job.parent = line.id
)
SELECT id FROM line
"""

USAGE = """
SELECT
    user_id, count(*) FILTER (WHERE state = 'done') AS done,
    count(*) FILTER (WHERE state = 'failed') AS failed,
    count(*) FILTER (WHERE state = 'cancelled') AS cancelled,
    sum(coalesce(seconds, charged, 0.0)) AS gpu_seconds
FROM job WHERE finished_at >= :since GROUP BY user_id ORDER BY gpu_seconds DESC, user_id
"""

AHEAD = """
SELECT count(*) FROM (
    SELECT 1 FROM job AS other, (SELECT tag, seq FROM job WHERE id = :id) AS mine
    WHERE other.state = 'queued' AND (other.tag, other.seq) < (mine.tag, mine.seq)
    LIMIT :cap
) AS served_before
"""

# seq rises with time: where none of the first rows is old enough, none of the later ones is.
REMOVE_ROWS = """
DELETE FROM job WHERE seq IN (
    SELECT seq FROM (SELECT seq, finished_at FROM job ORDER BY seq LIMIT :limit) AS oldest
    WHERE finished_at <= :before
)
RETURNING seq
"""

# The row of a person without jobs holds their use of today, which counts for fairness until the day is over.
REMOVE_PEOPLE = """
DELETE FROM person WHERE id IN (
    SELECT id FROM person
    WHERE day < :day AND NOT EXISTS (SELECT 1 FROM job WHERE user_id = person.id)
    LIMIT :limit
)
RETURNING id
"""

# All of a guild that the bot left before `before`; each looks again, as it may have joined meanwhile.
IN_LEFT_GUILD = """
guild_id = :guild AND EXISTS (SELECT 1 FROM membership WHERE guild_id = :guild AND left_at <= :before)
"""
FINISHED_IN_LEFT_GUILD = f"SELECT id FROM job WHERE {IN_LEFT_GUILD} AND finished_at IS NOT NULL LIMIT :limit"  # noqa: S608 - constant SQL, no user input
REMOVE_FROM_LEFT_GUILD = f"DELETE FROM job WHERE {IN_LEFT_GUILD} AND id IN LIST(:jobs)"  # noqa: S608 - constant SQL, no user input
_WITHOUT_JOBS = f"{IN_LEFT_GUILD} AND NOT EXISTS (SELECT 1 FROM job WHERE guild_id = :guild)"  # noqa: S608 - constant SQL, no user input
FORGET_LEFT_GUILD = (
    *(f"DELETE FROM {table} WHERE {_WITHOUT_JOBS}" for table in ("rules", "upload_limit", "blocked")),  # noqa: S608 - constant SQL, no user input
    f"DELETE FROM guild WHERE id = :guild AND EXISTS (SELECT 1 FROM membership WHERE {_WITHOUT_JOBS})",  # noqa: S608 - constant SQL, no user input
    f"DELETE FROM membership WHERE {_WITHOUT_JOBS}",  # noqa: S608 - constant SQL, no user input
)

UNFINISHED_AMONG = "SELECT id FROM job WHERE id IN LIST(:jobs) AND finished_at IS NULL"

FORGET_CLIPS = """
UPDATE job SET clip = NULL
WHERE id IN LIST(:jobs) AND clip IN LIST(:clips)
"""

NEEDED_PICTURES = """
SELECT seq, picture, last_picture, finished_at IS NULL OR finished_at > :before AS needed
FROM job WHERE seq > :above ORDER BY seq LIMIT :limit
"""
