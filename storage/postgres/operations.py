"""The operations of the store on PostgreSQL: each a transaction that takes its locks first.

READ COMMITTED gives each statement a snapshot of its own, so what decides is read in a statement after that
which locks. Rows are locked in the order job (by seq), person, guild, clock everywhere; FOR NO KEY UPDATE, as
admissions of rerolls hold their parent's key.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from storage.database import QueueOperation, Row, Values
from storage.job import FINISHED, State
from storage.sql.admission_rules import BROKEN_RULES
from storage.sql.statements import COST, PAUSED

Run = Callable[[str, Values], Awaitable[Sequence[Row]]]
Work = Callable[[Run, Values], Awaitable[Sequence[Row]]]


class TryAgainError(Exception):
    """What was found is gone, or held by others: undo the transaction and begin it again after `seconds`."""

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__(f"again in {seconds} s")
        self.seconds = seconds


class UndoError(Exception):
    """Nothing is to be done: undo the transaction."""


LOCKED_SECONDS = 0.05  # until jobs that other claims hold are looked at again

# Admission: what it is made of, then the rows that its rules count in, which are made where they are missing.
LOCK_PARENT = "SELECT 1 FROM job WHERE id = :parent FOR SHARE"
LOCK_DRAFT = "SELECT 1 FROM draft WHERE id = :draft FOR UPDATE"
LOCK_REQUESTER = """
INSERT INTO person VALUES (:user_id, '-Infinity', 0, :day, 0, '-Infinity', '')
ON CONFLICT (id) DO UPDATE SET queued = person.queued WHERE false
"""
LOCK_GUILD = """
INSERT INTO guild VALUES (:guild_id, 0, 0, :day, 0)
ON CONFLICT (id) DO UPDATE SET queued = guild.queued WHERE false
"""
LOCK_CLOCK = "SELECT 1 FROM clock FOR NO KEY UPDATE"  # what all strangers use together is in no one row
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
    coalesce((SELECT greatest(line.floor, finish_tag) FROM person WHERE id = :user_id), line.floor),
    guess.mean, guess.spread, :now, :now, :mover
FROM guess, (SELECT tag - :head_start AS floor FROM clock) AS line
WHERE NOT EXISTS (SELECT 1 FROM ({BROKEN_RULES}) AS broken)
ON CONFLICT (key) DO NOTHING
RETURNING *
"""  # noqa: S608 - constant SQL, no user input

SETTLE = f"""
WITH {COST}
UPDATE job
SET workflow = :workflow, volume = :volume, steps = :steps, params = :params,
    cost = guess.mean, spread = guess.spread
FROM guess
WHERE id = :id AND state = 'queued' AND withdrawn = 0 AND json_array_length(job.params, '$.left_open') > 0
RETURNING job.*
"""  # noqa: S608 - constant SQL, no user input

# Claims for one server come one after the other: the next one sees which job it has.
LOCK_SERVER = "SELECT pg_advisory_xact_lock(hashtextextended('server ' || :server, 0))"

# Whether the server of these workflows and lacks can run a job.
RUNNABLE = """
    workflow = ANY(:workflows)
    AND (
        cardinality(:lacks) = 0 OR NOT EXISTS (
            SELECT 1 FROM (
                SELECT key || '/' || value AS name FROM json_each_text(params::json -> 'choices')
                UNION ALL SELECT '@lora/' || key FROM json_each_text(params::json -> 'loras')
            ) AS chosen WHERE workflow || '/' || chosen.name = ANY(:lacks)
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
ANY_CLAIMABLE = f"SELECT 1 FROM job WHERE {CLAIMABLE} LIMIT 1"  # noqa: S608 - constant SQL, no user input
LOCK_NEXT = f"""
SELECT seq AS chosen, user_id, guild_id FROM job WHERE {CLAIMABLE}
ORDER BY tag, seq LIMIT 1 FOR NO KEY UPDATE OF job SKIP LOCKED
"""  # noqa: S608 - constant SQL, no user input
LOCK_CHOSEN = f"""
SELECT seq AS chosen, user_id, guild_id FROM job WHERE seq = :chosen AND {CLAIMABLE}
FOR NO KEY UPDATE OF job SKIP LOCKED
"""  # noqa: S608 - constant SQL, no user input
LOCK_PERSON = "SELECT 1 FROM person WHERE id = :user_id FOR NO KEY UPDATE"
TAKE_PLACE = """
SELECT 1 FROM guild
WHERE id = :guild_id AND (:running_per_guild IS NULL OR running < :running_per_guild) FOR NO KEY UPDATE
"""  # the row as it is once the lock is there; the trigger counts in it
CLAIM = """
UPDATE job
SET state = 'claimed', epoch = epoch + 1, server = :server, holder = :holder, lease_until = :now + :lease,
    started_at = coalesce(started_at, :now), moved_at = :now, mover = :server
WHERE seq = :chosen AND state = 'queued'
RETURNING *
"""

# Of a server that no living process drives the job runs again, on a free server that can run it.
ADOPT = f"""
WITH found AS MATERIALIZED (
    SELECT seq FROM job
    WHERE lease_until <= :now AND state <> 'delivering' AND (
        server = :server
        OR (
            server <> ALL(:servers)
            AND NOT EXISTS (
                SELECT 1 FROM worker_server JOIN worker ON worker.id = worker_server.worker
                WHERE worker_server.server = job.server AND worker.seen_at > :now - :alive
            )
            AND (:anywhere = 1 OR cancel_requested = 1 OR ({RUNNABLE}))
            AND {FREE}
        )
    )
    ORDER BY lease_until, seq LIMIT 1 FOR NO KEY UPDATE OF job SKIP LOCKED
)
UPDATE job
SET epoch = epoch + 1, server = :server, holder = :holder, lease_until = :now + :lease,
    moved_at = :now, mover = :server
FROM found WHERE job.seq = found.seq
RETURNING job.*
"""  # noqa: S608 - constant SQL, no user input
ADOPT_DELIVERY = """
WITH found AS MATERIALIZED (
    SELECT seq FROM job WHERE lease_until <= :now - :grace AND state = 'delivering'
    ORDER BY lease_until, seq LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE job
SET epoch = epoch + 1, holder = :holder, lease_until = :now + :lease, moved_at = :now, mover = 'delivery'
FROM found WHERE job.seq = found.seq
RETURNING job.*
"""
POSTPONE = """
UPDATE job
SET lease_until = :now + :delay, holder = NULL, tries = tries + 1, epoch = epoch + 1,
    moved_at = :now, mover = 'delivery'
WHERE id = :id AND epoch = :epoch AND state = 'delivering'
RETURNING *
"""
RENEW = """
WITH held AS MATERIALIZED (
    SELECT job.seq FROM job
    JOIN json_each_text(:held::json) AS lease ON lease.key = job.id AND lease.value::bigint = job.epoch
    WHERE lease_until IS NOT NULL ORDER BY job.seq FOR NO KEY UPDATE OF job
)
UPDATE job SET lease_until = :now + :lease FROM held WHERE job.seq = held.seq RETURNING job.id
"""
MOVE = """
UPDATE job
SET state = CASE WHEN :state = 'queued' AND cancel_requested = 1 THEN 'cancelled' ELSE :state END,
    finished_at = CASE WHEN :finished = 1 OR (:state = 'queued' AND cancel_requested = 1) THEN :now END,
    lease_until = CASE WHEN :active = 1 THEN :now + :lease END,
    holder = CASE WHEN :active = 1 THEN :holder END,
    moved_at = :now, mover = coalesce(:mover, mover),
    attempts = coalesce(:attempts, attempts), clip = coalesce(:clip, clip),
    seconds = coalesce(:seconds, seconds), charged = coalesce(:charged, charged),
    result_message = coalesce(:result_message, result_message),
    result_channel = coalesce(:result_channel, result_channel),
    reason = CASE WHEN :state <> 'done' THEN coalesce(:reason, reason) END
WHERE id = :id AND epoch = :epoch AND state = :was AND lease_until IS NOT NULL
RETURNING *
"""
CANCEL = """
UPDATE job
SET cancel_requested = 1, reason = :reason,
    state = CASE WHEN state = 'queued' THEN 'cancelled' ELSE state END,
    finished_at = CASE WHEN state = 'queued' THEN :now END,
    moved_at = CASE WHEN state = 'queued' THEN :now ELSE moved_at END,
    mover = CASE WHEN state = 'queued' THEN :mover ELSE mover END
"""
EXPIRE = """
UPDATE job SET state = 'failed', finished_at = :now, moved_at = :now, mover = 'rules', reason = :reason
"""
TOO_OLD = """seq IN (
    SELECT seq FROM job
    WHERE state = 'queued' AND created_at <= :now - :longest_wait AND created_at <= :now - :longest_wait - (
        SELECT coalesce(sum(
            greatest(least(coalesce(until, :now), :now) - greatest(since, job.created_at), 0)
        ), 0)
        FROM pause
    )
    ORDER BY seq LIMIT :limit
) AND state = 'queued'"""
OF_BLOCKED = """state = 'queued' AND (
    user_id = ANY(:people)
    OR EXISTS (
        SELECT 1 FROM blocked
        WHERE blocked.user_id = job.user_id AND blocked.guild_id IN (0, job.guild_id)
        AND (until IS NULL OR until > :now)
    )
)"""

# `pace` is read again here: since the job was admitted, more jobs of its kind may have been measured.
AHEAD_IN_SECONDS = """
WITH mine AS (SELECT tag, seq FROM job WHERE id = :id),
known AS (
    SELECT 'own' AS part, seq FROM mine
    UNION ALL
    SELECT * FROM (
        SELECT 'line', other.seq FROM mine CROSS JOIN job AS other
        WHERE other.state = 'queued' AND (other.tag, other.seq) < (mine.tag, mine.seq)
        LIMIT :cap
    ) AS line
    UNION ALL
    SELECT 'busy', seq FROM job
    WHERE lease_until IS NOT NULL AND state IN ('claimed', 'submitting', 'running') AND id <> :id
)
SELECT
    part, count(*) AS jobs,
    sum(greatest(
        coalesce(pace.mean, job.cost) - CASE WHEN job.state = 'running' THEN :now - job.moved_at ELSE 0 END, 0
    )) AS seconds,
    sum(greatest(coalesce(pace.spread, job.spread), 1e-6) ^ 2) AS variance
FROM known JOIN job USING (seq) LEFT JOIN pace USING (workflow, volume, steps)
GROUP BY part
"""


def _steps(*statements: str) -> Work:
    """One statement after the other; the rows of the last."""

    async def work(run: Run, values: Values) -> Sequence[Row]:
        rows: Sequence[Row] = []
        for statement in statements:
            rows = await run(statement, values)
        return rows

    return work


def _end(update: str, which: str) -> Work:
    """Update the jobs of a condition, which may end some; these pull later jobs of their people forward."""
    people = f"SELECT user_id FROM job WHERE {which}"  # noqa: S608 - constant SQL, no user input
    return _steps(*_locks(which, people), f"{update} WHERE {which} RETURNING *")


def _locks(which: str, people: str) -> Sequence[str]:
    """Statements that lock the jobs of a condition and all waiting ones of their people; these; guilds.

    Until the people are locked they may get more jobs. One of these that a claim has locked meanwhile is not
    waited for, as the claim waits for its person: all is begun again. Which rows they are is found by
    indexes first: of one condition with OR all waiting jobs would be read.
    """
    waiting = f"SELECT seq FROM job WHERE state = 'queued' AND user_id = ANY(ARRAY({people}))"  # noqa: S608 - constant SQL, no user input
    jobs = f"""SELECT 1 FROM job
        WHERE seq = ANY(ARRAY(SELECT seq FROM job WHERE {which} UNION {waiting}))
        ORDER BY seq FOR NO KEY UPDATE"""  # noqa: S608 - constant SQL, no user input
    return (
        jobs,
        f"SELECT 1 FROM person WHERE id IN ({people}) ORDER BY id FOR NO KEY UPDATE",  # noqa: S608 - constant SQL, no user input
        f"{jobs} NOWAIT",
        f"""SELECT 1 FROM guild WHERE id IN (SELECT guild_id FROM job WHERE {which})
        ORDER BY id FOR NO KEY UPDATE""",  # noqa: S608 - constant SQL, no user input
    )


async def _admit(run: Run, values: Values) -> Sequence[Row]:
    """Lock what it is made of, the person, the guild; then apply the rules and insert it."""
    if values["parent"] is not None:
        await run(LOCK_PARENT, values)
    if values["draft"] is not None:
        await run(LOCK_DRAFT, values)
    await run(LOCK_REQUESTER, values)
    await run(LOCK_GUILD, values)
    if values["gpu_seconds_of_strangers"] is not None:
        await run(LOCK_CLOCK, values)
    rows = await run(ADMIT, values)
    if not rows:  # nothing is left of a person or guild that was refused
        raise UndoError
    return rows


async def _claim_next(run: Run, values: Values) -> Sequence[Row]:
    """Claim the first job that nobody holds; look again where others hold all that there are."""
    await run(LOCK_SERVER, values)
    if found := await run(LOCK_NEXT, values):
        if rows := await _claim(run, values, found[0]):
            return rows
        raise TryAgainError  # its guild has just got its last job: the next snapshot knows
    if await run(ANY_CLAIMABLE, values):
        raise TryAgainError(LOCKED_SECONDS)
    return []


async def _claim_chosen(run: Run, values: Values) -> Sequence[Row]:
    """Claim this job, unless somebody else holds it or has it."""
    await run(LOCK_SERVER, values)
    found = await run(LOCK_CHOSEN, values)
    return await _claim(run, values, found[0]) if found else []


async def _claim(run: Run, values: Values, found: Row) -> Sequence[Row]:
    """Claim the job that is locked, if its guild has a place."""
    values = {**values, **{name: found[name] for name in ("chosen", "user_id", "guild_id")}}
    await run(LOCK_PERSON, values)
    return await run(CLAIM, values) if await run(TAKE_PLACE, values) else []


MINE = "id = :id AND epoch = :epoch AND state = :was"
_LOCK_MINE = _steps(*_locks(MINE, f"SELECT user_id FROM job WHERE {MINE}"))  # noqa: S608 - constant SQL, no user input


async def _move(run: Run, values: Values) -> Sequence[Row]:
    """Move a job; before it may end, lock what its end changes."""
    if values["state"] in (*FINISHED, State.QUEUED):
        await _LOCK_MINE(run, values)
    return await run(MOVE, values)


OPERATIONS: Mapping[QueueOperation, Work] = {
    QueueOperation.ADMIT: _admit,
    QueueOperation.SETTLE: _steps(SETTLE),
    QueueOperation.CLAIM_NEXT: _claim_next,
    QueueOperation.CLAIM_CHOSEN: _claim_chosen,
    QueueOperation.ADOPT: _steps(LOCK_SERVER, ADOPT),
    QueueOperation.ADOPT_DELIVERY: _steps(ADOPT_DELIVERY),
    QueueOperation.RENEW: _steps(RENEW),
    QueueOperation.MOVE: _move,
    QueueOperation.POSTPONE: _steps(POSTPONE),
    QueueOperation.CANCEL: _end(CANCEL, "id = :id AND finished_at IS NULL"),
    QueueOperation.CANCEL_GUILD: _end(CANCEL, "guild_id = :guild AND finished_at IS NULL"),
    QueueOperation.CANCEL_BLOCKED: _end(CANCEL, OF_BLOCKED),
    QueueOperation.CANCEL_WITHDRAWN: _end(
        CANCEL, "withdrawn = 1 AND picture <> '' AND cancel_requested = 0 AND finished_at IS NULL"
    ),
    QueueOperation.EXPIRE: _end(EXPIRE, TOO_OLD),
}
READS: Mapping[QueueOperation, str] = {
    QueueOperation.CLAIM_CANDIDATES: CLAIM_CANDIDATES,
    QueueOperation.AHEAD_IN_SECONDS: AHEAD_IN_SECONDS,
}
