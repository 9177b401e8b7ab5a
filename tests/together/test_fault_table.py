"""``docs/retries.md`` says what google-api-python-client does today.

Should one of these fail after its release: ``python -m tests.together.fault_table``, and read the
prose around the numbers again.
"""

from __future__ import annotations

import pytest

from tests.together.fault_table import DOCUMENT, SHOWN, document, row, shares

TEXT = DOCUMENT.read_text(encoding="utf-8")

# What the document is for: these store twice what is asked for once.
TELLING = [fault for fault in SHOWN if fault.name in ("closed after the commit", "503, done")]


@pytest.mark.parametrize("fault", TELLING, ids=lambda each: each.name)
def test_a_lost_answer_stores_a_task_twice_and_the_document_says_so(server, fault):
    measured = row(fault, server)

    assert measured in TEXT
    assert "**twice**" in measured


def test_every_tenth_insert_and_lease_is_done_twice_and_the_document_says_so(server):
    assert shares(server) in TEXT


@pytest.mark.soak
def test_the_whole_document_is_fresh(server):
    assert document(server) == TEXT
