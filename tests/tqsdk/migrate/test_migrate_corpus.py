"""The corpus is scanned with no miss and no false alarm."""

from __future__ import annotations

from collections import defaultdict

import pytest

from tests.tqsdk.migrate import expected
from tqsdk.migrate.scan import scan


@pytest.fixture(scope="module")
def found():
    """What a scan of the whole corpus finds, by file."""
    by_file: dict[str, set[tuple[int, str]]] = defaultdict(set)
    for each in scan([expected.CORPUS]).findings:
        by_file[each.path].add((each.line, each.rule_id))
    return by_file


@pytest.mark.parametrize("path", expected.files(expected.OURS), ids=lambda path: path.name)
def test_nothing_of_ours_is_missed_and_nothing_else_is_found_beside_it(found, path):
    assert sorted(found[path.as_posix()]) == sorted(expected.marks(path))


@pytest.mark.parametrize("path", expected.files(expected.OTHERS), ids=lambda path: path.name)
def test_nothing_of_others_is_taken_for_ours(found, path):
    assert found[path.as_posix()] == set()


def test_the_corpus_is_as_large_as_it_should_be():
    assert len([each for each in expected.files(expected.OURS) if expected.marks(each)]) >= 40
    assert len(expected.files(expected.OTHERS)) >= 40
    assert [each for each in expected.files(expected.OTHERS) if expected.marks(each)] == []
