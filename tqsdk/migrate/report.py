"""How a report looks: text for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tqsdk.migrate.findings import Finding, Report
from tqsdk.migrate.rules import Effort
from tqsdk.migrate.targets import Trait


def text(report: Report, target: str | None) -> Iterator[str]:
    """Lines: each finding, then how much work that is, then what the target lacks."""
    for each in report.findings:
        yield f"{each.place}: {each.rule_id} {each.rule.title}"
        if each.code:
            yield f"    {each.code}"
        yield f"    -> {_advice(each)}"
    if report.findings:
        yield ""
    yield from _summary(report)
    if target is not None:
        yield ""
        yield from _lacking(report, target)


def as_json(report: Report, target: str | None) -> str:
    """One JSON object."""
    members: dict[str, Any] = {
        "version": 1,
        "findings": [_finding(each) for each in report.findings],
        "summary": {
            "files": report.files,
            "findings": len(report.findings),
            "minutes": report.minutes(),
            "by_effort": {
                effort.name.lower(): count for effort, count in report.by_effort().items()
            },
            "by_rule": {rule.id: count for rule, count in report.by_rule().items()},
        },
    }
    if target is not None:
        members["target"] = {
            "name": target,
            "lacks": [_lack(trait, places, target) for trait, places in report.lacking(target)],
        }
    return json.dumps(members, indent=1)


def _advice(finding: Finding) -> str:
    return f"{finding.detail}: {finding.rule.advice}" if finding.detail else finding.rule.advice


def _summary(report: Report) -> Iterator[str]:
    places, files = len(report.findings), len({each.path for each in report.findings})
    yield f"{_many(places, 'place')} in {_many(files, 'file')}, of {report.files:,} looked into"
    if not report.findings:
        return
    for effort, count in report.by_effort().items():
        yield f"{count:6,}  {_EFFORTS[effort]}"
    yield f"about {_hours(report.minutes())} of work, without planning and testing the whole"


_EFFORTS = {
    Effort.NONE: "nothing to do",
    Effort.REWRITE: "done by tq migrate rewrite, to be looked at",
    Effort.SMALL: "small: a plain change",
    Effort.MEDIUM: "medium: a change to be thought about and tested",
    Effort.LARGE: "large: a part to be written anew",
}


def _lacking(report: Report, target: str) -> Iterator[str]:
    lacking = report.lacking(target)
    if not lacking:
        yield f"{target} has all that is used here"
    for trait, places in lacking:
        yield f"{target} lacks: {trait.title} ({trait.missing[target]})"
        for each in places:
            yield f"    {each.place}: {each.code}"


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule_id,
        "path": finding.path,
        "line": finding.line,
        "column": finding.column,
        "code": finding.code,
        "title": finding.rule.title,
        "advice": finding.rule.advice,
        "detail": finding.detail or None,
        "effort": finding.rule.effort.name.lower(),
        "needs": list(finding.traits),
    }


def _lack(trait: Trait, places: list[Finding], target: str) -> dict[str, Any]:
    return {
        "need": trait.id,
        "title": trait.title,
        "instead": trait.missing[target],
        "places": [each.place for each in places],
    }


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _hours(minutes: int) -> str:
    return f"{minutes} minutes" if minutes < 90 else f"{round(minutes / 60)} hours"
