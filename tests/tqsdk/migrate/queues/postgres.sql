BEGIN;
-- Pull queues in PostgreSQL. It can be run again: what is there stays.

CREATE TABLE IF NOT EXISTS taskqueue_queues (
    name       text    COLLATE "C" PRIMARY KEY,
    project    text    NOT NULL DEFAULT '',     -- where its tasks came from
    max_leases integer CHECK (max_leases > 0)   -- null: as often as it takes
);

-- One row for every name that is taken: by a live task, or, where deleted_until is set, by a
-- tombstone. Names compare byte by byte ("C"), for the order of leases is a promise.
CREATE TABLE IF NOT EXISTS taskqueue_tasks (
    queue         text        COLLATE "C" NOT NULL,
    name          text        COLLATE "C" NOT NULL,
    tag           text        COLLATE "C" NOT NULL DEFAULT '',
    eta           timestamptz NOT NULL,  -- from when on it can be leased; the end of its lease
    eta_given     boolean     NOT NULL DEFAULT false,
    enqueued_at   timestamptz NOT NULL DEFAULT statement_timestamp(),
    retry_count   integer     NOT NULL DEFAULT 0,
    payload       bytea       NOT NULL,
    deleted_until timestamptz,
    PRIMARY KEY (queue, name)
);

-- The order of leases, without tombstones.
CREATE INDEX IF NOT EXISTS taskqueue_tasks_by_eta
    ON taskqueue_tasks (queue, eta, name) WHERE deleted_until IS NULL;
CREATE INDEX IF NOT EXISTS taskqueue_tasks_by_tag
    ON taskqueue_tasks (queue, tag, eta, name) WHERE deleted_until IS NULL;
CREATE INDEX IF NOT EXISTS taskqueue_tombstones_by_end
    ON taskqueue_tasks (deleted_until) WHERE deleted_until IS NOT NULL;

-- Every lease makes dead rows: have them swept long before they are a fifth of the table.
ALTER TABLE taskqueue_tasks SET (autovacuum_vacuum_scale_factor = 0.02);

INSERT INTO taskqueue_queues (name, max_leases) VALUES ('mail', 3)
ON CONFLICT (name) DO UPDATE SET max_leases = EXCLUDED.max_leases;
-- mail: user_email worker@my-app.iam.gserviceaccount.com
-- mail: writer_email app@example.com
INSERT INTO taskqueue_queues (name, max_leases) VALUES ('4u', NULL)
ON CONFLICT (name) DO UPDATE SET max_leases = EXCLUDED.max_leases;
INSERT INTO taskqueue_queues (name, max_leases) VALUES ('nobody', NULL)
ON CONFLICT (name) DO UPDATE SET max_leases = EXCLUDED.max_leases;
COMMIT;
