"""The operations of the store, each one statement, which is a transaction of its own.

The triggers of the migrations update the tables person, guild, pace, clock, event and source with the jobs.
"""

from collections.abc import Mapping

from storage.database import QueueOperation
from storage.sql.admission_rules import BROKEN_RULES
from storage.sql.statements import COST, PAUSED

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
WHERE NOT EXISTS (SELECT 1 FROM ({BROKEN_RULES}) AS broken)
ON CONFLICT (key) DO NOTHING
RETURNING *
"""  # noqa: S608 - constant SQL, no user input

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

# Whether the server of these workflows and lacks can run a job.
RUNNABLE = """
    workflow IN LIST(:workflows)
    AND (
        :lacks = '[]' OR NOT EXISTS (
            SELECT 1 FROM (
                SELECT key || '/' || value AS name FROM json_each(params, '$.choices')
                UNION ALL SELECT '@lora/' || key FROM json_each(params, '$.loras')
            ) AS chosen JOIN json_each(:lacks) AS lack ON lack.value = workflow || '/' || chosen.name
        )
    )
"""

# One job a server (the index job_on_server), and none that is new to a process that was told to drain.
FREE = """
    NOT EXISTS (
        SELECT 1 FROM job AS other
        WHERE other.server = :server AND other.state IN ('claimed', 'submitting', 'running')
    )
    AND NOT EXISTS (SELECT 1 FROM worker WHERE id = :holder AND draining = 1)
"""

CLAIMABLE = f"""
    NOT EXISTS (SELECT 1 FROM pause WHERE {PAUSED})
    AND {FREE}
    AND state = 'queued' AND withdrawn = 0 AND {RUNNABLE}
    AND (status_message IS NOT NULL OR created_at <= :now - :grace)
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
SET state = 'claimed', epoch = epoch + 1, server = :server, holder = :holder, lease_until = :now + :lease,
    started_at = coalesce(started_at, :now), moved_at = :now, mover = :server
"""
CLAIM_NEXT = (
    f"{CLAIM} WHERE seq = (SELECT seq FROM job WHERE {CLAIMABLE} ORDER BY tag, seq LIMIT 1) RETURNING *"  # noqa: S608 - constant SQL, no user input
)
CLAIM_CHOSEN = f"{CLAIM} WHERE seq = :chosen AND {CLAIMABLE} RETURNING *"

# Of a server that no living process drives the job runs again, on a free server that can run it.
ADOPT = f"""
UPDATE job
SET epoch = epoch + 1, server = :server, holder = :holder, lease_until = :now + :lease,
    moved_at = :now, mover = :server
WHERE seq = (
    SELECT seq FROM job
    WHERE lease_until <= :now AND state <> 'delivering' AND (
        server = :server
        OR (
            server NOT IN LIST(:servers)
            AND NOT EXISTS (
                SELECT 1 FROM worker_server JOIN worker ON worker.id = worker_server.worker
                WHERE worker_server.server = job.server AND worker.seen_at > :now - :alive
            )
            AND (:anywhere = 1 OR cancel_requested = 1 OR ({RUNNABLE}))
            AND {FREE}
        )
    )
    ORDER BY lease_until, seq LIMIT 1
)
RETURNING *
"""  # noqa: S608 - constant SQL, no user input

ADOPT_DELIVERY = """
UPDATE job
SET epoch = epoch + 1, holder = :holder, lease_until = :now + :lease, moved_at = :now, mover = 'delivery'
WHERE seq = (
    SELECT seq FROM job
    WHERE lease_until <= :now - :grace AND state = 'delivering'
    ORDER BY lease_until, seq LIMIT 1
)
RETURNING *
"""

POSTPONE = """
UPDATE job
SET lease_until = :now + :delay, holder = NULL, tries = tries + 1, epoch = epoch + 1,
    moved_at = :now, mover = 'delivery'
WHERE id = :id AND epoch = :epoch AND state = 'delivering'
RETURNING *
"""

RENEW = """
UPDATE job SET lease_until = :now + :lease
WHERE lease_until IS NOT NULL AND (id, epoch) IN (SELECT key, value FROM json_each(:held))
RETURNING id
"""

# A job that is requeued while its cancellation is requested becomes cancelled.
MOVE = """
UPDATE job
SET state = iif(:state = 'queued' AND cancel_requested, 'cancelled', :state),
    finished_at = iif(:finished OR (:state = 'queued' AND cancel_requested), :now, NULL),
    lease_until = iif(:active, :now + :lease, NULL), holder = iif(:active, :holder, NULL),
    moved_at = :now, mover = coalesce(:mover, mover),
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
        user_id IN LIST(:people)
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

OPERATIONS: Mapping[QueueOperation, str] = {
    QueueOperation.ADMIT: ADMIT,
    QueueOperation.SETTLE: SETTLE,
    QueueOperation.CLAIM_CANDIDATES: CLAIM_CANDIDATES,
    QueueOperation.CLAIM_NEXT: CLAIM_NEXT,
    QueueOperation.CLAIM_CHOSEN: CLAIM_CHOSEN,
    QueueOperation.ADOPT: ADOPT,
    QueueOperation.ADOPT_DELIVERY: ADOPT_DELIVERY,
    QueueOperation.RENEW: RENEW,
    QueueOperation.MOVE: MOVE,
    QueueOperation.POSTPONE: POSTPONE,
    QueueOperation.CANCEL: CANCEL,
    QueueOperation.CANCEL_GUILD: CANCEL_GUILD,
    QueueOperation.CANCEL_BLOCKED: CANCEL_BLOCKED,
    QueueOperation.CANCEL_WITHDRAWN: CANCEL_WITHDRAWN,
    QueueOperation.EXPIRE: EXPIRE,
    QueueOperation.AHEAD_IN_SECONDS: AHEAD_IN_SECONDS,
}
