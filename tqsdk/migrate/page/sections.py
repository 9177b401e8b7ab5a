"""The parts of the page: what was found, what will change, what moved, what is proven."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tqsdk.migrate.bridge.counters import NAMES
from tqsdk.migrate.moving.comparison import TITLES
from tqsdk.migrate.page import charts
from tqsdk.migrate.page.charts import Part
from tqsdk.migrate.page.html import Markup, element, joined, table
from tqsdk.migrate.page.inputs import Members, Named

_EFFORTS = {
    "none": "nothing to do",
    "rewrite": "done by tq migrate rewrite",
    "small": "a plain change",
    "medium": "to be thought about",
    "large": "a part to be written anew",
}


def found(scan: Members) -> Markup:
    """The uses of the API in programs."""
    summary = scan["summary"]
    findings = scan["findings"]
    titles: dict[str, str] = {each["rule"]: each["title"] for each in findings}
    rules = [
        Part(f"{rule} {titles.get(rule, '')}", count) for rule, count in summary["by_rule"].items()
    ]
    rules.sort(key=lambda part: -part.count)
    efforts = [
        Part(str(_EFFORTS.get(effort, effort)), count, shade)
        for shade, (effort, count) in enumerate(summary["by_effort"].items())
    ]
    return _section(
        "What was found",
        element(
            "p",
            f"{summary['findings']:,} places in {summary['files']:,} files that were looked into,"
            f" about {summary['minutes']:,} minutes of work without planning and testing.",
        ),
        charts.stack("Places by effort", efforts),
        charts.bars("Places by rule", rules),
        table(
            ("where", "what", "effort", "what to do"),
            (
                (
                    _place(each),
                    f"{each['rule']} {each['title']}",
                    each["effort"],
                    joined((each["advice"], _detail(each))),
                )
                for each in findings
            ),
        ),
    )


def changes(scan: Members) -> Markup | None:
    """What the target lacks; None if no target was named."""
    target = scan.get("target")
    if target is None:
        return None
    if not target["lacks"]:
        return _section(
            "What will change", element("p", f"{target['name']} has all that is used here.")
        )
    return _section(
        "What will change",
        element("p", f"{target['name']} lacks some of what is used here."),
        table(
            ("what is used", "instead", "places"),
            (
                (each["title"], each["instead"], joined(_lines(each["places"])))
                for each in target["lacks"]
            ),
        ),
    )


def moved(moves: Sequence[Named]) -> Markup:
    """What became of the tasks."""
    parts: list[Markup] = []
    for each in moves:
        counts = each.members
        parts += (
            element("h3", each.name),
            charts.stack(
                f"What became of the tasks of {each.name}",
                [
                    Part("stored", counts["stored"], 0),
                    Part("there already", counts["there"], 1),
                    Part("refused", counts["refused"], 4),
                ],
            ),
        )
    return _section("What moved", *parts)


def proven(comparisons: Sequence[Named]) -> Markup:
    """What was compared, and where it differs."""
    parts: list[Markup] = []
    for each in comparisons:
        members = each.members
        parts += (
            element("h3", each.name, " ", verdict(members["same"], "the same", "different")),
            table(
                ("", "tasks", "SHA-256 of names, payloads and tags"),
                (
                    ("A", members["tasks_in_a"], element("code", members["sha256_of_a"])),
                    ("B", members["tasks_in_b"], element("code", members["sha256_of_b"])),
                ),
            ),
        )
        if members["differences"]:
            rows = members["differences"].items()
            parts.append(
                table(
                    ("difference", "tasks", "some of them"),
                    (
                        (TITLES.get(kind, kind), it["count"], joined(_lines(it["examples"])))
                        for kind, it in rows
                    ),
                )
            )
    return _section("What is proven", *parts)


def rehearsed(rehearsal: Members) -> Markup:
    """What came of a rehearsal."""
    counters = {name: count for name, count in rehearsal["counters"].items() if count}
    names = (
        ("seconds played", "seconds"),
        ("tasks inserted", "stored"),
        ("tasks worked", "worked"),
        ("tasks lost", "lost_count"),
        ("tasks worked more than once", "doubled_count"),
        ("left in the old queue", "left_old"),
        ("left in the new queue", "left_new"),
        ("faults of the servers", "faults"),
        ("calls that failed in the end", "refused"),
        ("deaths of consumers", "deaths"),
        ("leases that ended too early", "lost_leases"),
    )
    return _section(
        "What was rehearsed",
        element("p", verdict(rehearsal["good"], "nothing was lost", "tasks were lost")),
        table(("", "count"), ((what, rehearsal.get(name)) for what, name in names)),
        charts.bars(
            "What the bridges counted",
            [Part(name.replace("_", " "), count) for name, count in counters.items()],
        ),
        table(("counter", "what it counts"), ((name, NAMES.get(name, "")) for name in counters)),
    )


def verdict(good: bool, yes: str, no: str) -> Markup:
    """A word that shows from afar."""
    return element("strong", yes if good else no, class_="good" if good else "bad")


def _section(title: str, *contents: Markup) -> Markup:
    return element("section", element("h2", title), *contents)


def _place(finding: Members) -> Markup:
    where = f"{finding['path']}:{finding['line']}:{finding['column']}"
    code = element("code", finding["code"]) if finding.get("code") else ""
    return joined((element("span", where, class_="where"), code))


def _detail(finding: Members) -> Markup:
    return element("small", finding["detail"]) if finding.get("detail") else Markup()


def _lines(texts: Sequence[str]) -> Iterator[Markup]:
    for each in texts:
        yield element("div", each)
