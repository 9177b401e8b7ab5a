"""The rules that there are: they are asked about every call, count, and spoil.

A call is met when it comes in: every rule that fits counts it, and the first that holds for it
spoils it. If none does, and it is a lease, those rules that ask for a task are met when its work is
done, since only the answer tells which tasks it gives.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Iterator
from random import Random
from typing import Any, NamedTuple

from msgspec.structs import replace

from emulator.control.faults import FAULT_HEADER
from emulator.control.faults.rule import LEASE, Effect, Rule
from emulator.engine.store import Outcome
from emulator.rest import errors
from emulator.rest.endpoint import Called
from emulator.rest.errors import WireError
from emulator.rest.messages import Answer, Job, Made, Manner, Pending, Response, Spoiled


class Counted(NamedTuple):
    """A rule in the book, and what it has done.

    Attributes:
        fits: How many calls it has fitted.
        hits: How many of them it has spoiled.
    """

    id: str
    rule: Rule
    fits: int
    hits: int


class FaultBook:
    """All rules, in the order in which they were made; for any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made = 0
        self._entries: dict[str, _Entry] = {}

    def add(self, *rules: Rule) -> list[Counted]:
        """Add *rules*. No id is given twice, not even after ``clear``."""
        with self._lock:
            added = []
            for rule in rules:
                self._made += 1
                entry = _Entry(str(self._made), rule)
                self._entries[entry.id] = entry
                added.append(entry.counted())
            return added

    def rules(self) -> list[Counted]:
        """All rules."""
        with self._lock:
            return [entry.counted() for entry in self._entries.values()]

    def find(self, id: str) -> Counted | None:
        """The rule called *id*."""
        with self._lock:
            entry = self._entries.get(id)
            return None if entry is None else entry.counted()

    def remove(self, id: str) -> bool:
        """Remove the rule called *id*; whether there was one."""
        with self._lock:
            return self._entries.pop(id, None) is not None

    def clear(self) -> None:
        """Remove every rule."""
        with self._lock:
            self._entries.clear()

    def answer(
        self,
        called: Called,
        serve: Callable[[], Answer],
        refuse: Callable[[WireError], Response],
    ) -> Answer:
        """Answer a call, or spoil it; see ``emulator.rest.endpoint.Spoiler``."""
        if not self._entries:
            return serve()
        fate, waits = self._met(called)
        if fate is not None and fate.effect.when == "before":
            # Where the connection is lost nobody sees it.
            return fate.spoil(refuse(fate.effect.error or errors.unavailable()))
        answer = serve()
        if fate is None and not waits:
            return answer

        def leave(made: Made, leased: Collection[str]) -> Made:
            last = fate or self._met_again(called, leased)
            return made if last is None else last.spoil(_replaced(made, last.effect, refuse))

        if isinstance(answer, Job):
            raise TypeError("a method of Google's API is no job")
        if not isinstance(answer, Pending):
            return leave(answer, ())
        work, render = answer.work, answer.render
        return Pending(work, lambda outcome: leave(render(outcome), _leased(outcome, called)))

    def _met(self, called: Called) -> tuple[_Fate | None, bool]:
        """Who spoils *called*, and whether a rule must see its answer first."""
        with self._lock:
            entries = self._entries.values()
            fate = _first_that_holds(each for each in entries if each.rule.filter.fits(called))
            waits = called.method == LEASE and any(each.rule.waits_for_leases for each in entries)
            return fate, waits

    def _met_again(self, called: Called, leased: Collection[str]) -> _Fate | None:
        """Who of those that had to see the answer spoils it."""
        with self._lock:
            waiting = (each for each in self._entries.values() if each.rule.waits_for_leases)
            return _first_that_holds(
                each for each in waiting if each.rule.filter.fits(called, leased)
            )


class _Fate(NamedTuple):
    """What becomes of one call, by the rule called *id*."""

    id: str
    effect: Effect
    seconds: float

    def spoil(self, response: Response) -> Made:
        effect = self.effect
        headers = (*response.headers, (FAULT_HEADER, self.id))
        response = replace(response, headers=headers)
        if not self.seconds and effect.ending is None:
            return response
        return Spoiled(response, Manner(self.seconds, effect.ending, effect.bytes_per_second))


class _Entry:
    """A rule that counts. Chance is its own, so that no other rule changes what it draws."""

    def __init__(self, id: str, rule: Rule) -> None:
        self.id = id
        self.rule = rule
        # Not by the seed alone: two rules without one would hold for the same calls.
        text = json.dumps(rule.members, sort_keys=True)
        self._chances, self._delays = Random(f"chances {text}"), Random(f"delays {text}")
        self._fits = self._held = self._hits = 0

    def counted(self) -> Counted:
        return Counted(self.id, self.rule, self._fits, self._hits)

    def holds(self) -> bool:
        """Whether the rule holds for a call that it fits; counts it."""
        self._fits += 1
        choice = self.rule.choice
        number = self._fits - choice.skip
        if number <= 0 or not choice.takes(number, self._chances):
            return False
        if choice.first is not None and self._held >= choice.first:
            return False
        self._held += 1
        return True

    def hit(self) -> _Fate:
        """Spoil a call for which it holds."""
        self._hits += 1
        effect = self.rule.effect
        latency = effect.latency
        return _Fate(self.id, effect, 0.0 if latency is None else latency.draw(self._delays))


def _first_that_holds(fitting: Iterator[_Entry]) -> _Fate | None:
    holding = [each for each in fitting if each.holds()]
    return holding[0].hit() if holding else None


def _replaced(made: Made, effect: Effect, refuse: Callable[[WireError], Response]) -> Response:
    if effect.error is not None:
        return refuse(effect.error)
    return made.response if isinstance(made, Spoiled) else made


def _leased(outcome: Outcome[Any], called: Called) -> Collection[str]:
    """The names of the tasks that a lease gives."""
    return {task.name for task in outcome.value or ()} if called.method == LEASE else ()
