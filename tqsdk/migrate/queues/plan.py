"""What all targets need to know, and where they say what they cannot do."""

from __future__ import annotations

from dataclasses import dataclass, field

from discovery.queue_files import QueueDefinition


@dataclass(eq=False, slots=True)
class Plan:
    """The pull queues of a file.

    Attributes:
        total_storage_limit: In bytes.
        notes: What has no equal.
    """

    project: str
    location: str
    queues: tuple[QueueDefinition, ...]
    total_storage_limit: int | None = None
    notes: list[str] = field(default_factory=list[str])

    def note(self, text: str) -> None:
        """Say what has no equal; once."""
        if text not in self.notes:
            self.notes.append(text)


def member(email: str) -> str:
    """An account as IAM calls it."""
    return f"{'serviceAccount' if email.endswith('.gserviceaccount.com') else 'user'}:{email}"
