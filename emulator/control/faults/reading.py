"""A rule as callers spell it, read, or refused with a word on what would be right.

A rule that can never hold, or has a part that can have no effect, is a mistake of whoever wrote it,
and would let a test pass that tests nothing. So it is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

from discovery import contract, formats
from emulator.control.faults.answers import answer_of
from emulator.control.faults.rule import (
    LEASE,
    Choice,
    Distribution,
    Effect,
    Filter,
    Latency,
    Rule,
    When,
)
from emulator.engine.errors import RefusedError
from emulator.engine.names import check_queue_name, check_task_name
from emulator.rest.errors import WireError, body_required, invalid_member
from emulator.rest.messages import Ending
from emulator.rest.methods import read_project
from emulator.rest.parse import Body

MOST_SECONDS = 3_600

_INT64_MAX = 2**63 - 1
_INT32_MAX = 2**31 - 1
_MOST_SIGMA = 10

_METHODS = contract.load().methods
_SHORT = "taskqueue.tasks."
_API = "taskqueue."
_SCHEMA = contract.control().schemas["Fault"].properties

_OF_A_STATUS = ("reason", "message", "retryAfterSeconds")
_LOST = ("cut", "withheld")
_MADE_BY_US = ("id", "fits", "hits")


def read_rule(body: Body | None) -> Rule:
    """Read a rule.

    Args:
        body: The members of the schema Fault; those that only a server can know are left aside.

    Raises:
        WireError: 400, naming the member that is wrong and saying what would be right.
    """
    if body is None:
        raise body_required()
    given = {name: value for name, value in body.items() if name not in _MADE_BY_US}
    effect = _effect(given)
    filter = _filter(given, effect)
    choice = _choice(given)
    _check_seed(given, effect)
    shown: dict[str, Any] = given | {"when": effect.when}
    shown |= {"method": filter.method} if filter.method else {}
    shown |= {"project": filter.project} if filter.project else {}
    return Rule(
        filter=filter,
        choice=choice,
        effect=effect,
        members={name: _spelled(name, shown[name]) for name in _SCHEMA if name in shown},
    )


def _spelled(name: str, value: Any) -> Any:
    property = _SCHEMA[name]
    return value if property.ref else formats.to_json(property.type, property.format, value)


def _filter(given: Mapping[str, Any], effect: Effect) -> Filter:
    for name in ("method", "project", "queue", "task", "tag", "caller"):
        if given.get(name) == "":
            raise invalid_member(name, "It is empty: leave it out for any.")
    filter = Filter(
        method=_method(given.get("method")),
        project=_project(given.get("project")),
        queue=given.get("queue"),
        task=given.get("task"),
        tag=given.get("tag"),
        caller=given.get("caller"),
    )
    _check_names(filter)
    _check_method_has(filter)
    if filter.task and filter.method == LEASE and effect.when == "before":
        raise invalid_member(
            "task", "Which tasks a lease gives is not known before its work: use when=after."
        )
    return filter


def _method(name: str | None) -> str | None:
    """The full id of the method called *name*, in one of three ways."""
    if name is None:
        return None
    for id in (name, f"{_API}{name}", f"{_SHORT}{name}"):
        if id in _METHODS:
            return id
    known = sorted(id.removeprefix(_SHORT).removeprefix(_API) for id in _METHODS)
    raise invalid_member("method", f"There is no method {name[:80]!a}: use {', '.join(known)}.")


def _project(segment: str | None) -> str | None:
    if segment is None:
        return None
    try:
        return read_project(segment)[1]
    except WireError as error:
        raise invalid_member("project", error.message) from error


def _check_names(filter: Filter) -> None:
    checks = (("queue", filter.queue, check_queue_name), ("task", filter.task, check_task_name))
    for member, name, check in checks:
        try:
            if name is not None:
                check(name)
        except RefusedError as error:
            raise invalid_member(member, f"There can be none called {error.detail}.") from error


def _check_method_has(filter: Filter) -> None:
    """Refuse to look for a task or tag in calls that have none."""
    if filter.method is None:
        return
    method = _METHODS[filter.method]
    brings = method.request is not None
    if filter.task and not (brings or "task" in method.parameters or method.id == LEASE):
        raise invalid_member("task", f"{method.id} is about no one task: leave one of both out.")
    if filter.tag and not (brings or "tag" in method.parameters):
        raise invalid_member("tag", f"{method.id} has no tag: leave one of both out.")


def _choice(given: Mapping[str, Any]) -> Choice:
    if "every" in given and "probability" in given:
        raise invalid_member("every", "It cannot stand with a probability: give one of both.")
    _check_range(given, "skip", 0, _INT64_MAX)
    _check_range(given, "first", 1, _INT64_MAX)
    _check_range(given, "every", 1, _INT64_MAX)
    _check_range(given, "probability", 0, 1)
    return Choice(
        skip=given.get("skip", 0),
        first=given.get("first"),
        every=given.get("every"),
        probability=given.get("probability"),
    )


def _effect(given: Mapping[str, Any]) -> Effect:
    if not given.keys() & {"status", "latency", "answer"}:
        raise invalid_member("status", "The rule does nothing: give a status, latency or answer.")
    when = _one_of(given, "when", get_args(When))
    ending: Ending | None = _one_of(given, "answer", get_args(Ending))
    _check_error(given, ending)
    if "bytesPerSecond" in given and ending != "slow":
        raise invalid_member("bytesPerSecond", "It has no effect without answer=slow.")
    _check_range(given, "bytesPerSecond", 1, _INT32_MAX)
    if ending == "withheld" and "latency" in given:
        raise invalid_member("latency", "What is withheld never comes: leave one of both out.")
    fails = "status" in given or ending in _LOST
    if when == "before" and not fails:
        raise invalid_member(
            "when",
            "Before the work there is no answer yet: give a status, or answer=cut or"
            " answer=withheld, or use when=after.",
        )
    effect = Effect(
        when=when or ("before" if fails else "after"),
        latency=_latency(given.get("latency")),
        ending=ending,
        bytes_per_second=given.get("bytesPerSecond", 1_024),
    )
    return replace(effect, error=answer_of(given, undone=effect.when == "before"))


def _check_error(given: Mapping[str, Any], ending: Ending | None) -> None:
    if "status" not in given:
        for name in _OF_A_STATUS:
            if name in given:
                raise invalid_member(name, "It has no effect without a status.")
    elif ending in _LOST:
        raise invalid_member("status", f"Nobody sees it with answer={ending}: give one of both.")
    _check_range(given, "status", 400, 599)
    _check_range(given, "retryAfterSeconds", 0, _INT32_MAX)


def _latency(given: Mapping[str, Any] | None) -> Latency | None:
    if given is None:
        return None
    kind: Distribution = _one_of(given, "distribution", get_args(Distribution)) or "fixed"
    if "seconds" not in given:
        raise invalid_member("latency", "Give its seconds.")
    _check_range(given, "seconds", 0, MOST_SECONDS)
    _check_range(given, "mostSeconds", given["seconds"], MOST_SECONDS)
    _check_range(given, "sigma", 0, _MOST_SIGMA)
    if kind == "fixed" and "mostSeconds" in given:
        raise invalid_member("mostSeconds", "It has no effect with distribution=fixed.")
    if kind == "uniform" and "mostSeconds" not in given:
        raise invalid_member("mostSeconds", "distribution=uniform needs it: the longest delay.")
    if kind != "lognormal" and "sigma" in given:
        raise invalid_member("sigma", "It has no effect without distribution=lognormal.")
    return Latency(
        distribution=kind,
        seconds=given["seconds"],
        most_seconds=given.get("mostSeconds", MOST_SECONDS),
        sigma=given.get("sigma", 1.0),
    )


def _check_seed(given: Mapping[str, Any], effect: Effect) -> None:
    varies = effect.latency is not None and effect.latency.distribution != "fixed"
    if "seed" in given and "probability" not in given and not varies:
        raise invalid_member(
            "seed", "It has no effect without a probability, or a latency that varies."
        )


def _one_of(given: Mapping[str, Any], name: str, allowed: tuple[Any, ...]) -> Any:
    """The member, which is one of some words; None where there is none."""
    word = given.get(name)
    if word is not None and word not in allowed:
        raise invalid_member(name, f"{word[:80]!a} is none of {', '.join(allowed)}.")
    return word


def _check_range(given: Mapping[str, Any], name: str, low: float, high: float) -> None:
    value = given.get(name)
    if value is not None and not low <= value <= high:
        raise invalid_member(name, f"{value} is not within the range [{low}, {high}].")
