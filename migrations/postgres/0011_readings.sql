-- Times are milliseconds since 1970-01-01 UTC. Keys are (host, number): names are for display.
-- migrations/sqlite holds the same tables under the same numbers; a test compares them.

-- Who was in a group that a forge keeps when it was last read whole. `name` is its path in lower case, or its number, and
-- `reach` whether inherited members count. Lists of members are JSON arrays of numbers, ascending. `version` counts writes:
-- whoever decides on an old one is refused.
CREATE TABLE group_reading (
    host           TEXT NOT NULL,
    name           TEXT NOT NULL,
    reach          TEXT NOT NULL,
    version        BIGINT NOT NULL CHECK (version > 0),
    members        TEXT NOT NULL,
    read_at        BIGINT NOT NULL,
    before_members TEXT NOT NULL,
    before_at      BIGINT NOT NULL,
    -- A reading that waits until somebody lets it through.
    held_members   TEXT,
    held_at        BIGINT,
    PRIMARY KEY (host, name, reach)
);

-- The number that the path of a group belongs to for good.
CREATE TABLE group_pin (
    host      TEXT NOT NULL,
    path      TEXT NOT NULL,
    group_id  BIGINT NOT NULL CHECK (group_id > 0),
    pinned_at BIGINT NOT NULL,
    PRIMARY KEY (host, path)
);
