-- What somebody should look at. found_by is a pseudonym or `app:NUMBER`: the link to an account stands in `pseudonym`.
CREATE TABLE finding (
    id            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest        TEXT NOT NULL UNIQUE,
    kind          TEXT NOT NULL,
    host          TEXT NOT NULL,
    repo_id       BIGINT NOT NULL,
    number        BIGINT,
    commit_sha    TEXT,
    branch        TEXT,
    found_by      TEXT,
    place         TEXT NOT NULL,
    first_seen_at BIGINT NOT NULL,
    last_seen_at  BIGINT NOT NULL,
    count         BIGINT NOT NULL,
    resolved_at   BIGINT
);
CREATE INDEX finding_open ON finding (host, repo_id, kind) WHERE resolved_at IS NULL;

-- What the rules of a branch said when they were last read, and when to read them again. moved_by is the account that changed
-- them, until they are read.
CREATE TABLE branch_rules (
    host         TEXT NOT NULL,
    repo_id      BIGINT NOT NULL,
    branch       TEXT NOT NULL,
    required     TEXT,
    read_at      BIGINT,
    next_read_at BIGINT NOT NULL,
    moved_at     BIGINT,
    moved_by     BIGINT,
    PRIMARY KEY (host, repo_id, branch)
);
CREATE INDEX branch_rules_due ON branch_rules (next_read_at);

-- Tips that branches requiring our check were pushed to. Those that a merged change accounts for are explained.
CREATE TABLE landing (
    host         TEXT NOT NULL,
    repo_id      BIGINT NOT NULL,
    branch       TEXT NOT NULL,
    after        TEXT NOT NULL,
    account_id   BIGINT,
    landed_at    BIGINT NOT NULL,
    look_at      BIGINT NOT NULL,
    is_explained BOOLEAN NOT NULL,
    PRIMARY KEY (host, repo_id, branch, after)
);
CREATE INDEX landing_due ON landing (look_at) WHERE NOT is_explained;

-- When the check last became a success, and when it last ceased to be one.
ALTER TABLE publication ADD COLUMN success_since BIGINT;
ALTER TABLE publication ADD COLUMN success_until BIGINT;
UPDATE publication SET success_since = at WHERE conclusion = 'success';
