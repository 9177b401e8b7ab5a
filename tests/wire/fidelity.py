"""The evidence ledger: from the wire cases to ``docs/fidelity.md``.

``python -m tests.wire.fidelity`` writes the file; with ``--check`` it only says if it is stale.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.wire.cases import Case, all_cases

DOCUMENT = Path(__file__).parents[2] / "docs" / "fidelity.md"

STRENGTHS = {
    "trace": "programs and answers that met the live service, or its front end elsewhere",
    "discovery": "the published discovery documents",
    "doc": "Google's documentation",
    "sdk": "the source of Google's App Engine SDK, whose backend the REST API shared",
    "inferred": "deduced, or remembered, from other Google APIs of the time",
    "ruling": "left open by all of these, and decided for this project",
    "ours": "an addition, without counterpart in the live service",
}

TOPICS = {
    "insert": "Insert",
    "lease": "Lease",
    "attempts": "Leases that are repeated",
    "update": "Update",
    "patch": "Patch",
    "delete": "Delete",
    "get": "Get",
    "list": "List",
    "queues": "Queues",
    "names": "Names and paths",
    "errors": "Errors",
    "order": "Order of validation",
    "access": "Who may call",
    "fields": "Partial responses",
    "parameters": "Parameters of every method",
    "bodies": "Bodies and verbs",
    "form": "The form of answers",
    "headers": "Headers",
    "batch": "Batch",
    "discovery": "Discovery",
    "v1beta1": "v1beta1",
}

_INTRODUCTION = """\
# Fidelity

The live service is gone, so nothing here can be held against it. What we know of it comes from
sources of different strength, and this is the list: every claim below is a case in `tests/wire/`,
literal requests with literal answers, that both fronts pass. The file is made from those cases by
`python -m tests.wire.fidelity`, and a test keeps it fresh.
"""

_SOURCES = """\
## What the sources are

`API.md`, `SEMANTICS.md`, `RULINGS` and `issue 3` are the specification that this project was built
to. A trace is something that ran against the live service, or beside it:

| | |
|---|---|
| T1 | a leased task as the service returned it in 2017, kept in a comment |
| T2 | seung-lab/python-task-queue, with tests that ran live |
| T3 | AppScale/gts, a reimplementation, and what its commits say of the original |
| T4 | AppScale/hawkeye, tests that ran against both |
| T5 | talkiq/gcloud-aio, with a live smoke test |
| T6 | uccser/cs-unplugged and uccser/render, a client and an emulator |
| T7 | gcloud_taskqueue 0.1.2 |
| T8 | klokantech/cloudwrapper |
| T9, T10 | two workers that renewed their leases by update |
| T11 | ianlewis/kombu-appengine-pullqueue |
| T12 | amygdala/pull-queues |
| T13 | two Java workers |
| T14 | google-api-go-client, on tildes in URLs |
| G1 to G10 | other Google APIs behind the same front end, and Google's clients |
"""


def ledger(cases: Iterable[Case]) -> str:
    """The text of ``docs/fidelity.md``."""
    cases = list(cases)
    return "\n".join(
        [_INTRODUCTION, _counts(cases), _differences(cases), *_topics(cases), _SOURCES]
    )


def _counts(cases: Sequence[Case]) -> str:
    count = Counter(case.strength for case in cases)
    rows = [(strength, str(count[strength]), what) for strength, what in STRENGTHS.items()]
    return _table(("strength", "cases", "what it is"), [*rows, ("", str(len(cases)), "in all")])


def _differences(cases: Sequence[Case]) -> str:
    rows = [(case.name, case.differs, case.source) for case in cases if case.differs]
    return (
        "## Known differences, and guesses\n\nWhere the live service differed, or may have:\n\n"
        + _table(("here", "there", "source"), rows)
    )


def _topics(cases: Sequence[Case]) -> list[str]:
    return [
        f"## {title}\n\n"
        + _table(
            ("claim", "source", "strength"),
            [
                (case.name, case.source, case.strength)
                for case in cases
                if case.file == f"{topic}.json"
            ],
        )
        for topic, title in TOPICS.items()
    ]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file, or with ``--check`` say whether it is as it should be."""
    parser = argparse.ArgumentParser(prog="python -m tests.wire.fidelity")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if it is stale")
    text = ledger(each for each in all_cases() if not each.of_control)
    if not parser.parse_args(arguments).check:
        DOCUMENT.write_text(text)
    elif not DOCUMENT.exists() or DOCUMENT.read_text() != text:
        print(f"{DOCUMENT.name} is stale: run python -m tests.wire.fidelity", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
