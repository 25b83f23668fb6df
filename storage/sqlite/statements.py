"""The statements of more than a line. Each that writes is a transaction of its own.

The triggers of migration 0001 update the tables person, guild, pace, clock and event with the jobs.
"""

from storage.sqlite.admission_rules import BROKEN_RULES

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
    SELECT max(seconds, 0.001), seconds / 2 FROM rate
    LIMIT 1
)
"""  # noqa: S608 - constant SQL, no user input

ADMIT = f"""
WITH {COST}
INSERT INTO job (
    id, key, user_id, guild_id, channel_id, locale, workflow, volume, steps, params, picture,
    last_picture, parent, root, draft, weight, floor, tag, cost, spread, created_at, moved_at, mover
)
SELECT
    :id, :key, :user_id, :guild_id, :channel_id, :locale, :workflow, :volume, :steps, :params, :picture,
    :last_picture, :parent,
    coalesce((SELECT root FROM job WHERE id = :parent), :id),
    :draft, :weight, line.floor,
    coalesce((SELECT max(line.floor, finish_tag) FROM person WHERE id = :user_id), line.floor),
    guess.mean, guess.spread, :now, :now, :mover
FROM guess, (SELECT tag - :head_start AS floor FROM clock) AS line
WHERE NOT EXISTS (SELECT 1 FROM ({BROKEN_RULES}))
ON CONFLICT (key) DO NOTHING
RETURNING *
"""  # noqa: S608 - constant SQL, no user input

FIND_BROKEN_RULE = f"SELECT * FROM ({BROKEN_RULES}) LIMIT 1"  # noqa: S608 - constant SQL, no user input

# Only what is still open, and of nobody who took back their words, which are gone from the parameters.
SETTLE = f"""
WITH {COST}
UPDATE job
SET workflow = :workflow, volume = :volume, steps = :steps, params = :params,
    cost = guess.mean, spread = guess.spread
FROM guess
WHERE id = :id AND state = 'queued' AND withdrawn = 0 AND json_array_length(job.params, '$.left_open') > 0
RETURNING *
"""  # noqa: S608 - constant SQL, no user input

# Of a row of `pause`. Parameter: :now.
PAUSED = "(until IS NULL OR until > :now)"

CLAIMABLE = f"""
    NOT EXISTS (SELECT 1 FROM pause WHERE {PAUSED})
    AND state = 'queued' AND withdrawn = 0 AND workflow IN (SELECT value FROM json_each(:workflows))
    AND (status_message IS NOT NULL OR created_at <= :now - :grace)
    AND (
        :lacks = '[]' OR NOT EXISTS (
            SELECT 1 FROM (
                SELECT key || '/' || value AS name FROM json_each(params, '$.choices')
                UNION ALL SELECT '@lora/' || key FROM json_each(params, '$.loras')
            ) AS chosen JOIN json_each(:lacks) AS lack ON lack.value = workflow || '/' || chosen.name
        )
    )
    AND (
        :running_per_guild IS NULL
        OR (SELECT running FROM guild WHERE guild.id = job.guild_id) < :running_per_guild
    )
"""  # noqa: S608 - constant SQL, no user input

CLAIM_CANDIDATES = f"""
SELECT seq, user_id, workflow, tag, cost, weight FROM job WHERE {CLAIMABLE} ORDER BY tag, seq LIMIT :limit
"""  # noqa: S608 - constant SQL, no user input

CLAIM = """
UPDATE job
SET state = 'claimed', epoch = epoch + 1, server = :server, lease_until = :until,
    started_at = coalesce(started_at, :now), moved_at = :now, mover = :server
"""
CLAIM_NEXT = (
    f"{CLAIM} WHERE seq = (SELECT seq FROM job WHERE {CLAIMABLE} ORDER BY tag, seq LIMIT 1) RETURNING *"  # noqa: S608 - constant SQL, no user input
)
CLAIM_CHOSEN = f"{CLAIM} WHERE seq = :chosen AND {CLAIMABLE} RETURNING *"

ADOPT = """
UPDATE job
SET epoch = epoch + 1, server = :server, lease_until = :until, moved_at = :now, mover = :server
WHERE seq = (
    SELECT seq FROM job
    WHERE lease_until <= :now AND state <> 'delivering'
        AND (server = :server OR server NOT IN (SELECT value FROM json_each(:servers)))
    ORDER BY lease_until, seq LIMIT 1
)
RETURNING *
"""

ADOPT_DELIVERY = """
UPDATE job
SET epoch = epoch + 1, lease_until = :until, moved_at = :now, mover = 'delivery'
WHERE seq = (
    SELECT seq FROM job WHERE lease_until <= :now AND state = 'delivering' ORDER BY lease_until, seq LIMIT 1
)
RETURNING *
"""

POSTPONE = """
UPDATE job SET lease_until = :later, tries = tries + 1, epoch = epoch + 1, moved_at = :now, mover = 'delivery'
WHERE id = :id AND epoch = :epoch AND state = 'delivering'
RETURNING *
"""

RENEW = """
UPDATE job SET lease_until = :until
WHERE lease_until IS NOT NULL AND (id, epoch) IN (SELECT key, value FROM json_each(:held))
"""

# A job that is requeued while its cancellation is requested becomes cancelled.
MOVE = """
UPDATE job
SET state = iif(:state = 'queued' AND cancel_requested, 'cancelled', :state),
    finished_at = iif(:finished OR (:state = 'queued' AND cancel_requested), :now, NULL),
    lease_until = iif(:active, :until, NULL), moved_at = :now, mover = coalesce(:mover, mover),
    attempts = coalesce(:attempts, attempts), clip = coalesce(:clip, clip),
    seconds = coalesce(:seconds, seconds), charged = coalesce(:charged, charged),
    result_message = coalesce(:result_message, result_message),
    result_channel = coalesce(:result_channel, result_channel),
    reason = iif(:state = 'done', NULL, coalesce(:reason, reason))
WHERE id = :id AND epoch = :epoch AND state = :was AND lease_until IS NOT NULL
RETURNING *
"""

CANCEL = """
UPDATE job
SET cancel_requested = 1,
    state = iif(state = 'queued', 'cancelled', state), finished_at = iif(state = 'queued', :now, NULL),
    moved_at = iif(state = 'queued', :now, moved_at), mover = iif(state = 'queued', :mover, mover),
    reason = :reason
WHERE id = :id AND finished_at IS NULL
RETURNING *
"""
CANCEL_GUILD = CANCEL.replace("WHERE id = :id", "WHERE guild_id = :guild")
CANCEL_BLOCKED = CANCEL.replace(
    "WHERE id = :id AND finished_at IS NULL",
    """WHERE state = 'queued' AND (
        user_id IN (SELECT value FROM json_each(:people))
        OR EXISTS (
            SELECT 1 FROM blocked
            WHERE blocked.user_id = job.user_id AND blocked.guild_id IN (0, job.guild_id)
            AND (until IS NULL OR until > :now)
        )
    )""",
)
CANCEL_WITHDRAWN = CANCEL.replace(
    "WHERE id = :id", "WHERE withdrawn = 1 AND picture <> '' AND cancel_requested = 0"
)

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

# The time of pauses does not count.
EXPIRE = """
UPDATE job
SET state = 'failed', finished_at = :now, moved_at = :now, mover = 'rules', reason = :reason
WHERE seq IN (
    SELECT seq FROM job
    WHERE state = 'queued' AND created_at <= :now - :longest_wait AND created_at <= :now - :longest_wait - (
        SELECT coalesce(sum(max(min(coalesce(until, :now), :now) - max(since, job.created_at), 0)), 0)
        FROM pause
    )
    LIMIT :limit
)
RETURNING *
"""

USAGE = """
SELECT
    user_id, sum(state = 'done') AS done, sum(state = 'failed') AS failed,
    sum(state = 'cancelled') AS cancelled,
    sum(coalesce(seconds, charged, 0.0)) AS gpu_seconds
FROM job WHERE finished_at >= :since GROUP BY user_id ORDER BY gpu_seconds DESC, user_id
"""

AHEAD = """
SELECT count(*) FROM (
    SELECT 1 FROM job AS other, (SELECT tag, seq FROM job WHERE id = :id) AS mine
    WHERE other.state = 'queued' AND (other.tag, other.seq) < (mine.tag, mine.seq)
    LIMIT :cap
)
"""

# `pace` is read again here: since the job was admitted, more jobs of its kind may have been measured.
AHEAD_IN_SECONDS = """
WITH mine AS (SELECT tag, seq FROM job WHERE id = :id),
known AS (
    SELECT 'own' AS part, seq FROM mine
    UNION ALL
    SELECT * FROM (
        SELECT 'line', other.seq FROM mine CROSS JOIN job AS other INDEXED BY job_line
        WHERE other.state = 'queued' AND (other.tag, other.seq) < (mine.tag, mine.seq)
        LIMIT :cap
    )
    UNION ALL
    SELECT 'busy', seq FROM job
    WHERE lease_until IS NOT NULL AND state IN ('claimed', 'submitting', 'running') AND id <> :id
)
SELECT
    part, count(*) AS jobs,
    sum(max(coalesce(pace.mean, job.cost) - iif(job.state = 'running', :now - job.moved_at, 0), 0))
        AS seconds,
    sum(coalesce(pace.spread, job.spread) * coalesce(pace.spread, job.spread)) AS variance
FROM known JOIN job USING (seq) LEFT JOIN pace USING (workflow, volume, steps)
GROUP BY part
"""

# seq rises with time: where none of the first rows is old enough, none of the later ones is.
REMOVE_ROWS = """
DELETE FROM job WHERE seq IN (
    SELECT seq FROM (SELECT seq, finished_at FROM job ORDER BY seq LIMIT :limit) WHERE finished_at <= :before
)
RETURNING seq
"""

# The row of a person without jobs holds their use of today, which counts for fairness until the day is over.
REMOVE_PEOPLE = """
DELETE FROM person WHERE id IN (
    SELECT id FROM person
    WHERE day < :today AND NOT EXISTS (SELECT 1 FROM job WHERE user_id = person.id)
    LIMIT :limit
)
RETURNING id
"""

# All of a guild that the bot left before `before`; each looks again, as it may have joined meanwhile.
IN_LEFT_GUILD = """
guild_id = :guild AND EXISTS (SELECT 1 FROM membership WHERE guild_id = :guild AND left_at <= :before)
"""
FINISHED_IN_LEFT_GUILD = f"SELECT id FROM job WHERE {IN_LEFT_GUILD} AND finished_at IS NOT NULL LIMIT :limit"  # noqa: S608 - constant SQL, no user input
REMOVE_FROM_LEFT_GUILD = (
    f"DELETE FROM job WHERE {IN_LEFT_GUILD} AND id IN (SELECT value FROM json_each(:jobs))"  # noqa: S608 - constant SQL, no user input
)
_WITHOUT_JOBS = f"{IN_LEFT_GUILD} AND NOT EXISTS (SELECT 1 FROM job WHERE guild_id = :guild)"  # noqa: S608 - constant SQL, no user input
FORGET_LEFT_GUILD = (
    *(f"DELETE FROM {table} WHERE {_WITHOUT_JOBS}" for table in ("rules", "upload_limit", "blocked")),  # noqa: S608 - constant SQL, no user input
    f"DELETE FROM guild WHERE id = :guild AND EXISTS (SELECT 1 FROM membership WHERE {_WITHOUT_JOBS})",  # noqa: S608 - constant SQL, no user input
    f"DELETE FROM membership WHERE {_WITHOUT_JOBS}",  # noqa: S608 - constant SQL, no user input
)

# `jobs` and `clips` are JSON lists.
UNFINISHED_AMONG = (
    "SELECT id FROM job WHERE id IN (SELECT value FROM json_each(:jobs)) AND finished_at IS NULL"
)

FORGET_CLIPS = """
UPDATE job SET clip = NULL
WHERE id IN (SELECT value FROM json_each(:jobs)) AND clip IN (SELECT value FROM json_each(:clips))
"""

NEEDED_PICTURES = """
SELECT
    max(seq) AS last,
    json_group_array(DISTINCT picture) FILTER (WHERE needed) AS pictures,
    json_group_array(DISTINCT last_picture) FILTER (WHERE needed) AS last_pictures
FROM (
    SELECT seq, picture, last_picture, finished_at IS NULL OR finished_at > :before AS needed
    FROM job WHERE seq > :after ORDER BY seq LIMIT :limit
)
"""
