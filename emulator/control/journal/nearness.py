"""Which method a request that has none came closest to, and what differs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import NamedTuple, TypeAlias

from discovery.contract import Contract, Method
from emulator.control.journal.likeness import likeness

_Segments: TypeAlias = tuple[str, ...]

_MOST_SEGMENTS = 20
_LONGEST_SHOWN = 80
_MOST_COST = 4.5

# What one segment costs: an unrelated one in the place of another less than a missing one and one
# too many, a word of the API in the place of a name little, because it may be a name.
_MISSING = 1.0
_TOO_MANY = 1.0
_UNRELATED = 1.5
_WORD_AS_NAME = 0.4

# Less than any segment. Of methods with one path, that which the verb is another word for is meant.
_OTHER_VERB = 0.3
_SAME_MEANING = {("PUT", "POST"), ("POST", "PATCH"), ("PUT", "PATCH")}
_SAME_MEANING_COST = {"POST": 0.1, "PATCH": 0.2}


class Near(NamedTuple):
    """A method that may have been meant, with what differs from it in sentences."""

    method: Method
    template: str
    differences: tuple[str, ...]


class _Way(NamedTuple):
    """From a method's path to that of a request: what it costs, and the steps in words."""

    cost: float
    differences: tuple[str, ...] = ()

    def after(self, cost: float, difference: str | None = None) -> _Way:
        """This way, with a step before it."""
        words = () if difference is None else (difference,)
        return _Way(self.cost + cost, words + self.differences)


class Methods:
    """The methods of some contracts."""

    def __init__(self, contracts: Sequence[Contract]) -> None:
        # The newest first: of equals the first is taken.
        self._methods = [
            (method, contract.base_path + method.path)
            for contract in reversed(contracts)
            for method in contract.methods.values()
        ]
        self._words = frozenset(
            text for _, path in self._methods for text in path.split("/") if not _is_variable(text)
        )
        self.nearest = lru_cache(1_024)(self._nearest)

    def _nearest(self, verb: str, path: str) -> Near | None:
        """The method that is closest to *verb* and *path*; None if none is close."""
        given = tuple(path.split("/")[1:_MOST_SEGMENTS])
        ways = [
            (self._way(method, template, verb, given), method, template)
            for method, template in self._methods
        ]
        way, method, template = min(ways, key=lambda each: each[0].cost)
        return Near(method, template, way.differences) if way.cost < _MOST_COST else None

    def _way(self, method: Method, template: str, verb: str, given: _Segments) -> _Way:
        way = self._compared(tuple(template.split("/")[1:]), given)
        if verb == method.verb:
            return way
        cost = _OTHER_VERB
        if (verb, method.verb) in _SAME_MEANING:
            cost = _SAME_MEANING_COST[method.verb]
        return way.after(cost, f"{verb[:20]} was sent; this method takes {method.verb}.")

    def _compared(self, template: _Segments, given: _Segments) -> _Way:
        """The cheapest way from *template* to *given*."""

        @cache
        def way(at: int, here: int) -> _Way:
            """From the segments *at* and *here* on."""
            ways: list[_Way] = []
            if at < len(template) and here < len(given):
                ways.append(self._step(way(at + 1, here + 1), template[at], given[here]))
            if at < len(template):
                place = "/" + "/".join(template[:at])
                difference = f"{template[at]} is missing after {place}"
                ways.append(way(at + 1, here).after(_MISSING, f"{difference}."))
            if here < len(given):
                shown = given[here][:_LONGEST_SHOWN]
                difference = f"'{shown}' is one segment too many."
                if not shown:
                    difference = "There is a slash too many."
                ways.append(way(at, here + 1).after(_TOO_MANY, difference))
            return min(ways, key=lambda each: each.cost, default=_Way(0))

        return way(0, 0)

    def _step(self, rest: _Way, wanted: str, given: str) -> _Way:
        """*rest*, after one segment in the place of another."""
        if _is_variable(wanted):
            if not given:
                return rest.after(_MISSING, f"{wanted} is empty.")
            return rest.after(_WORD_AS_NAME if given in self._words else 0)
        if given == wanted:
            return rest
        alike = likeness(wanted, given)
        cost = _UNRELATED * (1 - alike) if alike > 0.5 else _UNRELATED
        shown = given[:_LONGEST_SHOWN]
        return rest.after(max(cost, 0.1), f"'{shown}' stands where '{wanted}' belongs.")


def _is_variable(segment: str) -> bool:
    return segment.startswith("{")
