"""Java, Go, PHP, JavaScript, TypeScript and Ruby: call sites by pattern, outside comments.

Each language has marks of the API's library; a file with none of them is left alone. In one that
has them, calls of the API's methods are reported, too. Nothing is followed, nothing rewritten.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ast_grep_py import SgNode, SgRoot

from tqsdk.migrate.findings import Finding
from tqsdk.migrate.googleclient import URL


@dataclass(frozen=True, slots=True)
class Pattern:
    """What is reported as *rule* in a file where *needs* has been found (or that alone)."""

    rule: str
    text: re.Pattern[str]
    needs: str | None = None
    traits: tuple[str, ...] = ()


def _all(*rows: tuple[str, str, str | None]) -> tuple[Pattern, ...]:
    return tuple(Pattern(rule, re.compile(text), needs) for rule, text, needs in rows)


_METHODS = "(insert|lease|list|get|update|patch|delete)"

_PATTERNS = {
    "java": _all(
        ("TQM201", r"com\.google\.api\.services\.taskqueue\b", None),
        ("TQM202", rf"\.tasks\(\)\s*\.{_METHODS}\(|\.taskqueues\(\)\s*\.get\(", "TQM201"),
        ("TQM203", r"\.(leaseTasks|leaseTasksByTag\w*|modifyTaskLease)(Async)?\(", "appengine"),
        ("TQM203", r"\bMethod\.PULL\b|\bLeaseOptions\.Builder\b", "appengine"),
    ),
    "go": _all(
        ("TQM211", r"[./]api/taskqueue/v1beta[12]|google-api-go-client/taskqueue/v1beta[12]", None),
        (
            "TQM212",
            r"\.(Tasks|Taskqueues)\.(Insert|Lease|List|Get|Update|Patch|Delete)\(",
            "TQM211",
        ),
        ("TQM213", r"\btaskqueue\.(Lease|LeaseByTag|ModifyLease)\(", "appengine"),
        ("TQM213", r"\bMethod:\s*\"PULL\"", "appengine"),
    ),
    "php": _all(
        (
            "TQM221",
            r"\bGoogle_(Service_Taskqueue|TaskqueueService)\w*|Google\\Service\\Taskqueue",
            None,
        ),
        ("TQM222", rf"->(tasks|taskqueues)->({_METHODS[1:-1]}Tasks?|{_METHODS[1:-1]})\(", "TQM221"),
    ),
    "javascript": _all(
        ("TQM231", r"\.taskqueue\(\s*(['\"]v1beta|\{[^}]*v1beta)", None),
        ("TQM231", r"\.(discover|load)\(\s*['\"]taskqueue['\"]", None),
        ("TQM232", rf"\.tasks\s*\.{_METHODS}\(|\.taskqueues\s*\.get\(", "TQM231"),
    ),
    "ruby": _all(
        ("TQM241", r"google/apis/taskqueue_v1beta[12]|Google::Apis::TaskqueueV1beta[12]", None),
        ("TQM241", r"discovered_api\(?\s*['\"]taskqueue['\"]", None),
        ("TQM242", r"\.tasks\.(insert|lease|list|get|update|patch|delete)\b", "TQM241"),
        ("TQM242", r"\.(insert|lease|list|get|update|patch|delete)_tasks?\b", "TQM241"),
    ),
}
_PATTERNS["typescript"] = _PATTERNS["tsx"] = _PATTERNS["javascript"]

# What shows that App Engine's own library is meant.
_APP_ENGINE = {
    "java": re.compile(r"com\.google\.appengine\.api\.(labs\.)?taskqueue\b"),
    "go": re.compile(r"\"(google\.golang\.org/)?appengine/taskqueue\""),
}

_TRAITS = (
    ("group-by-tag", re.compile(r"groupByTag|group_by_tag|GroupByTag|leaseTasksByTag\(", re.I)),
    ("lease-by-tag", re.compile(r"leaseByTag|\btag[=:(]|setTag\(|\.Tag\(|TasksByTag", re.I)),
    ("peek", re.compile(r"\b(list|get)(Tasks?)?\(|\.(list|get)\b", re.I)),
    ("stats", re.compile(r"getStats|get_stats|fetchStatistics|QueueStats", re.I)),
    ("delete-without-lease", re.compile(r"\bdelete(_?Tasks?)?\(|\.delete\b", re.I)),
)


def scan(text: str, language: str, shown: str) -> Iterator[Finding]:
    """The uses of the API in a program of another language."""
    if not _may_use(text, language):
        return
    root = SgRoot(text, language).root()
    code = _without_comments(text, root)
    marks = {each.rule for each in _PATTERNS[language] if each.text.search(code)}
    if (mark := _APP_ENGINE.get(language)) and mark.search(code):
        marks.add("appengine")
    lines = text.splitlines()
    seen: set[int] = set()  # lines; the first rule that fits one says enough
    for pattern in (*_PATTERNS[language], Pattern("TQM030", URL)):
        if pattern.needs is not None and pattern.needs not in marks:
            continue
        for found in pattern.text.finditer(code):
            line = code.count("\n", 0, found.start()) + 1
            if line in seen:
                continue
            seen.add(line)
            call = lines[line - 1].strip()
            yield Finding(
                path=shown,
                line=line,
                column=found.start() - (code.rfind("\n", 0, found.start()) + 1) + 1,
                rule_id=pattern.rule,
                code=call,
                traits=tuple(_traits(call)) if pattern.needs else (),
            )
    if marks or seen:
        yield from _mistakes(root, shown)


def _may_use(text: str, language: str) -> bool:
    marks = [each.text for each in _PATTERNS[language] if each.needs is None]
    marks += [URL, *(_APP_ENGINE[each] for each in (language,) if each in _APP_ENGINE)]
    return any(each.search(text) for each in marks)


def _without_comments(text: str, root: SgNode) -> str:
    """*text* with spaces in place of comments."""
    kept = list(text)
    for node in _comments(root):
        span = node.range()
        for index in range(span.start.index, span.end.index):
            if kept[index] != "\n":
                kept[index] = " "
    return "".join(kept)


def _comments(node: SgNode) -> Iterable[SgNode]:
    if "comment" in node.kind():
        yield node
        return
    for child in node.children():
        yield from _comments(child)


def _traits(call: str) -> Iterator[str]:
    for name, pattern in _TRAITS:
        if pattern.search(call):
            yield name


def _mistakes(root: SgNode, shown: str) -> Iterator[Finding]:
    wrong = root.find(kind="ERROR")
    if wrong is not None:
        start = wrong.range().start
        yield Finding(path=shown, line=start.line + 1, column=start.column + 1, rule_id="TQM901")
