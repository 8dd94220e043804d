-- Times are milliseconds since 1970-01-01 UTC. Keys are (host, number): names are for display.
-- migrations/sqlite holds the same tables under the same numbers; a test compares them.

-- Approvals as deliveries told of them, where they are no reviews: each act is a row, so that neither the order in which they
-- came nor how often matters. `at` is by the forge's clock, or else when we heard of it. Append-only.
CREATE TABLE approval_act (
    host        TEXT NOT NULL,
    repo_id     BIGINT NOT NULL,
    number      BIGINT NOT NULL CHECK (number > 0),
    account_id  BIGINT NOT NULL CHECK (account_id > 0),
    action      TEXT NOT NULL,
    head        TEXT NOT NULL,
    at          BIGINT NOT NULL,
    login       TEXT NOT NULL,
    kind        TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (host, repo_id, number, account_id, action, head, at)
);

-- Who edited the description of a change. Append-only.
CREATE TABLE description_edit (
    host       TEXT NOT NULL,
    repo_id    BIGINT NOT NULL,
    number     BIGINT NOT NULL CHECK (number > 0),
    account_id BIGINT NOT NULL CHECK (account_id > 0),
    at         BIGINT NOT NULL,
    PRIMARY KEY (host, repo_id, number, account_id, at)
);

-- What was said last about a head, for those who ask.
CREATE TABLE said_verdict (
    host    TEXT NOT NULL,
    repo_id BIGINT NOT NULL,
    head    TEXT NOT NULL,
    passes  BOOLEAN NOT NULL,
    title   TEXT NOT NULL,
    url     TEXT,
    said_at BIGINT NOT NULL,
    PRIMARY KEY (host, repo_id, head)
);

-- Jobs that asked for the verdict of a change, and whether they were told that it passes.
CREATE TABLE verdict_ask (
    host        TEXT NOT NULL,
    repo_id     BIGINT NOT NULL,
    job_id      BIGINT NOT NULL CHECK (job_id > 0),
    number      BIGINT NOT NULL CHECK (number > 0),
    pipeline_id BIGINT NOT NULL,
    sha         TEXT NOT NULL,
    passed      BOOLEAN NOT NULL,
    asked_at    BIGINT NOT NULL,
    PRIMARY KEY (host, repo_id, job_id)
);
CREATE INDEX verdict_ask_by_change ON verdict_ask (host, repo_id, number);

-- Commits that such jobs test and that are no head of the change: of which head each is the forge's own merge. NULL while
-- nobody has looked, or if it is of none.
CREATE TABLE tested_commit (
    host      TEXT NOT NULL,
    repo_id   BIGINT NOT NULL,
    number    BIGINT NOT NULL CHECK (number > 0),
    sha       TEXT NOT NULL,
    head      TEXT,
    looked_at BIGINT,
    asked_at  BIGINT NOT NULL,
    PRIMARY KEY (host, repo_id, number, sha)
);
