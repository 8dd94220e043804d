-- What is to be listed anew at the forge, to find what no delivery told of. kind is 'installations' or 'deliveries'
-- (both with id 0), 'repositories' (of the installation id), 'changes' or 'comments' (of the repository id). Rows stay when
-- done: fencing tokens only grow. began_at is of the pass that is under way, and so is place, except for deliveries and
-- comments, which are asked for from there on.
CREATE TABLE listing (
    host            TEXT NOT NULL,
    kind            TEXT NOT NULL,
    id              INTEGER NOT NULL,
    is_owed         INTEGER NOT NULL,
    next_attempt_at INTEGER NOT NULL,
    attempts        INTEGER NOT NULL,
    leased_until    INTEGER,
    token           INTEGER NOT NULL,
    began_at        INTEGER,
    place           TEXT,
    finished_at     INTEGER,
    last_error      TEXT,
    PRIMARY KEY (host, kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX listing_due ON listing (next_attempt_at) WHERE is_owed;

-- When a list of open changes last showed it.
ALTER TABLE known_change ADD COLUMN listed_at INTEGER;
