"""A report as SARIF 2.1.0, which code hosts and editors show beside the code."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from tqsdk.migrate.findings import Finding, Report
from tqsdk.migrate.rules import RULES, Effort, Rule
from tqsdk.version import __version__

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {
    Effort.NONE: "note",
    Effort.REWRITE: "note",
    Effort.SMALL: "warning",
    Effort.MEDIUM: "warning",
    Effort.LARGE: "error",
}


def render(report: Report) -> str:
    """One JSON object; of the rules those that are used."""
    rules = list(report.by_rule())
    driver = {
        "name": "tq migrate scan",
        "version": __version__,
        "rules": [_rule(each) for each in rules],
    }
    index = {rule.id: number for number, rule in enumerate(rules)}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(each, index[each.rule_id]) for each in report.findings],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1)


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "help": {"text": rule.advice},
        "defaultConfiguration": {"level": _LEVELS[rule.effort]},
        "properties": {"effort": rule.effort.name.lower()},
    }


def _result(finding: Finding, rule_index: int) -> dict[str, Any]:
    said = f"{finding.rule.title}: {finding.detail}" if finding.detail else finding.rule.title
    region: dict[str, Any] = {"startLine": finding.line, "startColumn": finding.column}
    if finding.code:
        region["snippet"] = {"text": finding.code}
    return {
        "ruleId": finding.rule_id,
        "ruleIndex": rule_index,
        "level": _LEVELS[RULES[finding.rule_id].effort],
        "message": {"text": f"{said}; {finding.rule.advice}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(finding.path)},
                    "region": region,
                }
            }
        ],
        "properties": {"needs": list(finding.traits)},
    }
