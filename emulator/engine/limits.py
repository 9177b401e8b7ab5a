"""How much is allowed: the documented quotas, and two other sets (RULINGS 9).

Every difference between the sets is a field, so that a reader sees what a set means.
"""

from __future__ import annotations

from dataclasses import dataclass

from emulator.engine.clock import MICROSECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """One set of limits. None lifts a limit. The defaults are ``standard`` (API.md section 9).

    Attributes:
        payload_bytes: The largest decoded payload.
        tag_bytes: The longest tag, in UTF-8.
        eta_horizon: How far ahead a task may be due, in microseconds.
        lease_seconds: The longest lease or renewal.
        tasks_per_lease: The most tasks that one lease call may ask for.
        lease_payload_bytes: Where one lease call stops adding tasks; the first always fits.
        tasks_per_list: How many tasks a listing shows.
        lease_calls_per_second: Per queue; calls beyond it come back empty.
        clamps_lease_calls: Whether a lease call for more tasks or seconds than allowed is given as
            much as is allowed, and not refused (API.md section 12, Q8).
        refuses_paused_leases: Whether a lease from a paused queue is refused, and not empty (Q13).
        bare_project_for_writes: Whether insert and delete accept a project without its partition.
        standard_base64: Whether payloads may use ``+``, ``/`` and line breaks.
        long_queue_name_in_patch: Whether a patch may name its queue in full.
        queue_without_acl_is_open: Whether any known caller may use a queue that names nobody.
    """

    payload_bytes: int | None = 1 << 20
    tag_bytes: int | None = 500
    eta_horizon: int | None = 30 * 86_400 * MICROSECONDS
    lease_seconds: int | None = 7 * 86_400
    tasks_per_lease: int | None = 1_000
    lease_payload_bytes: int | None = 1 << 20
    tasks_per_list: int = 100
    lease_calls_per_second: int | None = None
    clamps_lease_calls: bool = False
    refuses_paused_leases: bool = False
    bare_project_for_writes: bool = True
    standard_base64: bool = False
    long_queue_name_in_patch: bool = False
    queue_without_acl_is_open: bool = True


STANDARD = Limits()
STRICT = Limits(
    lease_calls_per_second=10, bare_project_for_writes=False, queue_without_acl_is_open=False
)
RELAXED = Limits(
    payload_bytes=None,
    tag_bytes=None,
    eta_horizon=None,
    lease_seconds=None,
    tasks_per_lease=None,
    lease_payload_bytes=None,
    standard_base64=True,
    long_queue_name_in_patch=True,
)

BY_NAME = {"standard": STANDARD, "strict": STRICT, "relaxed": RELAXED}
