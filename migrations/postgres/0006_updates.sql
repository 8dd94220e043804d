-- What people suggested in comments and the forge applied, by where it sticks: all that one of them ever suggested in a
-- change counts together, also what was pushed away since.
CREATE TABLE applied_suggestion (
    host       TEXT NOT NULL,
    repo_id    BIGINT NOT NULL,
    seen_on    TEXT NOT NULL,
    commit_sha TEXT NOT NULL,
    account_id BIGINT NOT NULL,
    lines      BIGINT NOT NULL,
    PRIMARY KEY (host, repo_id, seen_on, commit_sha, account_id)
);
