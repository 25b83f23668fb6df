-- Jobs whose final status could not be shown, as the bot had no access to the channel then: shown when it has it again.
ALTER TABLE job ADD COLUMN end_unshown INTEGER NOT NULL DEFAULT 0 CHECK (end_unshown IN (0, 1));
CREATE INDEX job_end_unshown ON job (guild_id) WHERE end_unshown = 1;
