"""The evidence ledger is whole: every case says where its claim is known from."""

from __future__ import annotations

from tests.wire.cases import all_cases
from tests.wire.fidelity import STRENGTHS, TOPICS, main

CASES = [each for each in all_cases() if not each.of_control]


def test_every_case_has_a_source():
    assert [case.name for case in CASES if not case.source] == []


def test_every_case_has_a_strength_that_is_known():
    assert [case.name for case in CASES if case.strength not in STRENGTHS] == []


def test_a_case_that_rests_on_a_trace_names_it():
    rests = [case for case in CASES if case.strength == "trace"]

    assert [
        case.name for case in rests if "trace" not in case.source and "13." not in case.source
    ] == []


def test_a_difference_is_told_in_a_sentence():
    differing = [case for case in CASES if case.differs is not None]

    assert [case.name for case in differing if not case.differs.endswith(".")] == []


def test_every_file_of_cases_is_a_topic():
    assert {case.file.removesuffix(".json") for case in CASES} == set(TOPICS)


def test_the_document_is_fresh():
    assert main(["--check"]) == 0
