-- Commands approve as well as reviews do: what an approver could do when first seen belongs to a word of either kind.
CREATE TABLE first_word (
    host     TEXT NOT NULL,
    repo_id  BIGINT NOT NULL,
    number   BIGINT NOT NULL CHECK (number > 0),
    word     TEXT NOT NULL,
    standing TEXT NOT NULL,
    seen_at  BIGINT NOT NULL,
    PRIMARY KEY (host, repo_id, number, word)
);

INSERT INTO first_word (host, repo_id, number, word, standing, seen_at)
SELECT host, repo_id, number, 'review:' || review_id, standing, seen_at FROM first_standing;

DROP TABLE first_standing;
