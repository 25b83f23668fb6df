-- The outbox: how often a delivery was put off, where the result is, and whether the last word was said.
ALTER TABLE job ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN result_channel INTEGER;        -- not the job's own where it went out by DM
ALTER TABLE job ADD COLUMN told INTEGER NOT NULL DEFAULT 0 CHECK (told IN (0, 1));
UPDATE job SET told = 1 WHERE finished_at IS NOT NULL;
CREATE INDEX job_untold ON job (seq) WHERE finished_at IS NOT NULL AND told = 0;
CREATE INDEX job_outbox ON job (lease_until) WHERE state = 'delivering';
CREATE INDEX job_results ON job (seq) WHERE state = 'done';
