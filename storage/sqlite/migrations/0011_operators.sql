-- What whoever runs the bot sets beside it: pauses, a notice, limits, bans with a reason; and who did what.
CREATE TABLE pause (                       -- also those that are over: while paused, no job grows too old
    number INTEGER PRIMARY KEY,
    since REAL NOT NULL,
    until REAL,                            -- NULL: until somebody resumes
    reason TEXT NOT NULL
) STRICT;
CREATE TABLE notice (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    since REAL NOT NULL,
    until REAL NOT NULL,
    text TEXT NOT NULL
) STRICT;
CREATE TABLE limit_override (
    name TEXT PRIMARY KEY,                 -- a field of QueueLimits
    value REAL                             -- NULL: no limit
) STRICT, WITHOUT ROWID;
ALTER TABLE blocked ADD COLUMN reason TEXT NOT NULL DEFAULT '';
CREATE TABLE audit (
    number INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    who TEXT NOT NULL,                     -- the user of the shell
    command TEXT NOT NULL,
    person INTEGER,                        -- whom it was about; NULL: nobody, or somebody who had their data deleted
    arguments TEXT NOT NULL CHECK (json_valid(arguments))
) STRICT;
CREATE INDEX audit_person ON audit (person) WHERE person IS NOT NULL;
