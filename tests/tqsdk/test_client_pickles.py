"""Every public error and model can be pickled and copied: for pools of processes, for caches."""

from __future__ import annotations

import copy
import dataclasses
import importlib
import inspect
import pickle
import types
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import pytest

from tests.house.surface import MODULES, public_names
from tqsdk import Response, TransportError

SAMPLES: dict[Any, Any] = {
    Any: {"x": [1]},
    bool: True,
    bytes: b"\xff",
    datetime: datetime(2026, 1, 1, tzinfo=UTC),
    Exception: ValueError("text"),
    float: 1.5,
    int: 5,
    str: "text",
    timedelta: timedelta(5),
    TransportError: TransportError("text"),
}

# Calls say how an answer is read, which is a function; none of them outlives its process.
NO_MODELS = {"Call"}


def public_classes() -> Iterator[type]:
    """Those that hold data: exceptions and dataclasses."""
    for module in MODULES:
        for name, value in public_names(importlib.import_module(module)).items():
            holds_data = inspect.isclass(value) and (
                issubclass(value, BaseException) or dataclasses.is_dataclass(value)
            )
            if holds_data and name not in NO_MODELS:
                yield value


each_kind = pytest.mark.parametrize("kind", [*public_classes()], ids=lambda kind: kind.__name__)


def sample(hint: Any) -> Any:
    """A value of the type *hint*; a KeyError if this module knows of none."""
    origin, inner = get_origin(hint), get_args(hint)
    if isinstance(hint, TypeVar):
        return SAMPLES[str]
    if origin in (Union, types.UnionType):
        return sample(inner[0])
    if origin is tuple:
        return tuple(sample(each) for each in inner if each is not ...)
    if origin in (list, Sequence):
        return [sample(inner[0])]
    if origin in (dict, Mapping):
        return {sample(inner[0]): sample(inner[1])}
    if dataclasses.is_dataclass(hint):
        return sample_of(hint)
    return SAMPLES[hint]


def sample_of(kind: type) -> Any:
    """An object in which nothing has its default value."""
    if dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind)
        fields = [each.name for each in dataclasses.fields(kind) if each.init]
        return kind(**{name: sample(hints[name]) for name in fields})
    error = kind(*("x" for each in positional(kind)))
    error.add_note("seen in the night")
    for name, hint in get_type_hints(kind).items():
        if name not in ("advice", "args"):
            setattr(error, name, sample(hint))
    return error


def positional(kind: type) -> list[str]:
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(kind).parameters.values()
    return [each.name for each in parameters if each.kind in kinds]


def shown(value: Any) -> Any:
    """What can be compared: errors are equal to none but themselves."""
    if isinstance(value, BaseException):
        return type(value), value.args, {name: shown(each) for name, each in vars(value).items()}
    if dataclasses.is_dataclass(value):
        names = [each.name for each in dataclasses.fields(value)]
        return type(value), {name: shown(getattr(value, name)) for name in names}
    return tuple(map(shown, value)) if isinstance(value, tuple) else value


@each_kind
def test_every_public_error_and_model_comes_out_of_a_pickle_as_it_went_in(kind):
    value = sample_of(kind)

    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        other = pickle.loads(pickle.dumps(value, protocol))
        assert other is not value
        assert shown(other) == shown(value)
        assert (str(other), repr(other)) == (str(value), repr(value))


@each_kind
def test_every_public_error_and_model_can_be_copied(kind):
    value = sample_of(kind)

    for other in (copy.copy(value), copy.deepcopy(value)):
        assert shown(other) == shown(value)


def test_the_walk_finds_errors_and_models_and_changes_all_that_they_hold():
    kinds = {kind.__name__ for kind in public_classes()}

    assert {"Task", "QueueInfo", "Response", "ApiError", "Recorded", "RetryPolicy"} <= kinds
    assert sample_of(Response) == Response(5, {"text": "text"}, b"\xff")
    assert vars(sample_of(TransportError))["queue"] == "text"
