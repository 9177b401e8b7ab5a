"""A rule, as values: which calls it fits, which of those it holds for, and what becomes of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Literal, TypeAlias

from emulator.rest.endpoint import Called
from emulator.rest.errors import WireError
from emulator.rest.messages import Ending
from emulator.rest.methods import read_project

Distribution: TypeAlias = Literal["fixed", "uniform", "lognormal"]
When: TypeAlias = Literal["before", "after"]

LEASE = "taskqueue.tasks.lease"

_UPDATE = "taskqueue.tasks.update"
_INSERT = "taskqueue.tasks.insert"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which calls; None is any.

    Attributes:
        method: The full id.
        project: Without a partition.
        task: The task that the call is about; for a lease, one that it gives.
        tag: What the body or the query says.
        caller: The e-mail address of the token's holder.
    """

    method: str | None = None
    project: str | None = None
    queue: str | None = None
    task: str | None = None
    tag: str | None = None
    caller: str | None = None

    def fits(self, called: Called, leased: Collection[str] = ()) -> bool:
        """Whether it fits *called*; *leased* are the tasks that it gave, if it is a lease."""
        return (
            self.method in (None, called.method)
            and self.queue in (None, called.variables["taskqueue"])
            and self.caller in (None, called.caller.email)
            and self.task in (None, _task(called), *leased)
            and self.tag in (None, _tag(called))
            and self.project in (None, _project(called))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which of the calls that fit, by their number or by chance.

    Attributes:
        skip: How many pass first.
        first: How many it holds for; None is no end.
        every: Only every so-manieth.
        probability: Only this share, from 0 to 1.
    """

    skip: int = 0
    first: int | None = None
    every: int | None = None
    probability: float | None = None

    def takes(self, number: int, random: Random) -> bool:
        """Whether the call is one, *first* left aside; *number* is 1 for the first not skipped."""
        if self.probability is not None:
            return random.random() < self.probability
        return self.every is None or number % self.every == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """How long an answer is held back.

    Attributes:
        seconds: Fixed: so long. Uniform: the shortest. Log-normal: the median.
        most_seconds: The longest.
        sigma: Log-normal: the standard deviation of the logarithm.
    """

    distribution: Distribution
    seconds: float
    most_seconds: float
    sigma: float = 1.0

    def draw(self, random: Random) -> float:
        """So many seconds."""
        if self.distribution == "fixed":
            return self.seconds
        if self.distribution == "uniform":
            return random.uniform(self.seconds, self.most_seconds)
        drawn = self.seconds * random.lognormvariate(0.0, self.sigma)
        return min(drawn, self.most_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What becomes of a call.

    Attributes:
        when: ``before``: its work is not done. ``after``: it is, and is on disk.
        error: What is answered instead; None is the true answer.
        latency: How long the answer is held back.
        ending: How the answer is lost or slowed down.
        bytes_per_second: How fast a slow answer comes.
    """

    when: When
    error: WireError | None = None
    latency: Latency | None = None
    ending: Ending | None = None
    bytes_per_second: int = 1_024


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule.

    Attributes:
        members: As it stands in JSON: what was given, its names written out, and when. Chance is
            drawn with all of it, the seed included.
    """

    filter: Filter
    choice: Choice
    effect: Effect
    members: Mapping[str, Any]

    @property
    def waits_for_leases(self) -> bool:
        """Whether it fits leases of which only the answer can tell it."""
        return self.filter.task is not None and self.effect.when == "after"


def _project(called: Called) -> str | None:
    try:
        return read_project(called.variables["project"])[1]
    except WireError:  # the call itself is refused for that
        return None


def _task(called: Called) -> str | None:
    """The task that a call is about, as far as the call says so."""
    named = (called.body or {}).get("id")
    if called.method in (_INSERT, _UPDATE) and named is not None:
        return str(named)
    return called.variables.get("task")


def _tag(called: Called) -> str | None:
    given = called.arguments.get("tag")
    return (called.body or {}).get("tag") if given is None else given
