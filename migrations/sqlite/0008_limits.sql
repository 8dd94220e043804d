-- When a forge wants no calls before, by installation (0 is the App itself) and by what it counts.
CREATE TABLE forge_limit (
    host         TEXT NOT NULL,
    installation INTEGER NOT NULL,
    counted      TEXT NOT NULL,
    until_at     INTEGER NOT NULL,
    PRIMARY KEY (host, installation, counted)
) STRICT, WITHOUT ROWID;
