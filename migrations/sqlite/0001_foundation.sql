-- Times are milliseconds since 1970-01-01 UTC. Keys are (host, number): names are for display.
-- migrations/postgres holds the same tables under the same numbers; a test compares them.

-- What was received.

CREATE TABLE delivery (
    host         TEXT NOT NULL,
    guid         TEXT NOT NULL,
    event        TEXT NOT NULL,
    action       TEXT,
    owner_id     INTEGER,
    installation INTEGER,
    received_at  INTEGER NOT NULL,
    PRIMARY KEY (host, guid)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_by_age ON delivery (received_at);

-- What webhooks witnessed, and what was last read.

CREATE TABLE owner (
    host           TEXT NOT NULL,
    owner_id       INTEGER NOT NULL CHECK (owner_id > 0),
    login          TEXT,
    policy_digest  TEXT,
    policy_seen_at INTEGER,
    PRIMARY KEY (host, owner_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE repository (
    host           TEXT NOT NULL,
    repo_id        INTEGER NOT NULL CHECK (repo_id > 0),
    owner_id       INTEGER NOT NULL CHECK (owner_id > 0),
    name           TEXT NOT NULL,
    installation   INTEGER NOT NULL,
    default_branch TEXT,
    seen_at        INTEGER NOT NULL,
    PRIMARY KEY (host, repo_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX repository_by_owner ON repository (host, owner_id);

-- read_at is NULL until the change was read from the forge: a sighting never overwrites a read.
CREATE TABLE known_change (
    host        TEXT NOT NULL,
    repo_id     INTEGER NOT NULL,
    number      INTEGER NOT NULL CHECK (number > 0),
    state       TEXT NOT NULL,
    head        TEXT NOT NULL,
    head_branch TEXT NOT NULL,
    head_repo   TEXT,
    base_branch TEXT NOT NULL,
    stack_base  TEXT,
    was_stacked INTEGER NOT NULL DEFAULT FALSE,
    seen_at     INTEGER NOT NULL,
    read_at     INTEGER,
    PRIMARY KEY (host, repo_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX known_change_open ON known_change (host, repo_id) WHERE state = 'open';

-- Every head that a change ever had. Append-only.
CREATE TABLE change_head (
    host          TEXT NOT NULL,
    repo_id       INTEGER NOT NULL,
    number        INTEGER NOT NULL CHECK (number > 0),
    head          TEXT NOT NULL,
    before        TEXT,
    first_seen_at INTEGER NOT NULL,
    last_seen_at  INTEGER NOT NULL,
    PRIMARY KEY (host, repo_id, number, head)
) STRICT, WITHOUT ROWID;
CREATE INDEX change_head_by_head ON change_head (host, repo_id, head);

-- Who was seen pushing which commit. Append-only.
CREATE TABLE push (
    host        TEXT NOT NULL,
    repo_id     INTEGER NOT NULL,
    head        TEXT NOT NULL,
    account_id  INTEGER NOT NULL CHECK (account_id > 0),
    login       TEXT NOT NULL,
    kind        TEXT NOT NULL,
    branch      TEXT NOT NULL,
    before      TEXT,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (host, head, repo_id, account_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX push_by_account ON push (host, account_id);

-- The dirty set and the locks. Rows stay when clean: generations and tokens only grow.

CREATE TABLE dirty_change (
    host             TEXT NOT NULL,
    repo_id          INTEGER NOT NULL,
    number           INTEGER NOT NULL CHECK (number > 0),
    is_dirty         INTEGER NOT NULL,
    generation       INTEGER NOT NULL,
    urgent           INTEGER NOT NULL,
    next_attempt_at  INTEGER NOT NULL,
    attempts         INTEGER NOT NULL,
    leased_until     INTEGER,
    token            INTEGER NOT NULL,
    claimed_at       INTEGER,
    first_dirtied_at INTEGER NOT NULL,
    last_error       TEXT,
    PRIMARY KEY (host, repo_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX dirty_change_due ON dirty_change (urgent DESC, next_attempt_at) WHERE is_dirty;

CREATE TABLE head_lock (
    host         TEXT NOT NULL,
    repo_id      INTEGER NOT NULL,
    head         TEXT NOT NULL,
    token        INTEGER NOT NULL,
    leased_until INTEGER,
    taken_over   INTEGER NOT NULL,
    PRIMARY KEY (host, repo_id, head)
) STRICT, WITHOUT ROWID;

-- What was decided, and what stays remembered.

CREATE TABLE decision (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    host             TEXT NOT NULL,
    repo_id          INTEGER NOT NULL,
    number           INTEGER NOT NULL CHECK (number > 0),
    head             TEXT NOT NULL,
    outcome          TEXT NOT NULL,
    level            TEXT NOT NULL,
    facts_digest     TEXT NOT NULL,
    policy_digest    TEXT NOT NULL,
    roster_digest    TEXT NOT NULL,
    catalogue_digest TEXT NOT NULL,
    check_digest     TEXT NOT NULL,
    snapshot_number  INTEGER NOT NULL,
    record           TEXT NOT NULL,
    decided_at       INTEGER NOT NULL
) STRICT;
CREATE INDEX decision_by_head ON decision (host, repo_id, number, head, id);

CREATE TABLE change_level (
    host    TEXT NOT NULL,
    repo_id INTEGER NOT NULL,
    number  INTEGER NOT NULL CHECK (number > 0),
    level   INTEGER NOT NULL,
    PRIMARY KEY (host, repo_id, number)
) STRICT, WITHOUT ROWID;

-- seen_on is 'change:NUMBER', 'commit:SHA', 'tree:SHA' or 'branch:REPOSITORY:NAME'.
CREATE TABLE remembered_evidence (
    host     TEXT NOT NULL,
    repo_id  INTEGER NOT NULL,
    seen_on  TEXT NOT NULL,
    digest   TEXT NOT NULL,
    evidence TEXT NOT NULL,
    PRIMARY KEY (host, repo_id, seen_on, digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE remembered_contributor (
    host    TEXT NOT NULL,
    repo_id INTEGER NOT NULL,
    seen_on TEXT NOT NULL,
    role    TEXT NOT NULL,
    who     TEXT NOT NULL,
    PRIMARY KEY (host, repo_id, seen_on, role, who)
) STRICT, WITHOUT ROWID;
CREATE INDEX remembered_contributor_by_who ON remembered_contributor (who);

CREATE TABLE first_standing (
    host      TEXT NOT NULL,
    repo_id   INTEGER NOT NULL,
    number    INTEGER NOT NULL CHECK (number > 0),
    review_id INTEGER NOT NULL,
    standing  TEXT NOT NULL,
    seen_at   INTEGER NOT NULL,
    PRIMARY KEY (host, repo_id, number, review_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE publication (
    host         TEXT NOT NULL,
    repo_id      INTEGER NOT NULL,
    head         TEXT NOT NULL,
    name         TEXT NOT NULL,
    check_run_id INTEGER,
    digest       TEXT NOT NULL,
    conclusion   TEXT NOT NULL,
    state        TEXT NOT NULL,
    at           INTEGER NOT NULL,
    PRIMARY KEY (host, repo_id, head, name)
) STRICT, WITHOUT ROWID;

-- People and the directory. The link from account to pseudonym stands apart, so that it can be deleted.

CREATE TABLE pseudonym (
    host       TEXT NOT NULL,
    account_id INTEGER NOT NULL CHECK (account_id > 0),
    pseudonym  TEXT NOT NULL UNIQUE,
    PRIMARY KEY (host, account_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE owner_pin (
    host      TEXT NOT NULL,
    login     TEXT NOT NULL,
    owner_id  INTEGER NOT NULL CHECK (owner_id > 0),
    pinned_at INTEGER NOT NULL,
    PRIMARY KEY (host, login)
) STRICT, WITHOUT ROWID;

CREATE TABLE login_pin (
    host       TEXT NOT NULL,
    login      TEXT NOT NULL,
    account_id INTEGER NOT NULL CHECK (account_id > 0),
    pinned_at  INTEGER NOT NULL,
    PRIMARY KEY (host, login)
) STRICT, WITHOUT ROWID;

CREATE TABLE directory_snapshot (
    number   INTEGER PRIMARY KEY,
    digest   TEXT NOT NULL,
    taken_at INTEGER NOT NULL
) STRICT;

-- One row that readiness checks write to: reading alone does not show that the database takes writes.
CREATE TABLE readiness (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    probes INTEGER NOT NULL
) STRICT;
INSERT INTO readiness (id, probes) VALUES (1, 0);
