-- The guilds that the bot is or was in: what is left of one that it left long ago is removed.
CREATE TABLE membership (
    guild_id INTEGER PRIMARY KEY,
    left_at REAL                           -- Unix time; NULL: the bot is in it
) STRICT;
CREATE INDEX membership_left ON membership (left_at) WHERE left_at IS NOT NULL;

-- What guilds spent on a day is added up at each admission where strangers have a limit.
CREATE INDEX guild_of_day ON guild (day, spent);
