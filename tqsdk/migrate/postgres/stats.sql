-- How many tasks there are, how many of them can be leased now, and since when the oldest could be.
SELECT count(*) AS total,
    count(*) FILTER (WHERE eta <= statement_timestamp()) AS available,
    min(eta) FILTER (WHERE eta <= statement_timestamp()) AS oldest
FROM taskqueue_tasks
WHERE queue = %(queue)s AND deleted_until IS NULL;
