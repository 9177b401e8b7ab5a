"""What a scan gives."""

from __future__ import annotations

from dataclasses import dataclass

from tqsdk.migrate.rules import RULES, Effort, Rule
from tqsdk.migrate.targets import TRAITS, Trait, lacks


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class Finding:
    """A place where the API is used.

    Attributes:
        path: As the scan was asked for it, with slashes.
        line: From 1.
        column: From 1.
        rule_id: What it is.
        code: The line.
        detail: What else is known of it.
        traits: What the program needs there, by id.
    """

    path: str
    line: int
    column: int
    rule_id: str
    code: str = ""
    detail: str = ""
    traits: tuple[str, ...] = ()

    @property
    def rule(self) -> Rule:
        return RULES[self.rule_id]

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Report:
    """All that a scan has found.

    Attributes:
        findings: By file, line and column.
        files: How many files were looked into.
    """

    findings: tuple[Finding, ...]
    files: int

    def minutes(self) -> int:
        """How long it takes, by the effort of the rules."""
        return sum(each.rule.effort.value for each in self.findings)

    def by_effort(self) -> dict[Effort, int]:
        """How many places there are of each effort; those of which there are none are left out."""
        counts = dict.fromkeys(Effort, 0)
        for each in self.findings:
            counts[each.rule.effort] += 1
        return {effort: count for effort, count in counts.items() if count}

    def by_rule(self) -> dict[Rule, int]:
        """How many places there are of each rule."""
        counts: dict[str, int] = {}
        for each in self.findings:
            counts[each.rule_id] = counts.get(each.rule_id, 0) + 1
        return {RULES[each]: counts[each] for each in sorted(counts)}

    def lacking(self, target: str) -> list[tuple[Trait, list[Finding]]]:
        """What *target* lacks of what is used, and where it is."""
        used = [
            (trait, [each for each in self.findings if trait.id in each.traits])
            for trait in lacks(target)
        ]
        return [(trait, places) for trait, places in used if places]


def known_traits(names: frozenset[str]) -> tuple[str, ...]:
    """Those of *names* that some target lacks, in the order of the table."""
    return tuple(each for each in TRAITS if each in names)
