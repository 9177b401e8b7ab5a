"""The walk: what a client in another language did, step by step, and what it must have seen.

A script drives its client through the steps below and prints, as one JSON object, what the client
handed it at each step; a refusal is ``{"status", "reason", "message"}``. The claims are made here,
once for all clients.

========================  ========================================================================
insert                    four tasks: a (red), b (blue), c (red), d (no tag); the answer for a
get, list                 a; and all of them
fields                    get of a, only ``id,tag``
lease_oldest_tag          up to 10, groupByTag without a tag
lease_tag                 up to 10, groupByTag with the tag blue
lease                     1 task
empty_lease               1 task, when none is left
update                    a for 120 seconds, the leased task as the body
patch                     a for 180 seconds, the body has only the queue's name
release                   b, by an update with 0 seconds
lease_again               up to 10
queue                     with getStats
unknown_get               a task that never was
unknown_delete            likewise
duplicate                 insert of a once more
lost_lease                update of d with a leaseTimestamp that is 1 too small
bad_payload               insert of a payload that is not base64
tag_alone                 lease with a tag but no groupByTag
delete                    all four; how often the client called that a success
tombstone                 insert of a, which has been deleted
end                       list
========================  ========================================================================
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

QUEUE = "walk"

PAYLOAD = "na\u00efve \u00fb\u00ff\u00fe?>"
"""What task a carries, as UTF-8: its base64 has both characters that the alphabets disagree on."""

Transcript = dict[str, Any]


def walked(
    command: Sequence[str], url: str, project: str, *, env: Mapping[str, str] | None = None
) -> Transcript:
    """Run a script with the server's address and the names to use, and read what it prints."""
    done = subprocess.run(
        [*command, url, project, QUEUE],
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{command} failed:\n{done.stdout}\n{done.stderr}"
    transcript: Transcript = json.loads(done.stdout)
    return {**transcript, "project": project}


class Walk:
    """The claims; a subclass has the fixture ``transcript``."""

    def test_insert_gives_the_stored_task(self, transcript):
        task = transcript["insert"]

        assert task["kind"] == "taskqueues#task"
        assert (task["id"], task["tag"], task["retry_count"]) == ("a", "red", 0)
        assert task["leaseTimestamp"] == "0"

    def test_get_gives_the_payload_and_the_queue_in_full(self, transcript):
        task = transcript["get"]

        assert base64.urlsafe_b64decode(task["payloadBase64"]).decode() == PAYLOAD
        assert task["queueName"] == f"projects/s~{transcript['project']}/taskqueues/{QUEUE}"

    def test_list_gives_all_tasks_without_payloads(self, transcript):
        listed = transcript["list"]

        assert listed["kind"] == "taskqueues#tasks"
        assert ids(listed) == ["a", "b", "c", "d"]
        assert not any("payloadBase64" in task for task in listed["items"])

    def test_fields_select_members(self, transcript):
        assert transcript["fields"] == {"id": "a", "tag": "red"}

    def test_grouping_without_a_tag_takes_the_tag_of_the_oldest_task(self, transcript):
        leased = transcript["lease_oldest_tag"]

        assert leased["kind"] == "taskqueue#tasks"
        assert ids(leased) == ["a", "c"]

    def test_grouping_with_a_tag_leases_that_tag(self, transcript):
        assert ids(transcript["lease_tag"]) == ["b"]

    def test_leasing_counts_and_gives_the_payload(self, transcript):
        [task] = transcript["lease"]["items"]

        assert (task["id"], task["retry_count"], "tag" in task) == ("d", 1, False)
        assert base64.urlsafe_b64decode(task["payloadBase64"]) == b"of d"
        assert int(task["leaseTimestamp"]) > int(task["enqueueTimestamp"])

    def test_a_lease_that_finds_nothing_has_no_items(self, transcript):
        assert transcript["empty_lease"] == {"kind": "taskqueue#tasks"}

    def test_update_renews_the_lease(self, transcript):
        [leased] = [task for task in transcript["lease_oldest_tag"]["items"] if task["id"] == "a"]
        renewed = transcript["update"]

        assert int(renewed["leaseTimestamp"]) > int(leased["leaseTimestamp"]) + 50_000_000
        assert (renewed["retry_count"], renewed["queueName"]) == (1, QUEUE)

    def test_patch_renews_the_lease_too(self, transcript):
        before, after = transcript["update"], transcript["patch"]

        assert int(after["leaseTimestamp"]) > int(before["leaseTimestamp"]) + 50_000_000

    def test_a_released_task_is_leased_again_at_once(self, transcript):
        assert transcript["release"]["retry_count"] == 1
        [task] = transcript["lease_again"]["items"]
        assert (task["id"], task["retry_count"]) == ("b", 2)

    def test_the_queue_has_statistics(self, transcript):
        queue = transcript["queue"]

        assert queue["kind"] == "taskqueues#taskqueue"
        assert queue["id"] == f"projects/s~{transcript['project']}/taskqueues/{QUEUE}"
        assert queue["stats"]["totalTasks"] == 4
        assert queue["stats"]["leasedLastMinute"] == "5"

    def test_refusals_have_the_status_and_text_of_the_api(self, transcript):
        invalid, expired = "Task name is invalid.", "The task lease has expired."

        assert refused(transcript["unknown_get"]) == (404, "notFound", "Task name does not exist.")
        assert refused(transcript["unknown_delete"]) == (400, "invalid", invalid)
        assert refused(transcript["duplicate"]) == (400, "invalid", invalid)
        assert refused(transcript["tombstone"]) == (400, "invalid", invalid)
        assert refused(transcript["lost_lease"]) == (400, "invalid", expired)
        assert refused(transcript["bad_payload"])[:2] == (400, "invalid")
        assert refused(transcript["tag_alone"])[:2] == (400, "invalid")

    def test_deleted_tasks_are_gone(self, transcript):
        assert transcript["delete"] == 4
        assert transcript["end"] == {"kind": "taskqueues#tasks"}


def ids(answer: Mapping[str, Any]) -> list[str]:
    """The names of the tasks in a list or a lease."""
    return [task["id"] for task in answer.get("items", [])]


def refused(step: Mapping[str, Any]) -> tuple[int, str, str]:
    return step["status"], step["reason"], step["message"]
