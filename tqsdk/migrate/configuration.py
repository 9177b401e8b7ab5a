"""queue.yaml and queue.xml: pull queues, and who may use them; these accounts elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from discovery.queue_files import QueueFile, QueueFileError, read_queue_file
from tqsdk.migrate.findings import Finding

_QUEUE_FILE = re.compile(r"queue\.(ya?ml|xml)")


def is_queue_file(path: Path) -> bool:
    """Whether a file is called as App Engine wants its queues to be."""
    return _QUEUE_FILE.fullmatch(path.name) is not None


def read(path: Path, shown: str) -> tuple[QueueFile | None, list[Finding]]:
    """The queues of a file, and what is found in it."""
    try:
        file = read_queue_file(path)
    except QueueFileError as error:
        wrong = Finding(
            path=shown, line=error.line or 1, column=1, rule_id="TQM901", detail=error.problem
        )
        return None, [wrong]
    lines = path.read_text("utf-8-sig").splitlines()
    return file, [*_pull_queues(file, shown, lines)]


def accounts(file: QueueFile) -> set[str]:
    """Who may use the file's pull queues."""
    pull = [each for each in file.queues if each.mode == "pull"]
    return {email for each in pull for email in (*each.user_emails, *each.writer_emails)}


def named(text: str, emails: Iterable[str], shown: str) -> Iterator[Finding]:
    """The lines of another file that name one of *emails*."""
    wanted = sorted(emails)
    for number, line in enumerate(text.splitlines(), 1):
        for email in wanted:
            if email in line:
                column = line.index(email) + 1
                yield Finding(
                    path=shown,
                    line=number,
                    column=column,
                    rule_id="TQM303",
                    code=line.strip(),
                    detail=email,
                )


def _pull_queues(file: QueueFile, shown: str, lines: list[str]) -> Iterator[Finding]:
    starts = sorted(each.line or 1 for each in file.queues)
    for queue in file.queues:
        if queue.mode != "pull":
            continue
        begin = queue.line or 1
        end = next((each for each in starts if each > begin), len(lines) + 1)
        yield _at(shown, begin, lines, "TQM301", queue.name)
        left = [*queue.user_emails, *queue.writer_emails]
        for number in range(begin, end):
            for email in [each for each in left if each in lines[number - 1]][:1]:
                left.remove(email)
                yield _at(shown, number, lines, "TQM302", email)


def _at(shown: str, line: int, lines: list[str], rule: str, detail: str) -> Finding:
    code = lines[line - 1]
    column = len(code) - len(code.lstrip()) + 1
    return Finding(
        path=shown, line=line, column=column, rule_id=rule, code=code.strip(), detail=detail
    )
