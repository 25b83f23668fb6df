-- What people and guilds chose, pictures that wait for their words, and jobs that somebody wants removed.
CREATE TABLE preference (
    user_id INTEGER PRIMARY KEY,
    language TEXT NOT NULL                 -- a Discord locale
) STRICT;
CREATE TABLE rules (
    guild_id INTEGER PRIMARY KEY,
    report_channel INTEGER,                -- where 🚩 goes; NULL: nowhere
    pictures_of_others INTEGER NOT NULL DEFAULT 0 CHECK (pictures_of_others IN (0, 1))
) STRICT;
CREATE TABLE draft (
    id INTEGER PRIMARY KEY,                -- of the interaction that named the picture
    user_id INTEGER NOT NULL,
    url TEXT NOT NULL,                     -- signed by Discord, for a day
    created_at REAL NOT NULL
) STRICT;
ALTER TABLE job ADD COLUMN unwanted INTEGER NOT NULL DEFAULT 0 CHECK (unwanted IN (0, 1));
CREATE INDEX job_unwanted ON job (seq) WHERE unwanted = 1;
CREATE INDEX job_family ON job (root) WHERE root <> id;
CREATE INDEX job_in_work ON job (guild_id, seq) WHERE finished_at IS NULL;
