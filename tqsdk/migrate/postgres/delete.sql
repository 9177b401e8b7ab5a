-- Delete a task, leased or not. Its name stays taken for seven days; its payload goes at once. No row
-- comes back if there is no such task.
UPDATE taskqueue_tasks
SET deleted_until = statement_timestamp() + interval '7 days', payload = ''
WHERE queue = %(queue)s AND name = %(name)s AND deleted_until IS NULL
RETURNING name;
