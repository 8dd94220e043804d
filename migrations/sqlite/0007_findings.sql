-- What somebody should look at. found_by is a pseudonym or `app:NUMBER`: the link to an account stands in `pseudonym`.
CREATE TABLE finding (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    digest        TEXT NOT NULL UNIQUE,
    kind          TEXT NOT NULL,
    host          TEXT NOT NULL,
    repo_id       INTEGER NOT NULL,
    number        INTEGER,
    commit_sha    TEXT,
    branch        TEXT,
    found_by      TEXT,
    place         TEXT NOT NULL,
    first_seen_at INTEGER NOT NULL,
    last_seen_at  INTEGER NOT NULL,
    count         INTEGER NOT NULL,
    resolved_at   INTEGER
) STRICT;
CREATE INDEX finding_open ON finding (host, repo_id, kind) WHERE resolved_at IS NULL;

-- What the rules of a branch said when they were last read, and when to read them again. moved_by is the account that changed
-- them, until they are read.
CREATE TABLE branch_rules (
    host         TEXT NOT NULL,
    repo_id      INTEGER NOT NULL,
    branch       TEXT NOT NULL,
    required     TEXT,
    read_at      INTEGER,
    next_read_at INTEGER NOT NULL,
    moved_at     INTEGER,
    moved_by     INTEGER,
    PRIMARY KEY (host, repo_id, branch)
) STRICT, WITHOUT ROWID;
CREATE INDEX branch_rules_due ON branch_rules (next_read_at);

-- Tips that branches requiring our check were pushed to. Those that a merged change accounts for are explained.
CREATE TABLE landing (
    host         TEXT NOT NULL,
    repo_id      INTEGER NOT NULL,
    branch       TEXT NOT NULL,
    after        TEXT NOT NULL,
    account_id   INTEGER,
    landed_at    INTEGER NOT NULL,
    look_at      INTEGER NOT NULL,
    is_explained INTEGER NOT NULL,
    PRIMARY KEY (host, repo_id, branch, after)
) STRICT, WITHOUT ROWID;
CREATE INDEX landing_due ON landing (look_at) WHERE NOT is_explained;

-- When the check last became a success, and when it last ceased to be one.
ALTER TABLE publication ADD COLUMN success_since INTEGER;
ALTER TABLE publication ADD COLUMN success_until INTEGER;
UPDATE publication SET success_since = at WHERE conclusion = 'success';
