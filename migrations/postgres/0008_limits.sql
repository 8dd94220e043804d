-- When a forge wants no calls before, by installation (0 is the App itself) and by what it counts.
CREATE TABLE forge_limit (
    host         TEXT NOT NULL,
    installation BIGINT NOT NULL,
    counted      TEXT NOT NULL,
    until_at     BIGINT NOT NULL,
    PRIMARY KEY (host, installation, counted)
);
