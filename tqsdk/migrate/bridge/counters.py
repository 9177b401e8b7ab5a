"""What a bridge has done, and where its two queues differ, in numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from tqsdk.forks import Lock

# Name -> what it counts. All are there from the start, so that a dashboard has them at 0.
NAMES: Mapping[str, str] = {
    "inserted_old": "tasks inserted into the old queue",
    "inserted_new": "tasks inserted into the new queue alone",
    "copied": "tasks of the old queue that were copied into the new one",
    "copy_failed": "tasks whose copy failed, which the new queue lacks or may lack",
    "copy_taken_back": "copies that were deleted because the old queue has refused the task",
    "leased_old": "leases of tasks of the old queue",
    "leased_new": "leases of tasks of the new queue",
    "held_back": "copies that were leased and given to nobody, for the old queue has the task",
    "gone": "tasks of the new queue that somebody deleted while the old one was asked",
    "new_failed": "looks and leases of the new queue that failed, where the old one decides",
    "copy_deleted": "copies that were deleted before their task",
    "copy_owed": "copies whose deletion failed, and which are to be deleted later",
    "copy_settled": "of these, those that have been deleted since",
    "compared": "copies that were compared with their task",
    "differs_missing": "of these, those that were not there",
    "differs_payload": "of these, those with another payload",
    "differs_tag": "of these, those with another tag",
    "compare_failed": "copies that could not be looked at",
}

# What is to be looked into, if it is not 0.
TROUBLES = (
    "new_failed",
    "copy_failed",
    "copy_owed",
    "differs_missing",
    "differs_payload",
    "differs_tag",
    "compare_failed",
)


class Counters:
    """Counts; safe to share between threads.

    Args:
        tell: Told of each count too, with its name; see ``telling.instrument``.
    """

    def __init__(self, tell: Callable[[str, int], object] | None = None) -> None:
        self._counts = dict.fromkeys(NAMES, 0)
        self._lock = Lock()
        self._tell = tell

    def add(self, name: str, count: int = 1) -> None:
        """Count *count* more of *name*, which is one of NAMES."""
        if not count:
            return
        with self._lock:
            self._counts[name] += count
        if self._tell is not None:
            self._tell(name, count)

    def read(self) -> dict[str, int]:
        """All counts, as they are now."""
        with self._lock:
            return dict(self._counts)

    def __getitem__(self, name: str) -> int:
        with self._lock:
            return self._counts[name]

    @property
    def divergence(self) -> dict[str, int]:
        """Those of the counts that tell of trouble, if they are not 0."""
        counts = self.read()
        left = {"copy_owed": counts["copy_owed"] - counts["copy_settled"]}
        return {name: count for name in TROUBLES if (count := left.get(name, counts[name]))}

    def text(self) -> Iterator[str]:
        """A report for people: a line for each count that is not 0."""
        counts = self.read()
        for name, meaning in NAMES.items():
            if counts[name]:
                yield f"{counts[name]:10,}  {meaning}"
        yield "the queues differ" if self.divergence else "no difference was seen"
