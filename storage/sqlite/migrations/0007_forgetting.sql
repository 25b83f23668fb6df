-- Whose pictures, words and clips a job is made with, so that taking them back reaches every job made with them.
-- `source`: the person's job that they come from, also when its row is gone; '' for a message of theirs. A job whose
-- picture, prompt or negative prompt is its owner's alone has no row of that kind.
CREATE TABLE source (
    job INTEGER NOT NULL REFERENCES job (seq) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('picture', 'prompt', 'negative_prompt')),
    user_id INTEGER NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (job, kind, user_id, source)
) STRICT, WITHOUT ROWID;
CREATE INDEX source_job ON source (source);
CREATE INDEX source_person ON source (user_id);

ALTER TABLE job ADD COLUMN withdrawn INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn IN (0, 1));
ALTER TABLE job ADD COLUMN draft INTEGER;                 -- the draft that its picture came from
ALTER TABLE draft ADD COLUMN picture_of INTEGER NOT NULL DEFAULT 0;
ALTER TABLE draft ADD COLUMN source TEXT NOT NULL DEFAULT '';
CREATE INDEX job_withdrawn ON job (seq) WHERE withdrawn = 1 AND picture <> '';

-- Whom a person moved is looked for when they delete everything; their own jobs' admissions are left out.
CREATE INDEX job_mover ON job (mover) WHERE mover > 'person ' AND mover < 'person~' AND mover <> 'person ' || user_id;
CREATE INDEX event_mover ON event (mover) WHERE mover > 'person ' AND mover < 'person~';

CREATE TRIGGER job_made_from AFTER INSERT ON job WHEN new.parent IS NOT NULL BEGIN
    INSERT INTO source
    -- What is the same as the parent's comes from where the parent has it; a person's newest job stands for them.
    SELECT new.seq, wanted.kind, coalesce(given.user_id, parent.user_id),
        iif(coalesce(given.user_id, parent.user_id) = parent.user_id, parent.id, given.source)
    FROM job AS parent
    JOIN (SELECT 'picture' AS kind UNION ALL SELECT 'prompt' UNION ALL SELECT 'negative_prompt') AS wanted
    LEFT JOIN source AS given ON given.job = parent.seq AND given.kind = wanted.kind
    WHERE parent.id = new.parent AND iif(
        wanted.kind = 'picture', new.picture = parent.picture,
        json_extract(new.params, '$.' || wanted.kind) = json_extract(parent.params, '$.' || wanted.kind)
    )
    -- Another picture is the last frame of the parent's clip, which shows all that the clip was made with.
    UNION
    SELECT new.seq, 'picture', parent.user_id, parent.id
    FROM job AS parent WHERE parent.id = new.parent AND parent.picture <> new.picture
    UNION
    SELECT new.seq, 'picture', given.user_id, iif(given.user_id = parent.user_id, parent.id, given.source)
    FROM job AS parent JOIN source AS given ON given.job = parent.seq
    WHERE parent.id = new.parent AND parent.picture <> new.picture;
END;

-- A draft has done its work when its job is there.
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

-- Consent follows the picture: jobs of others that were made with it are good for nothing new.
CREATE TRIGGER source_taken_back AFTER DELETE ON source BEGIN
    UPDATE job SET
        withdrawn = 1,
        params = iif(old.kind = 'picture', params, json_set(params, '$.' || old.kind, ''))
    WHERE seq = old.job AND user_id <> old.user_id;
END;

-- Jobs of earlier versions: each ancestor that brought in a picture, or the same words.
INSERT INTO source
WITH RECURSIVE line (seq, id) AS (
    SELECT seq, parent FROM job WHERE parent IS NOT NULL
    UNION
    SELECT seq, root FROM job WHERE root <> id
    UNION
    SELECT line.seq, job.parent FROM line JOIN job ON job.id = line.id WHERE job.parent IS NOT NULL
),
brought AS (
    SELECT line.seq, ancestor.user_id, ancestor.id, ancestor.params,
        before.id IS NULL OR before.picture <> ancestor.picture AS picture
    FROM line JOIN job AS ancestor USING (id) LEFT JOIN job AS before ON before.id = ancestor.parent
)
SELECT seq, 'picture', user_id, id FROM brought WHERE picture
UNION
SELECT seq, kind, brought.user_id, brought.id
FROM brought
JOIN (SELECT 'prompt' AS kind UNION ALL SELECT 'negative_prompt')
JOIN job USING (seq)
WHERE json_extract(brought.params, '$.' || kind) = json_extract(job.params, '$.' || kind);
