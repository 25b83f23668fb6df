-- The upload limits that Discord was seen to keep: it refused a file that was larger, at this level of boosts.
CREATE TABLE upload_limit (
    guild_id INTEGER PRIMARY KEY,          -- 0: direct messages
    boosted INTEGER NOT NULL,              -- bytes that the guild's boosts promised then
    bytes INTEGER NOT NULL,
    learnt_at REAL NOT NULL
) STRICT;
