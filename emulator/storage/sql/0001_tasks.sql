-- One row for every queue that has ever stored a task. `tasks` counts the live ones, so that a
-- count costs the same for ten as for ten million.
CREATE TABLE queue (
    id      INTEGER PRIMARY KEY,
    project TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    tasks   INTEGER NOT NULL DEFAULT 0,
    UNIQUE (project, name)
);

-- One row for every name that is taken: by a live task, or (`buried_until` is set) by a tombstone.
-- It is the row that a lease rewrites, so the payload lies elsewhere. An untagged task has tag ''.
CREATE TABLE task (
    queue        INTEGER NOT NULL,
    name         TEXT    NOT NULL,
    eta          INTEGER NOT NULL,
    retry_count  INTEGER NOT NULL,
    tag          TEXT    NOT NULL,
    enqueued_at  INTEGER NOT NULL,
    eta_given    INTEGER NOT NULL,
    payload      INTEGER,
    buried_until INTEGER,
    PRIMARY KEY (queue, name)
) WITHOUT ROWID;

-- The order of leases, (queue, eta, name): SQLite ends each entry with the rest of the primary key,
-- but it is spelled out because the order is a promise.
CREATE INDEX task_by_eta ON task (queue, eta, name) WHERE buried_until IS NULL;
CREATE INDEX task_by_tag ON task (queue, tag, eta, name) WHERE buried_until IS NULL;
CREATE INDEX tombstone_by_end ON task (buried_until) WHERE buried_until IS NOT NULL;

-- Written once, read on lease and get, removed with its task. Empty payloads have no row.
CREATE TABLE payload (
    id   INTEGER PRIMARY KEY,
    body BLOB NOT NULL
);

-- How many leases each second saw, for the rolling counts.
CREATE TABLE lease_count (
    queue  INTEGER NOT NULL,
    second INTEGER NOT NULL,
    leases INTEGER NOT NULL,
    PRIMARY KEY (queue, second)
) WITHOUT ROWID;
