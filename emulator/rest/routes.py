"""From verb and path to a method of the contract. Nothing about URLs is written down here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from discovery.contract import Contract, Method

# Paths repeat, but for those of single tasks.
_MOST_REMEMBERED = 4_096
_LONGEST_REMEMBERED = 1_000


@dataclass(frozen=True, slots=True)
class Route:
    """One method's path, taken apart once.

    Attributes:
        literals: Position and text of the segments that must be there.
        variables: Position and name of the segments that are path parameters.
    """

    contract: Contract
    method: Method
    literals: tuple[tuple[int, str], ...]
    variables: tuple[tuple[int, str], ...]

    def fits(self, segments: list[str]) -> bool:
        """Whether a path of as many segments as this one has is this method's."""
        return all(segments[at] == text for at, text in self.literals)


class Router:
    """All methods of some contracts, by verb and number of segments."""

    def __init__(self, contracts: Iterable[Contract]) -> None:
        self._routes: dict[tuple[str, int], list[Route]] = {}
        for contract in contracts:
            for method in contract.methods.values():
                route, size = _route(contract, method)
                self._routes.setdefault((method.verb, size), []).append(route)
        # A literal wins over a variable: POST .../tasks/lease never addresses a task "lease".
        for routes in self._routes.values():
            routes.sort(key=lambda route: -len(route.literals))
        # Most requests insert into, or lease from, the same few queues.
        self._remembered = lru_cache(_MOST_REMEMBERED)(self._match)

    def match(self, verb: str, path: str) -> tuple[Route, Mapping[str, str]] | None:
        """The route of a percent-decoded path and its path parameters, or None.

        One slash too many at the end is forgiven: a published client wrote it (trace T7).
        """
        short = len(path) <= _LONGEST_REMEMBERED
        return self._remembered(verb, path) if short else self._match(verb, path)

    def _match(self, verb: str, path: str) -> tuple[Route, Mapping[str, str]] | None:
        segments = _segments(path)
        for route in self._routes.get((verb, len(segments)), ()):
            if route.fits(segments):
                return route, {name: segments[at] for at, name in route.variables}
        return None

    def verbs(self, path: str) -> list[str]:
        """The verbs that *path* has methods for, in alphabetical order."""
        segments = _segments(path)
        return sorted(
            verb
            for (verb, size), routes in self._routes.items()
            if size == len(segments) and any(route.fits(segments) for route in routes)
        )


def _segments(path: str) -> list[str]:
    segments = path.split("/")
    if segments[-1] == "":
        segments.pop()
    return segments


def _route(contract: Contract, method: Method) -> tuple[Route, int]:
    segments = (contract.base_path + method.path).split("/")
    variables = {at: text[1:-1] for at, text in enumerate(segments) if text.startswith("{")}
    literals = tuple((at, text) for at, text in enumerate(segments) if at not in variables)
    return Route(contract, method, literals, tuple(variables.items())), len(segments)
