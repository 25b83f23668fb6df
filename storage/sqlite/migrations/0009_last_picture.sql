-- The picture that a clip ends on: kept, taken back and deleted as the first one is. Where it is the first itself,
-- the clip is a loop, and it has no owner of its own.
ALTER TABLE job ADD COLUMN last_picture TEXT;             -- sha256 of the blob; NULL: the clip ends as it likes
CREATE INDEX job_last_picture ON job (last_picture) WHERE last_picture IS NOT NULL;
ALTER TABLE draft ADD COLUMN last_url TEXT;               -- uploaded by the draft's own person

-- `source` gets the kind `last_picture`. Its triggers are dropped first: they name the table.
DROP TRIGGER job_made_from;
DROP TRIGGER job_of_draft;
DROP TRIGGER job_taken_back;
DROP TRIGGER source_taken_back;
CREATE TABLE new_source (
    job INTEGER NOT NULL REFERENCES job (seq) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('picture', 'last_picture', 'prompt', 'negative_prompt')),
    user_id INTEGER NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (job, kind, user_id, source)
) STRICT, WITHOUT ROWID;
INSERT INTO new_source SELECT job, kind, user_id, source FROM source;
DROP TABLE source;
ALTER TABLE new_source RENAME TO source;
CREATE INDEX source_job ON source (source);
CREATE INDEX source_person ON source (user_id);

CREATE TRIGGER job_made_from AFTER INSERT ON job WHEN new.parent IS NOT NULL BEGIN
    INSERT INTO source
    -- What is the same as the parent's comes from where the parent has it; a person's newest job stands for them.
    SELECT new.seq, wanted.kind, coalesce(given.user_id, parent.user_id),
        iif(coalesce(given.user_id, parent.user_id) = parent.user_id, parent.id, given.source)
    FROM job AS parent
    JOIN (SELECT 'prompt' AS kind UNION ALL SELECT 'negative_prompt') AS wanted
    LEFT JOIN source AS given ON given.job = parent.seq AND given.kind = wanted.kind
    WHERE parent.id = new.parent
        AND json_extract(new.params, '$.' || wanted.kind) = json_extract(parent.params, '$.' || wanted.kind)
    -- Either picture may be either of the parent's: a loop ends on the first one.
    UNION
    SELECT new.seq, mine.kind, coalesce(given.user_id, parent.user_id),
        iif(coalesce(given.user_id, parent.user_id) = parent.user_id, parent.id, given.source)
    FROM job AS parent
    JOIN (
        SELECT 'picture' AS kind, new.picture AS sha
        UNION ALL SELECT 'last_picture', new.last_picture WHERE new.last_picture <> new.picture
    ) AS mine
    LEFT JOIN source AS given
    ON given.job = parent.seq AND given.kind = iif(mine.sha = parent.picture, 'picture', 'last_picture')
    WHERE parent.id = new.parent AND mine.sha IN (parent.picture, parent.last_picture)
    -- Another first picture is the last frame of the parent's clip, which shows all that the clip was made with.
    UNION
    SELECT new.seq, 'picture', parent.user_id, parent.id
    FROM job AS parent WHERE parent.id = new.parent AND parent.picture <> new.picture
    UNION
    SELECT new.seq, 'picture', given.user_id, iif(given.user_id = parent.user_id, parent.id, given.source)
    FROM job AS parent JOIN source AS given ON given.job = parent.seq
    WHERE parent.id = new.parent AND parent.picture <> new.picture;
END;

CREATE TRIGGER job_of_draft AFTER INSERT ON job WHEN new.draft IS NOT NULL BEGIN
    INSERT INTO source
    SELECT new.seq, 'picture', picture_of, source FROM draft
    WHERE id = new.draft AND picture_of NOT IN (0, new.user_id);
    DELETE FROM draft WHERE id = new.draft;
END;

CREATE TRIGGER job_taken_back AFTER UPDATE OF unwanted ON job WHEN old.unwanted = 0 AND new.unwanted = 1 BEGIN
    DELETE FROM source WHERE source = new.id;
    DELETE FROM draft WHERE source = new.id;
END;

CREATE TRIGGER source_taken_back AFTER DELETE ON source BEGIN
    UPDATE job SET
        withdrawn = 1,
        params = iif(old.kind IN ('picture', 'last_picture'), params, json_set(params, '$.' || old.kind, ''))
    WHERE seq = old.job AND user_id <> old.user_id;
END;

-- The choice `loop` (there and back) of the built-in workflows is called `pingpong` from now on.
CREATE TEMP TABLE renamed (workflow TEXT PRIMARY KEY);
INSERT INTO temp.renamed VALUES
    ('wan21_i2v'), ('wan21_i2v_lightx2v'), ('wan21_i2v_seed'), ('wan21_i2v_native'), ('wan21_i2v_native_savevideo');
UPDATE job SET params = json_set(
    json_remove(params, '$.choices.loop'), '$.choices.pingpong', json_extract(params, '$.choices.loop')
)
WHERE workflow IN (SELECT workflow FROM temp.renamed) AND json_extract(params, '$.choices.loop') IS NOT NULL;
UPDATE server SET choices = (
    SELECT json_group_object(key, json(iif(
        key IN (SELECT workflow FROM temp.renamed) AND json_type(value, '$.loop') IS NOT NULL,
        json_set(json_remove(value, '$.loop'), '$.pingpong', json_extract(value, '$.loop')),
        value
    )))
    FROM json_each(server.choices)
);
DROP TABLE temp.renamed;
