-- Store a task, due %(delay)s seconds from now. No row comes back where the name is taken, by a task
-- or by one that was deleted within seven days; a tombstone whose time is over makes way.
INSERT INTO taskqueue_tasks AS task (queue, name, tag, payload, eta, eta_given)
VALUES (
    %(queue)s,
    coalesce(%(name)s, replace(gen_random_uuid()::text, '-', '')),
    %(tag)s,
    %(payload)s,
    statement_timestamp() + %(delay)s * interval '1 second',
    %(delay)s > 0
)
ON CONFLICT (queue, name) DO UPDATE
SET tag = EXCLUDED.tag, payload = EXCLUDED.payload, eta = EXCLUDED.eta,
    eta_given = EXCLUDED.eta_given, enqueued_at = EXCLUDED.enqueued_at,
    retry_count = 0, deleted_until = NULL
WHERE task.deleted_until <= statement_timestamp()
RETURNING name;
