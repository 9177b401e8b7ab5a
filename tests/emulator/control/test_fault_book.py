"""Which calls a fault holds for, and how long it holds them back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from statistics import median

import pytest

from emulator.control.faults.book import FaultBook
from emulator.control.faults.presets import PRESETS, preset
from emulator.control.faults.reading import read_rule
from emulator.rest.access import ANYONE
from emulator.rest.endpoint import Called
from emulator.rest.messages import Job, Manner, Response, Spoiled

LIST = "taskqueue.tasks.list"
GET = "taskqueue.tasks.get"
SOME = {"method": "list", "probability": 0.3, "status": 500}


def test_chance_draws_the_same_for_the_same_calls():
    assert pattern(a_book({**SOME, "seed": 1})) == pattern(a_book({**SOME, "seed": 1}))
    assert pattern(a_book({**SOME, "seed": 1})) != pattern(a_book({**SOME, "seed": 2}))


def test_chance_takes_about_its_share():
    assert 240 < sum(pattern(a_book(SOME))) < 360


def test_other_faults_and_other_calls_change_nothing():
    alone = pattern(a_book(SOME))
    book = a_book({**SOME, "method": "get"}, SOME)

    beside = []
    for _ in range(1_000):
        spoils(book, GET)
        beside.append(spoils(book, LIST))

    assert beside == alone


def test_two_faults_without_a_seed_do_not_hold_for_the_same_calls():
    assert pattern(a_book(SOME)) != pattern(a_book({**SOME, "status": 502}))


def test_the_order_of_members_is_no_seed():
    latency = {"distribution": "uniform", "seconds": 1.0, "mostSeconds": 2.0}
    turned = dict(reversed(latency.items()))

    assert delays({"latency": latency}) == delays({"latency": turned})


def test_delays_are_spread_as_asked():
    assert set(delays({"latency": {"seconds": 2.0}})) == {2.0}

    uniform = {"distribution": "uniform", "seconds": 1.0, "mostSeconds": 3.0}
    drawn = delays({"latency": uniform})
    assert 1 <= min(drawn) < 1.1
    assert 2.9 < max(drawn) <= 3

    lognormal = {"distribution": "lognormal", "seconds": 1.0, "mostSeconds": 9.0, "sigma": 1.0}
    drawn = delays({"latency": lognormal})
    assert 0.9 < median(drawn) < 1.1
    assert max(drawn) == 9
    assert drawn == delays({"latency": lognormal})
    assert drawn != delays({"latency": lognormal, "seed": 1})


def test_threads_together_meet_a_fault_as_often_as_it_holds():
    book = a_book({"method": "list", "skip": 500, "every": 2, "first": 700, "status": 500})

    with ThreadPoolExecutor(8) as threads:
        spoiled = list(threads.map(lambda _: sum(pattern(book, 500)), range(8)))

    [rule] = book.rules()
    assert (rule.fits, rule.hits, sum(spoiled)) == (4_000, 700, 700)


def test_a_book_that_was_cleared_spoils_nothing_and_gives_no_id_again():
    book = a_book({"status": 500})
    book.clear()

    assert not spoils(book, LIST)
    assert [each.id for each in book.add(read_rule({"status": 500}))] == ["2"]


def test_an_answer_without_a_fault_is_passed_on_as_it_is():
    job = Job(lambda: DONE)

    assert a_book({"method": "get", "status": 500}).answer(a_call(LIST), lambda: job, refuse) is job


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_spoils_some_calls_and_not_all(name):
    book = FaultBook()
    book.add(*preset(name, seed=0))
    deletes = [answer(book, "taskqueue.tasks.delete") for _ in range(1_000)]

    spoiled = sum(each is not DONE for each in deletes)
    shares = {"dev_appserver": (30, 70), "flaky": (100, 200), "brownout": (1_000, 1_000)}
    low, high = shares[name]
    assert low <= spoiled <= high


DONE = Response(200, ())


def a_book(*faults):
    book = FaultBook()
    book.add(*(read_rule(each) for each in faults))
    return book


def a_call(method):
    variables = {"project": "s~p", "taskqueue": "q", "task": "t"}
    return Called(method, ANYONE, variables, {}, None)


def answer(book, method):
    return book.answer(a_call(method), lambda: DONE, refuse)


def refuse(error):
    return Response(error.status, ())


def spoils(book, method):
    return answer(book, method) is not DONE


def pattern(book, count=1_000):
    """Which of so many calls the book spoils."""
    return [spoils(book, LIST) for _ in range(count)]


def delays(fault):
    """How long 1,000 calls are held back."""
    book = a_book(fault)
    made = [answer(book, LIST) for _ in range(1_000)]
    spoiled = Response(DONE.status, (*DONE.headers, ("x-taskqueue-fault", "1")), DONE.body)
    assert all(each == Spoiled(spoiled, Manner(each.manner.seconds)) for each in made)
    return [each.manner.seconds for each in made]
