-- The queue. One row is one wanted video; docs/design.md tells its life.
CREATE TABLE job (
    seq INTEGER PRIMARY KEY,               -- order of admission: the tie-break no newcomer can win
    id TEXT NOT NULL UNIQUE,               -- also the prompt_id that ComfyUI gets
    key TEXT NOT NULL UNIQUE,              -- the same wish twice is one job
    user_id INTEGER NOT NULL,
    guild_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    locale TEXT NOT NULL,
    workflow TEXT NOT NULL,
    volume INTEGER NOT NULL,               -- width × height × frames: with the steps, what the cost depends on
    steps INTEGER NOT NULL,
    params TEXT NOT NULL CHECK (json_valid(params)),
    picture TEXT NOT NULL,                 -- sha256 of the blob
    parent TEXT REFERENCES job (id) ON DELETE SET NULL,
    root TEXT NOT NULL,                    -- the first of its line, also when that row is gone
    weight REAL NOT NULL CHECK (weight > 0),
    floor REAL NOT NULL,                   -- V when it was admitted, less the head start: its turn is no earlier
    tag REAL NOT NULL,                     -- its turn: start tag of start-time fair queueing
    cost REAL NOT NULL CHECK (cost > 0),   -- GPU seconds expected
    spread REAL NOT NULL CHECK (spread >= 0),
    state TEXT NOT NULL DEFAULT 'queued' CHECK (state IN (
        'queued', 'claimed', 'submitting', 'running', 'downloading', 'delivering', 'done', 'failed', 'cancelled'
    )),
    moved_at REAL NOT NULL,
    mover TEXT NOT NULL,                   -- who moved it last
    epoch INTEGER NOT NULL DEFAULT 0,      -- grows with each claim: what a zombie's moves are refused by
    server TEXT,
    lease_until REAL,
    attempts INTEGER NOT NULL DEFAULT 0,   -- how often it was submitted
    status_message INTEGER,
    result_message INTEGER,
    clip TEXT,                             -- file name in the folder of clips
    seconds REAL,                          -- GPU time
    charged REAL,                          -- GPU time that counts against its person
    reason TEXT CHECK (reason IS NULL OR json_valid(reason)),
    cancel_requested INTEGER NOT NULL DEFAULT 0 CHECK (cancel_requested IN (0, 1)),
    created_at REAL NOT NULL,
    started_at REAL,
    finished_at REAL,
    CHECK ((state IN ('done', 'failed', 'cancelled')) = (finished_at IS NOT NULL)),
    CHECK ((state IN ('claimed', 'submitting', 'running', 'downloading', 'delivering')) = (lease_until IS NOT NULL)),
    CHECK (state <> 'done' OR result_message IS NOT NULL)
) STRICT;

CREATE INDEX job_line ON job (tag, seq, created_at) WHERE state = 'queued';
CREATE INDEX job_of_person ON job (user_id, seq);
CREATE INDEX job_leased ON job (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX job_children ON job (parent, user_id) WHERE parent IS NOT NULL;
CREATE INDEX job_status ON job (status_message) WHERE status_message IS NOT NULL;
CREATE UNIQUE INDEX job_result ON job (result_message) WHERE result_message IS NOT NULL;

-- What is true of this database as a whole. `instance` tells our work from that of others on a ComfyUI.
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
INSERT INTO about VALUES ('instance', lower(hex(randomblob(16))));

-- V: the tag of the job dispatched last.
CREATE TABLE clock (one INTEGER PRIMARY KEY CHECK (one = 1), tag REAL NOT NULL) STRICT;
INSERT INTO clock VALUES (1, 0);

-- What the rules ask about a person and a guild. `spent`: GPU seconds of `day` (days since 1970, UTC).
CREATE TABLE person (
    id INTEGER PRIMARY KEY,
    finish_tag REAL NOT NULL,              -- F: where the next job of this person stands, or V if that is later
    queued INTEGER NOT NULL CHECK (queued >= 0),
    day INTEGER NOT NULL,
    spent REAL NOT NULL,
    asked_at REAL NOT NULL,
    locale TEXT NOT NULL
) STRICT;
CREATE TABLE guild (
    id INTEGER PRIMARY KEY,
    queued INTEGER NOT NULL CHECK (queued >= 0),
    running INTEGER NOT NULL CHECK (running >= 0),
    day INTEGER NOT NULL,
    spent REAL NOT NULL
) STRICT;
CREATE TABLE blocked (
    user_id INTEGER NOT NULL,
    guild_id INTEGER NOT NULL,
    until REAL,                            -- NULL: for good
    PRIMARY KEY (user_id, guild_id)
) STRICT, WITHOUT ROWID;

-- What jobs of one kind took: a running mean and mean deviation, as TCP learns round-trip times (Jacobson 1988).
CREATE TABLE pace (
    workflow TEXT NOT NULL,
    volume INTEGER NOT NULL,
    steps INTEGER NOT NULL,
    jobs INTEGER NOT NULL,
    mean REAL NOT NULL,
    spread REAL NOT NULL,
    PRIMARY KEY (workflow, volume, steps)
) STRICT, WITHOUT ROWID;

-- Who moved what when. A job's admission is in its own row: one page less to write; `move` tells both.
CREATE TABLE event (
    job INTEGER NOT NULL REFERENCES job (seq) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    at REAL NOT NULL,
    state TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    mover TEXT NOT NULL,
    PRIMARY KEY (job, number)
) STRICT, WITHOUT ROWID;

CREATE VIEW move AS
SELECT seq AS job, 0 AS number, created_at AS at, 'queued' AS state, 0 AS epoch, 'person ' || user_id AS mover FROM job
UNION ALL SELECT job, number, at, state, epoch, mover FROM event;

CREATE TRIGGER job_admitted AFTER INSERT ON job BEGIN
    INSERT INTO person VALUES (
        new.user_id, new.tag + new.cost / new.weight, 1,
        CAST(new.created_at / 86400 AS INTEGER), new.cost, new.created_at, new.locale
    )
    ON CONFLICT (id) DO UPDATE SET
        finish_tag = excluded.finish_tag, queued = queued + 1, asked_at = excluded.asked_at, locale = excluded.locale,
        spent = iif(day = excluded.day, spent, 0) + excluded.spent, day = excluded.day;
    INSERT INTO guild VALUES (new.guild_id, 1, 0, CAST(new.created_at / 86400 AS INTEGER), new.cost)
    ON CONFLICT (id) DO UPDATE SET
        queued = queued + 1, spent = iif(day = excluded.day, spent, 0) + excluded.spent, day = excluded.day;
END;

CREATE TRIGGER job_moved AFTER UPDATE OF state, epoch ON job
WHEN (old.state, old.epoch) <> (new.state, new.epoch) BEGIN
    INSERT INTO event
    SELECT new.seq, coalesce(max(number), 0) + 1, new.moved_at, new.state, new.epoch, new.mover FROM event WHERE job = new.seq;
    UPDATE person SET queued = queued + (new.state = 'queued') - (old.state = 'queued')
    WHERE id = new.user_id AND (new.state = 'queued') <> (old.state = 'queued');
    UPDATE guild SET
        queued = queued + (new.state = 'queued') - (old.state = 'queued'),
        running = running + (new.state IN ('claimed', 'submitting', 'running'))
            - (old.state IN ('claimed', 'submitting', 'running'))
    WHERE id = new.guild_id AND (
        (new.state = 'queued') <> (old.state = 'queued')
        OR (new.state IN ('claimed', 'submitting', 'running')) <> (old.state IN ('claimed', 'submitting', 'running'))
    );
END;

CREATE TRIGGER job_dispatched AFTER UPDATE OF state ON job WHEN old.state = 'queued' AND new.state = 'claimed' BEGIN
    UPDATE clock SET tag = new.tag WHERE tag < new.tag;
END;

-- A clip costs what it took, a failure nothing, a cancelled run what it had used; `charged` in the row says otherwise.
CREATE TRIGGER job_finished AFTER UPDATE OF state ON job
WHEN old.finished_at IS NULL AND new.finished_at IS NOT NULL BEGIN
    UPDATE job SET charged = coalesce(charged, CASE
        WHEN new.state = 'done' THEN coalesce(seconds, cost)
        WHEN new.state = 'failed' THEN 0
        ELSE coalesce(seconds, iif(old.state = 'running', new.moved_at - old.moved_at, 0))
    END) WHERE seq = new.seq;

    UPDATE person SET spent = spent + (SELECT charged - cost FROM job WHERE seq = new.seq)
    WHERE id = new.user_id AND day = CAST(new.created_at / 86400 AS INTEGER);
    UPDATE guild SET spent = spent + (SELECT charged - cost FROM job WHERE seq = new.seq)
    WHERE id = new.guild_id AND day = CAST(new.created_at / 86400 AS INTEGER);

    -- What it took more is charged to the person's next wishes.
    UPDATE person SET finish_tag = finish_tag + (SELECT charged - cost FROM job WHERE seq = new.seq) / new.weight
    WHERE id = new.user_id AND (SELECT charged > cost FROM job WHERE seq = new.seq);

    -- What it took less pulls the person's later jobs forward, to where they would stand had that been known:
    -- none before its floor, and none further than the one before it.
    UPDATE person SET finish_tag = finish_tag - (
        SELECT coalesce(min(spare, min(later.tag - later.floor)), spare)
        FROM (SELECT (cost - charged) / weight AS spare FROM job WHERE seq = new.seq)
        LEFT JOIN job AS later
        ON later.user_id = new.user_id AND later.seq > new.seq AND later.state NOT IN ('failed', 'cancelled')
    )
    WHERE id = new.user_id AND (SELECT charged < cost FROM job WHERE seq = new.seq);
    UPDATE job SET tag = tag - pulled.distance
    FROM (
        SELECT later.seq, min(
            (own.cost - own.charged) / own.weight, min(later.tag - later.floor) OVER (ORDER BY later.seq)
        ) AS distance
        FROM job AS own
        JOIN job AS later
        ON later.user_id = own.user_id AND later.seq > own.seq AND later.state NOT IN ('failed', 'cancelled')
        WHERE own.seq = new.seq AND own.charged < own.cost
    ) AS pulled
    WHERE job.seq = pulled.seq AND job.state = 'queued';
END;

CREATE TRIGGER job_learnt AFTER UPDATE OF state ON job
WHEN old.state <> 'done' AND new.state = 'done' AND new.seconds > 0 BEGIN
    INSERT INTO pace VALUES (new.workflow, new.volume, new.steps, 1, new.seconds, new.seconds / 2)
    ON CONFLICT (workflow, volume, steps) DO UPDATE SET
        spread = spread + (abs(excluded.mean - mean) - spread) / min(jobs + 1, 8),
        mean = mean + (excluded.mean - mean) / min(jobs + 1, 8),
        jobs = jobs + 1;
END;
