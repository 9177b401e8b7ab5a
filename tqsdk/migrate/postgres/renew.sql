-- Let a lease end %(seconds)s seconds from now; 0 gives the task back. What the lease said is the
-- token: no row comes back if it has run out, or is another's by now.
UPDATE taskqueue_tasks
SET eta = statement_timestamp() + %(seconds)s * interval '1 second'
WHERE queue = %(queue)s AND name = %(name)s AND deleted_until IS NULL
    AND eta = %(leased_until)s AND retry_count = %(retry_count)s AND eta > statement_timestamp()
RETURNING eta AS leased_until;
