-- The processes that work with this database, and the servers that each one drives.
CREATE TABLE worker (
    id text COLLATE "C" PRIMARY KEY,       -- random at each start
    name text COLLATE "C" NOT NULL,        -- WORKER_NAME, else the name of the host
    role text COLLATE "C" NOT NULL,        -- all, gateway, worker
    version text COLLATE "C" NOT NULL,
    host text COLLATE "C" NOT NULL,
    started_at double precision NOT NULL,
    seen_at double precision NOT NULL,     -- its last heartbeat: after 30 s it counts as dead
    draining bigint NOT NULL DEFAULT 0 CHECK (draining IN (0, 1)) -- 1: it takes no new job
);
CREATE INDEX worker_name ON worker (name);
CREATE TABLE worker_server (
    worker text COLLATE "C" NOT NULL REFERENCES worker (id) ON DELETE CASCADE,
    server text COLLATE "C" NOT NULL,
    PRIMARY KEY (worker, server)
);
CREATE INDEX worker_of_server ON worker_server (server);

-- What the worker that drives a server says of it at `updated_at`. `seen_at` is 0 where it never answered.
ALTER TABLE server ADD COLUMN reachable bigint NOT NULL DEFAULT 0;
ALTER TABLE server ADD COLUMN live bigint NOT NULL DEFAULT 0;            -- 1: it tells of steps and previews
ALTER TABLE server ADD COLUMN unavailable text COLLATE "C" NOT NULL DEFAULT ''; -- why it takes no job; '': it does
ALTER TABLE server ADD COLUMN others bigint NOT NULL DEFAULT 0;          -- prompts in its queue that are not ours
ALTER TABLE server ADD COLUMN updated_at double precision NOT NULL DEFAULT 0;
ALTER TABLE server ADD COLUMN lacks_nodes text COLLATE "C" NOT NULL DEFAULT '[]'; -- [workflow]: for these it lacks node classes

ALTER TABLE job ADD COLUMN holder text COLLATE "C"; -- id of the worker that holds the lease; NULL: nobody, or not told

-- One job a server. Of several only the first stays there; nobody drives a server of the names the others get.
UPDATE job SET server = server || ' (' || id || ')'
WHERE state IN ('claimed', 'submitting', 'running') AND EXISTS (
    SELECT 1 FROM job AS other
    WHERE other.server = job.server AND other.state IN ('claimed', 'submitting', 'running')
        AND other.seq < job.seq
);
CREATE UNIQUE INDEX job_on_server ON job (server) WHERE state IN ('claimed', 'submitting', 'running');

-- Uploads that are to be overwritten on servers which another process drives.
CREATE TABLE stale_upload (
    server text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,        -- file name of the upload
    was_there bigint NOT NULL,             -- 1: the server had the job; 0: it may have been sent ahead of one
    asked_at double precision NOT NULL,
    PRIMARY KEY (server, name)
);
