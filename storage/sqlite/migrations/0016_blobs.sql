-- Which pictures and clips are kept since when: the times of files say that of one machine only.
CREATE TABLE blob (
    kind TEXT NOT NULL CHECK (kind IN ('picture', 'clip')),
    name TEXT NOT NULL,                    -- of a picture its sha256, of a clip its file name
    saved_at REAL NOT NULL,                -- Unix time; written before the blob itself
    remover TEXT,                          -- whoever removes it, NULL: nobody
    removed_until REAL,                    -- before that time nobody may save it
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

-- What earlier versions kept. A file that no row names counts as saved when it was written.
INSERT INTO blob (kind, name, saved_at)
SELECT 'picture', sha, max(created_at) FROM (
    SELECT picture AS sha, created_at FROM job WHERE picture <> ''
    UNION ALL SELECT last_picture, created_at FROM job WHERE last_picture IS NOT NULL AND last_picture <> ''
) AS named GROUP BY sha;
INSERT INTO blob (kind, name, saved_at)
SELECT 'clip', clip, max(coalesce(finished_at, moved_at)) FROM job WHERE clip IS NOT NULL GROUP BY clip;
