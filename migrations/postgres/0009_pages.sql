-- Whether everybody may see a repository; NULL while nobody said so, which counts as no.
ALTER TABLE repository ADD COLUMN is_public BOOLEAN;
ALTER TABLE repository ADD COLUMN visibility_at BIGINT;

-- False of a decision that only says that the change could not be read: it says nothing of the head.
ALTER TABLE decision ADD COLUMN was_read BOOLEAN NOT NULL DEFAULT TRUE;

-- True of the decision of a merge group about a member. It stands in the record as well, which pages do not read.
ALTER TABLE decision ADD COLUMN is_group BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX decision_of_change ON decision (host, repo_id, number, id);

-- What the page of a change is made from, with names and texts. Decisions do not need it, and it can be deleted.
CREATE TABLE change_page (
    host      TEXT NOT NULL,
    repo_id   BIGINT NOT NULL,
    number    BIGINT NOT NULL CHECK (number > 0),
    about     TEXT NOT NULL,
    judged    TEXT NOT NULL,
    grouped   TEXT,
    closed_at BIGINT,
    PRIMARY KEY (host, repo_id, number)
);

-- Keys that all replicas share, in hex.
CREATE TABLE shared_key (
    purpose TEXT NOT NULL PRIMARY KEY,
    key     TEXT NOT NULL
);
