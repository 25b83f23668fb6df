-- The queue. One row is one wanted video; docs/design.md tells its life.
CREATE TABLE job (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, -- order of admission: the tie-break no newcomer can win
    id TEXT NOT NULL UNIQUE,               -- also the prompt_id that ComfyUI gets
    key TEXT NOT NULL UNIQUE,              -- the same wish twice is one job
    user_id INTEGER NOT NULL,
    guild_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    locale TEXT NOT NULL,
    workflow TEXT NOT NULL,
    params TEXT NOT NULL CHECK (json_valid(params)),
    picture TEXT NOT NULL,                 -- sha256 of the blob
    parent TEXT REFERENCES job (id),
    tag REAL NOT NULL,                     -- start tag of start-time fair queueing
    cost REAL NOT NULL CHECK (cost > 0),
    state TEXT NOT NULL DEFAULT 'queued' CHECK (state IN (
        'queued', 'claimed', 'submitting', 'running', 'downloading', 'delivering', 'done', 'failed', 'cancelled'
    )),
    epoch INTEGER NOT NULL DEFAULT 0,      -- grows with each claim: what a zombie's moves are refused by
    server TEXT,
    lease_until REAL,
    attempts INTEGER NOT NULL DEFAULT 0,   -- how often it was submitted
    status_message INTEGER,
    result_message INTEGER UNIQUE,
    clip TEXT,                             -- file name in the folder of clips
    seconds REAL,                          -- GPU time
    reason TEXT CHECK (reason IS NULL OR json_valid(reason)),
    cancel_requested INTEGER NOT NULL DEFAULT 0 CHECK (cancel_requested IN (0, 1)),
    created_at REAL NOT NULL,
    started_at REAL,
    finished_at REAL,
    CHECK ((state IN ('done', 'failed', 'cancelled')) = (finished_at IS NOT NULL)),
    CHECK ((state IN ('claimed', 'submitting', 'running', 'downloading', 'delivering')) = (lease_until IS NOT NULL)),
    CHECK (state <> 'done' OR result_message IS NOT NULL)
) STRICT;

CREATE INDEX job_line ON job (tag, seq) WHERE state = 'queued';
CREATE INDEX job_waiting_of_person ON job (user_id) WHERE state = 'queued';
CREATE INDEX job_of_person ON job (user_id, seq);
CREATE INDEX job_status ON job (status_message) WHERE status_message IS NOT NULL;
CREATE INDEX job_leased ON job (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX job_children ON job (parent, user_id) WHERE parent IS NOT NULL;

-- What is true of this database as a whole. `instance` tells our work from that of others on a ComfyUI.
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
INSERT INTO about VALUES ('instance', lower(hex(randomblob(16))));

-- Start-time fair queueing: V, the tag of the job dispatched last, and F of each person.
CREATE TABLE clock (one INTEGER PRIMARY KEY CHECK (one = 1), tag REAL NOT NULL) STRICT;
INSERT INTO clock VALUES (1, 0);
CREATE TABLE person (id INTEGER PRIMARY KEY, finish_tag REAL NOT NULL) STRICT;

CREATE TRIGGER job_admitted AFTER INSERT ON job BEGIN
    INSERT INTO person VALUES (new.user_id, new.tag + new.cost)
    ON CONFLICT (id) DO UPDATE SET finish_tag = excluded.finish_tag;
END;

CREATE TRIGGER job_dispatched AFTER UPDATE OF state ON job WHEN old.state = 'queued' AND new.state = 'claimed' BEGIN
    UPDATE clock SET tag = max(tag, new.tag);
END;
