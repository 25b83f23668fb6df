-- What each server said last about itself: read while it does not answer. Those no longer configured are ignored.
CREATE TABLE server (
    name TEXT PRIMARY KEY,
    seen_at REAL NOT NULL,
    runnable TEXT NOT NULL CHECK (json_valid(runnable)),   -- [workflow]
    choices TEXT NOT NULL CHECK (json_valid(choices)),     -- {workflow: {choice: [option]}}
    missing TEXT NOT NULL CHECK (json_valid(missing))      -- {workflow: [what it lacks, in words]}
) STRICT, WITHOUT ROWID;

-- A queued job whose parameters are settled later: what was counted for it follows.
CREATE TRIGGER job_settled AFTER UPDATE OF cost ON job WHEN old.cost <> new.cost BEGIN
    UPDATE person SET
        finish_tag = finish_tag + max(new.cost - old.cost, 0) / new.weight,
        spent = spent + iif(day = CAST(new.created_at / 86400 AS INTEGER), new.cost - old.cost, 0)
    WHERE id = new.user_id;
    UPDATE guild SET spent = spent + new.cost - old.cost
    WHERE id = new.guild_id AND day = CAST(new.created_at / 86400 AS INTEGER);
END;
