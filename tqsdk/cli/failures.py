"""How each failure ends: its exit code, and one line that says what happened and what to do."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from typing import NoReturn, TypeVar

import click

from discovery import contract
from tqsdk import errors, retry
from tqsdk.batch import Batch
from tqsdk.cli.output import printable
from tqsdk.lanes import Planned

T = TypeVar("T")
R = TypeVar("R")


class Exit(IntEnum):
    """The exit codes; docs/cli.md has the same table.

    Attributes:
        DONE: All that was asked is done.
        FAILED: None of the below: a file that cannot be written, an answer that makes no sense.
        USAGE: An option, an argument or input that cannot be right. It was not sent.
        NOT_FOUND: No such task, or no such queue.
        LEASE_LOST: The lease is over; the task may be somebody else's.
        NAME_TAKEN: A task has this name, or had it not long ago.
        REFUSED: The server does not take it.
        NOT_ALLOWED: No credentials, bad ones, or not enough of them.
        UNAVAILABLE: The server could not be asked, or wants less. Nothing was done.
        UNKNOWN: The answer was lost. It may have been done.
        INTERRUPTED: Ctrl-C.
        BROKEN_PIPE: Whoever read the output has gone, which is nothing to talk about.
    """

    DONE = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    LEASE_LOST = 4
    NAME_TAKEN = 5
    REFUSED = 6
    NOT_ALLOWED = 7
    UNAVAILABLE = 8
    UNKNOWN = 9
    INTERRUPTED = 130
    BROKEN_PIPE = 141


# The first row that fits decides. The advice is the SDK's in the words of the command line.
_TABLE: tuple[tuple[type[errors.TaskQueueError], Exit, str], ...] = (
    (errors.ConfigError, Exit.USAGE, ""),
    (errors.ArgumentError, Exit.USAGE, ""),
    (errors.LeaseLostError, Exit.LEASE_LOST, "somebody else may have the task now: lease it again"),
    (
        errors.TaskTombstonedError,
        Exit.NAME_TAKEN,
        "choose another name: this one stays blocked for days",
    ),
    (
        errors.TaskExistsError,
        Exit.NAME_TAKEN,
        "choose another name; `tq tasks get` shows the task that has it",
    ),
    (
        errors.TaskNotFoundError,
        Exit.NOT_FOUND,
        "it may be deleted already, which `tq tasks delete --missing-ok` does not mind",
    ),
    (
        errors.QueueNotFoundError,
        Exit.NOT_FOUND,
        "check --project and the queue, or add it to the server's queue configuration",
    ),
    (errors.NotFoundError, Exit.NOT_FOUND, "check --endpoint, --project and the names"),
    (errors.UnauthenticatedError, Exit.NOT_ALLOWED, "give a valid --token, or --auth google"),
    (errors.CredentialsError, Exit.NOT_ALLOWED, errors.CredentialsError.advice),
    (errors.PermissionDeniedError, Exit.NOT_ALLOWED, errors.PermissionDeniedError.advice),
    (errors.PayloadTooLargeError, Exit.REFUSED, errors.PayloadTooLargeError.advice),
    (errors.RateLimitedError, Exit.UNAVAILABLE, "wait, or send less"),
    (errors.ConnectError, Exit.UNAVAILABLE, "check that the server runs and --endpoint is right"),
    (errors.DeadlineExceededError, Exit.UNAVAILABLE, "allow a longer --deadline"),
    (errors.AmbiguousResultError, Exit.UNAVAILABLE, ""),
    (errors.ServerError, Exit.UNAVAILABLE, "try again later"),
    (errors.ApiError, Exit.REFUSED, ""),
    (errors.TaskQueueError, Exit.FAILED, ""),
)

# What errors about settings call by the names that programs give them.
_OPTIONS = {
    "credentials=": "--auth",
    "token=": "--token",
    "give a function that returns a token": "give --token",
}

# What says nothing about the tasks that follow, so that work on them goes on.
_ABOUT_ONE_TASK = (
    errors.ArgumentError,
    errors.InvalidArgumentError,
    errors.LeaseLostError,
    errors.PayloadTooLargeError,
    errors.TaskExistsError,
    errors.TaskNotFoundError,
)

_FACTS = (
    "operation",
    "queue",
    "task",
    "attempts",
    "elapsed",
    "status",
    "reason",
    "code",
    "request_id",
    "retry_after",
)


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong, for people and for programs.

    Attributes:
        kind: The name of the class of the error.
        message: What happened, with its place.
        advice: What to do; empty if that is plain.
        exit: What the command ends with.
        facts: What else the error knows, by the names of its attributes.
    """

    kind: str
    message: str
    advice: str
    exit: Exit
    facts: dict[str, object]

    def line(self) -> str:
        text = f"{self.message}; {self.advice}" if self.advice else self.message
        return f"tq: {printable(' '.join(text.split()))}"

    def json(self) -> str:
        members = {"type": self.kind, "message": self.message, "advice": self.advice or None}
        return json.dumps({"error": {**members, "exit_code": int(self.exit), **self.facts}})


def explain(error: Exception, place: str = "") -> Failure:
    """What *error* is, in the words of the command line.

    Args:
        error: One that is foreseen.
        place: Where the input was read that it is about.
    """
    kind = type(error).__name__
    if isinstance(error, errors.TaskQueueError):
        # Without the SDK's advice, which is for programs.
        message = _in_words_of_options(str(error).removesuffix(f"; {error.advice}"))
        message = f"{place}: {message}" if place else message
        code, advice = _code_and_advice(error)
        facts = {name: getattr(error, name, None) for name in _FACTS}
        known = {name: fact for name, fact in facts.items() if fact is not None}
        return Failure(kind, message, advice, code, known)
    if isinstance(error, click.UsageError):
        advice = f"see `{error.ctx.command_path} --help`" if error.ctx else ""
        return Failure(kind, error.format_message().rstrip("."), advice, Exit.USAGE, {})
    if isinstance(error, click.ClickException):
        return Failure(kind, error.format_message(), "", Exit.FAILED, {})
    if isinstance(error, UnicodeEncodeError):
        return Failure(kind, f"{error.object!r} is not UTF-8", "", Exit.USAGE, {})
    if isinstance(error, OSError):
        place = f"{os.fsdecode(error.filename)}: " if error.filename else "standard output: "
        return Failure(kind, f"{place}{error.strerror}", "", Exit.FAILED, {})
    raise error


def report(failure: Failure, *, as_json: bool) -> None:
    """Tell standard error."""
    click.echo(failure.json() if as_json else failure.line(), err=True)


def for_each(
    items: Iterable[T],
    act: Callable[[T], None],
    *,
    as_json: bool,
    place: Callable[[T], str] = lambda item: "",
) -> None:
    """Do *act* for each of *items*, each of which was read at its *place*.

    A failure that is about one task is told, and the others are still done; in the end the command
    fails as the first of them did. Any other failure ends it at once.
    """
    with _telling(as_json=as_json) as tell:
        for item in items:
            try:
                act(item)
            except _ABOUT_ONE_TASK as error:
                tell(error, place(item))


def for_groups(
    groups: Iterable[Iterable[T]],
    batch: Batch,
    plan: Callable[[T], Planned[R]],
    act: Callable[[T, R], None],
    *,
    as_json: bool,
    place: Callable[[T], str] = lambda item: "",
) -> None:
    """As ``for_each``, with one request for each of *groups*: *plan* puts an item into *batch*.

    *act* is told what is done, in the order of the items. A failure that ends the command does so
    when all of its group is told: what is done, and what else may be.
    """
    with _telling(as_json=as_json) as tell:
        for group in groups:
            planned = _plan_all(group, plan)
            batch.execute()
            end: errors.TaskQueueError | None = None
            for item, result in planned:
                try:
                    act(item, result())
                except _ABOUT_ONE_TASK as error:
                    tell(error, place(item))
                except errors.TaskQueueError as error:
                    if end is None:
                        end = error
                    elif _may_be_done(error):
                        tell(error, place(item))
            if end is not None:
                raise end


def _plan_all(
    group: Iterable[T], plan: Callable[[T], Planned[R]]
) -> list[tuple[T, Callable[[], R]]]:
    """Each item with what gives its result, or raises its error, when the batch is executed."""
    planned: list[tuple[T, Callable[[], R]]] = []
    for item in group:
        try:
            planned.append((item, plan(item).result))
        except errors.TaskQueueError as error:
            planned.append((item, partial(_fail, error)))
            if not isinstance(error, _ABOUT_ONE_TASK):
                break
    return planned


def _fail(error: Exception) -> NoReturn:
    raise error


@contextmanager
def _telling(*, as_json: bool) -> Generator[Callable[[Exception, str], None]]:
    """Tell failures and where their items were read; in the end fail as the first of them did."""
    first: Failure | None = None

    def tell(error: Exception, place: str) -> None:
        nonlocal first
        failure = explain(error, place)
        report(failure, as_json=as_json)
        first = first or failure

    yield tell
    if first is not None:
        raise click.exceptions.Exit(first.exit)


def _in_words_of_options(text: str) -> str:
    for argument, option in _OPTIONS.items():
        text = text.replace(argument, option)
    return text


def _code_and_advice(error: errors.TaskQueueError) -> tuple[Exit, str]:
    code, advice = next((code, text) for kind, code, text in _TABLE if isinstance(error, kind))
    if isinstance(error, errors.CredentialsError) and error.transient:
        code = Exit.UNAVAILABLE
    if code is Exit.UNAVAILABLE and _may_be_done(error):
        return Exit.UNKNOWN, _what_to_do_in_doubt(error)
    return code, advice


def _what_to_do_in_doubt(error: errors.TaskQueueError) -> str:
    if error.operation == "taskqueue.tasks.insert" and error.task:
        return f"repeat it with --name {error.task}: that cannot store it twice"
    if error.operation == "taskqueue.tasks.lease":
        return "tasks may be leased, and are hidden until that lease ends"
    return "it may or may not have been done"


def _may_be_done(error: errors.TaskQueueError) -> bool:
    if error.ambiguous:
        return True
    method = contract.load().methods.get(error.operation or "")
    changes = method is not None and method.verb != "GET"
    return changes and retry.classify(error) is retry.Failure.AMBIGUOUS
