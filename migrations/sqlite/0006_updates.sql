-- What people suggested in comments and the forge applied, by where it sticks: all that one of them ever suggested in a
-- change counts together, also what was pushed away since.
CREATE TABLE applied_suggestion (
    host       TEXT NOT NULL,
    repo_id    INTEGER NOT NULL,
    seen_on    TEXT NOT NULL,
    commit_sha TEXT NOT NULL,
    account_id INTEGER NOT NULL,
    lines      INTEGER NOT NULL,
    PRIMARY KEY (host, repo_id, seen_on, commit_sha, account_id)
) STRICT, WITHOUT ROWID;
