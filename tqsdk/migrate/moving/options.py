"""What an address says after its question mark: ``cloudtasks:NAME?url=...&rate=100``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from tqsdk.migrate.moving.model import MoveError


@dataclass(frozen=True, slots=True)
class Options:
    """The options of an address, each given once or several times."""

    given: Sequence[tuple[str, str]]

    @classmethod
    def of(cls, address: str, known: Collection[str]) -> tuple[str, Options]:
        """The address without its options, and these.

        Raises:
            MoveError: There is one that nobody knows.
        """
        bare, _, query = address.partition("?")
        given = parse_qsl(query, keep_blank_values=True)
        for name, _ in given:
            if name not in known:
                raise MoveError(
                    f"{bare} has no option {name!r}; it has {', '.join(sorted(known)) or 'none'}"
                )
        return bare, cls(given)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.given if key == name]

    def one(self, name: str) -> str | None:
        """Raises MoveError if it is given more than once."""
        values = self.all(name)
        if len(values) > 1:
            raise MoveError(f"{name} is given {len(values)} times")
        return values[0] if values else None

    def number(self, name: str, low: int, high: int) -> int | None:
        """Raises MoveError if it is no whole number from *low* to *high*."""
        text = self.one(name)
        if text is None:
            return None
        if not text.isascii() or not text.isdecimal() or not low <= int(text) <= high:
            raise MoveError(f"{name} is {text!r}, and must be a number from {low} to {high}")
        return int(text)
