-- Free the names whose time is over, a thousand at a time. Run it now and then.
DELETE FROM taskqueue_tasks
WHERE (queue, name) IN (
    SELECT queue, name
    FROM taskqueue_tasks
    WHERE deleted_until <= statement_timestamp()
    LIMIT 1000
    FOR UPDATE SKIP LOCKED
);
