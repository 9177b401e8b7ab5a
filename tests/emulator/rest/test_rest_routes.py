"""Every method is found by its path and verb, and by nothing else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery import contract
from emulator.rest.routes import Router

CONTRACTS = [contract.load(version) for version in contract.VERSIONS]
METHODS = [(each, method) for each in CONTRACTS for method in each.methods.values()]
VERBS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "get"]

every_method = pytest.mark.parametrize(
    ("of", "method"), METHODS, ids=[f"{of.version} {method.id}" for of, method in METHODS]
)


@every_method
def test_a_method_is_found_by_its_path(of, method):
    route, variables = a_router().match(method.verb, path_of(of, method))

    assert (route.contract, route.method) == (of, method)
    assert variables == variables_of(method)


@every_method
def test_one_slash_at_the_end_is_forgiven_and_two_are_not(of, method):
    path = path_of(of, method)

    assert a_router().match(method.verb, f"{path}/")[0].method == method
    found = a_router().match(method.verb, f"{path}//")
    assert found is None or found[0].method != method


@every_method
def test_a_method_is_not_found_below_another_prefix(of, method):
    path = path_of(of, method)

    for wrong in (path.removeprefix("/"), f"/{path}", f"/x{path}", path.replace("v1", "v2")):
        assert a_router().match(method.verb, wrong) is None


def test_a_verb_finds_only_its_own_methods():
    described = {(method.verb, path_of(of, method)) for of, method in METHODS}
    paths = {path for _, path in described}

    found = {(verb, path) for verb in VERBS for path in paths if a_router().match(verb, path)}

    # POST .../tasks/lease is lease; to the other verbs it is a task of that name.
    assert found - described <= {
        (verb, path) for verb in VERBS for path in paths if path.endswith("/tasks/lease")
    }
    assert described <= found


@given(st.text(), st.sampled_from(VERBS))
def test_any_text_is_matched_or_not_without_an_error(path, verb):
    a_router().match(verb, path)


@given(st.text(st.characters(exclude_characters="/"), min_size=1).filter(lambda it: it != "lease"))
def test_any_text_may_stand_for_a_variable(text):
    path = f"/taskqueue/v1beta2/projects/{text}/taskqueues/{text}/tasks/{text}"

    _, variables = a_router().match("POST", path)

    assert set(variables.values()) == {text}


def test_a_path_knows_its_verbs():
    tasks = "/taskqueue/v1beta2/projects/p/taskqueues/q/tasks"

    assert a_router().verbs(tasks) == ["GET", "POST"]
    assert a_router().verbs(f"{tasks}/a") == ["DELETE", "GET", "PATCH", "POST"]
    assert a_router().verbs("/nowhere") == []


def a_router():
    return Router(CONTRACTS)


def path_of(of, method):
    return of.base_path + re.sub(r"\{(\w+)\}", r"a-\1", method.path)


def variables_of(method):
    return {name: f"a-{name}" for name in re.findall(r"\{(\w+)\}", method.path)}
