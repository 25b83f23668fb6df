-- Which pictures and clips are kept since when: the times of files say that of one machine only.
CREATE TABLE blob (
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('picture', 'clip')),
    name text COLLATE "C" NOT NULL,        -- of a picture its sha256, of a clip its file name
    saved_at double precision NOT NULL,    -- Unix time; written before the blob itself
    remover text COLLATE "C",              -- whoever removes it, NULL: nobody
    removed_until double precision,        -- before that time nobody may save it
    PRIMARY KEY (kind, name)
);

-- What earlier versions kept. A file that no row names counts as saved when it was written.
INSERT INTO blob (kind, name, saved_at)
SELECT 'picture', sha, max(created_at) FROM (
    SELECT picture AS sha, created_at FROM job WHERE picture <> ''
    UNION ALL SELECT last_picture, created_at FROM job WHERE last_picture IS NOT NULL AND last_picture <> ''
) AS named GROUP BY sha;
INSERT INTO blob (kind, name, saved_at)
SELECT 'clip', clip, max(coalesce(finished_at, moved_at)) FROM job WHERE clip IS NOT NULL GROUP BY clip;
