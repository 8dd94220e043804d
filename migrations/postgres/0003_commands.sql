-- Times are milliseconds since 1970-01-01 UTC.
-- migrations/sqlite holds the same tables under the same numbers; a test compares them.

-- Since when our check of this name has stood on the head without interruption.
ALTER TABLE publication ADD COLUMN stood_since BIGINT;
UPDATE publication SET stood_since = at WHERE state = 'standing';

-- Commands in comments, as they were first told of. What a comment says is never overwritten, but by the delivery of
-- its creation if a sweep found it first; its fate only gets worse. `covers` is what the command was found to dismiss.
CREATE TABLE command (
    host         TEXT NOT NULL,
    repo_id      BIGINT NOT NULL,
    comment_id   BIGINT NOT NULL CHECK (comment_id > 0),
    number       BIGINT NOT NULL CHECK (number > 0),
    node         TEXT NOT NULL,
    author_id    BIGINT NOT NULL CHECK (author_id > 0),
    login        TEXT NOT NULL,
    kind         TEXT NOT NULL,
    via_app      BIGINT,
    said_at      BIGINT NOT NULL,
    said         TEXT NOT NULL,
    body_digest  TEXT NOT NULL,
    about        TEXT NOT NULL,
    is_witnessed BOOLEAN NOT NULL,
    fate         TEXT NOT NULL,
    covers       TEXT,
    url          TEXT,
    received_at  BIGINT NOT NULL,
    PRIMARY KEY (host, repo_id, comment_id)
);
CREATE INDEX command_by_change ON command (host, repo_id, number, comment_id);

-- What became of comments whose creation we have not heard of yet: deliveries overtake each other.
CREATE TABLE comment_fate (
    host        TEXT NOT NULL,
    repo_id     BIGINT NOT NULL,
    comment_id  BIGINT NOT NULL,
    fate        TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (host, repo_id, comment_id)
);
CREATE INDEX comment_fate_by_age ON comment_fate (received_at);

-- Commands where none are obeyed. Their numbers are of other sequences than those of comments.
CREATE TABLE misplaced_command (
    host        TEXT NOT NULL,
    repo_id     BIGINT NOT NULL,
    place       TEXT NOT NULL,
    id          BIGINT NOT NULL,
    number      BIGINT NOT NULL CHECK (number > 0),
    author_id   BIGINT NOT NULL CHECK (author_id > 0),
    login       TEXT NOT NULL,
    kind        TEXT NOT NULL,
    said        TEXT NOT NULL,
    url         TEXT,
    said_at     BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (host, repo_id, place, id)
);
CREATE INDEX misplaced_command_by_change ON misplaced_command (host, repo_id, number);

-- Answers to commands: one each, settled once, then sent until it is there. One without reaction and reply says that
-- there is nothing to send. `reply_sent_at` is when a reply was sent of which we do not know yet whether it arrived.
CREATE TABLE answer (
    host            TEXT NOT NULL,
    repo_id         BIGINT NOT NULL,
    place           TEXT NOT NULL,
    comment_id      BIGINT NOT NULL,
    number          BIGINT NOT NULL CHECK (number > 0),
    since           BIGINT NOT NULL,
    reaction        TEXT,
    reply           TEXT,
    has_reacted     BOOLEAN NOT NULL,
    is_done         BOOLEAN NOT NULL,
    reply_sent_at   BIGINT,
    next_attempt_at BIGINT NOT NULL,
    attempts        BIGINT NOT NULL,
    leased_until    BIGINT,
    token           BIGINT NOT NULL,
    last_error      TEXT,
    settled_at      BIGINT NOT NULL,
    PRIMARY KEY (host, repo_id, place, comment_id)
);
CREATE INDEX answer_due ON answer (next_attempt_at) WHERE NOT is_done;
CREATE INDEX answer_by_change ON answer (host, repo_id, number);

-- How much content was created through an installation, by the minute: forges limit it.
CREATE TABLE content_created (
    host         TEXT NOT NULL,
    installation BIGINT NOT NULL,
    minute       BIGINT NOT NULL,
    amount       BIGINT NOT NULL,
    PRIMARY KEY (host, installation, minute)
);

-- When a change must be looked at again although nothing may happen until then: an override ends.
CREATE TABLE look_again (
    host    TEXT NOT NULL,
    repo_id BIGINT NOT NULL,
    number  BIGINT NOT NULL CHECK (number > 0),
    at      BIGINT NOT NULL,
    PRIMARY KEY (host, repo_id, number)
);
CREATE INDEX look_again_due ON look_again (at);
