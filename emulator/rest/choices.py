"""Our answers where the documents leave a question open (API.md section 12), each by its number.

To answer one of them in another way is to change one line here. Those that users may want to choose
are settings instead: Q8, Q9 and Q13 in ``engine.limits``, Q14 is ``--tombstone-days``. Q16, the
order of members, is the order of the lines of ``render.task_members``.
"""

from __future__ import annotations

# Q1: a delete that was done. 200 is the other reading; PHP's client fails on it.
DELETED_STATUS = 204

# Q2: an insert of a name that is taken. 409 is what later APIs answer.
TAKEN_NAME_STATUS = 400

# Q3: a get of a task that is not there, as status and reason. (400, "invalid") has been seen.
UNKNOWN_TASK = (404, "notFound")

# Q4: whether insert, update and patch repeat the queue's name as the caller wrote it.
ECHOES_QUEUE_NAME = True

# Q5: the leaseTimestamp of a task that was never leased and was given no time (RULINGS 5).
NEVER_LEASED = "0"

# Q6: what a caller is told whom the queue's access list does not name.
FORBIDDEN = (403, "forbidden", "you are not allowed to make this api call")

# Q7: whether a queue without a retry limit says maxLeases 0, and one without an acl an empty one.
SHOWS_UNSET_MEMBERS = False

# Q10: a path or verb that no method has, in JSON on every path.
NO_SUCH_METHOD = (404, "notFound", "Not Found")

# Q11: whether the id in an update's body decides which task is meant, or the URL.
BODY_DECIDES_UPDATE = True

# Q12: whether an insert must name its queue in the body too.
INSERT_NEEDS_QUEUE_NAME = False

# Q15: whether the answers to update and patch hold the payload.
RENEWALS_SHOW_PAYLOAD = True
