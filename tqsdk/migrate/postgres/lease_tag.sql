-- Lease the oldest tasks of one tag; '' is the untagged ones.
-- A row that another worker is about to lease is skipped; one that it has leased meanwhile is read
-- again under the lock, and no longer fits. So no task is leased twice. Each call has its own
-- instant: a transaction that began long ago does not lease by an old one.
-- A task that has had all its leases (max_leases of its queue) is deleted when it is met, and comes
-- with is_spent: log it, or keep it elsewhere, and call again, for it took a place.
WITH met AS MATERIALIZED (
    SELECT queue, name, eta,
        retry_count >= coalesce(
            (SELECT max_leases FROM taskqueue_queues WHERE name = %(queue)s), 2147483647
        ) AS is_spent
    FROM taskqueue_tasks
    WHERE queue = %(queue)s AND tag = %(tag)s
        AND deleted_until IS NULL AND eta <= statement_timestamp()
    ORDER BY eta, name
    LIMIT %(count)s
    FOR UPDATE SKIP LOCKED
),
moved AS (
    UPDATE taskqueue_tasks AS task
    SET eta = CASE WHEN met.is_spent THEN task.eta
                   ELSE statement_timestamp() + %(seconds)s * interval '1 second' END,
        retry_count = task.retry_count + CASE WHEN met.is_spent THEN 0 ELSE 1 END,
        deleted_until = CASE WHEN met.is_spent THEN statement_timestamp() + interval '7 days' END
    FROM met
    WHERE task.queue = met.queue AND task.name = met.name
    RETURNING task.name, task.tag, task.payload, task.retry_count, task.enqueued_at,
        task.eta AS leased_until, met.eta AS was_due, met.is_spent
)
SELECT name, tag, payload, retry_count, enqueued_at, leased_until, is_spent
FROM moved
ORDER BY was_due, name;
