BEGIN;
CREATE TABLE IF NOT EXISTS taskqueue_queues (
    name text PRIMARY KEY,
    max_leases integer CHECK (max_leases > 0)  -- null: as often as it takes
);

INSERT INTO taskqueue_queues (name, max_leases) VALUES ('mail', 3)
ON CONFLICT (name) DO UPDATE SET max_leases = EXCLUDED.max_leases;
-- mail: user_email worker@my-app.iam.gserviceaccount.com
-- mail: writer_email app@example.com
INSERT INTO taskqueue_queues (name, max_leases) VALUES ('4u', NULL)
ON CONFLICT (name) DO UPDATE SET max_leases = EXCLUDED.max_leases;
INSERT INTO taskqueue_queues (name, max_leases) VALUES ('nobody', NULL)
ON CONFLICT (name) DO UPDATE SET max_leases = EXCLUDED.max_leases;
COMMIT;
