-- Merge groups, and the changes that they hold. A group stays on record for a while after it ended, so that a delivery
-- that comes late does not bring it back.
CREATE TABLE merge_group (
    host        TEXT NOT NULL,
    repo_id     BIGINT NOT NULL,
    head        TEXT NOT NULL,
    base_branch TEXT NOT NULL,
    seen_at     BIGINT NOT NULL,
    ended_at    BIGINT,
    PRIMARY KEY (host, repo_id, head)
);
CREATE INDEX merge_group_by_end ON merge_group (ended_at) WHERE ended_at IS NOT NULL;

-- head is the change's own head when the queue took it in; NULL until the queue itself was asked.
CREATE TABLE merge_group_member (
    host       TEXT NOT NULL,
    repo_id    BIGINT NOT NULL,
    group_head TEXT NOT NULL,
    number     BIGINT NOT NULL CHECK (number > 0),
    head       TEXT,
    PRIMARY KEY (host, repo_id, group_head, number)
);
CREATE INDEX merge_group_by_member ON merge_group_member (host, repo_id, number);
