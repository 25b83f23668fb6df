-- Each time a GPU server was woken: how long it takes is learnt from them.
CREATE TABLE wake (
    server TEXT NOT NULL,
    asked_at REAL NOT NULL,                -- Unix time at which its hook was started
    seconds REAL,                          -- from then until it answered; NULL: not yet, or never
    PRIMARY KEY (server, asked_at)
) STRICT, WITHOUT ROWID;
