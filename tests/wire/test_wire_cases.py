"""What goes over the wire, literally: every case of this folder, through both fronts."""

from __future__ import annotations

import inspect

import pytest

from discovery import contract
from emulator.rest import errors
from emulator.rest.routes import Router
from tests.wire.cases import a_server, all_cases, play, request_of
from tests.wire.fronts import FRONTS, Wsgi

CASES = all_cases()

# WSGI servers have limits of their own for heads; ours are in tests/emulator/test_connection.py.
ONLY_OF_THE_LOOP = {"head_too_large", "target_too_long"}

by_name = pytest.mark.parametrize("case", [pytest.param(each, id=each.name) for each in CASES])


@by_name
def test_both_fronts_answer_as_written_and_alike(case, tmp_path):
    answers = {name: answers_of(case, front, tmp_path) for name, front in FRONTS.items()}

    assert answers["wsgi"] == answers["loop"]


def test_no_two_cases_have_one_name():
    names = [each.name for each in CASES]

    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize(
    "described",
    [contract.control(), *map(contract.load, contract.VERSIONS)],
    ids=["control", *contract.VERSIONS],
)
def test_every_method_of_the_contract_is_reached(described):
    router = Router([described])
    matches = [router.match(sent.verb, sent.path.decode("latin-1")) for sent in every_request()]

    reached = {match[0].method.id for match in matches if match is not None}

    assert reached == set(described.methods)


def test_every_wire_error_and_every_row_of_their_table_is_reached(tmp_path, monkeypatch):
    table = Watched(errors._TABLE)
    monkeypatch.setattr(errors, "_TABLE", table)
    factories = {
        name: function
        for name, function in inspect.getmembers(errors, inspect.isfunction)
        if inspect.signature(function).return_annotation == "WireError"
    }
    met: set[str] = set()
    for name, function in factories.items():
        monkeypatch.setattr(errors, name, noting(met, name, function))

    play_all(tmp_path)

    assert set(table) - table.met == set()
    assert set(factories) - met == ONLY_OF_THE_LOOP


class Watched(dict):
    """A table that remembers which of its rows were read."""

    def __init__(self, rows):
        super().__init__(rows)
        self.met = set()

    def __getitem__(self, key):
        self.met.add(key)
        return super().__getitem__(key)

    def get(self, key):
        row = super().get(key)
        if row is not None:
            self.met.add(key)
        return row


def noting(met, name, function):
    def noted(*args, **kwargs):
        met.add(name)
        return function(*args, **kwargs)

    return noted


def answers_of(case, front, folder):
    with a_server(case, folder) as (service, clock):
        opened = front(service)
        try:
            return play(case, opened, clock)
        finally:
            opened.close()


def play_all(folder):
    """Send every case, whatever is answered: a wrong answer fails a test of its own."""
    for case in CASES:
        with a_server(case, folder) as (service, clock):
            front = Wsgi(service)
            for step in case.steps:
                clock.advance(step.get("advance", 0))
                front.send(request_of(step, {}))


def every_request():
    return [request_of({"request": step["request"]}, {}) for case in CASES for step in case.steps]
