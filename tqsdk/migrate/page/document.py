"""The whole page: it loads nothing, so that it can be mailed, printed and kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tqsdk.migrate.page import sections
from tqsdk.migrate.page.html import Markup, element, joined
from tqsdk.migrate.page.inputs import Inputs
from tqsdk.version import __version__

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2330; --paper: #fff; --line: #d5dae2; --soft: #5b6577;
  --good: #1a7f47; --bad: #b3261e;
  --s0: #2f6fd0; --s1: #7aa7e8; --s2: #d99a26; --s3: #cf6a2c; --s4: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --paper: #14181f; --line: #343c49;
  --soft: #9aa5b6; --good: #5cc98a; --bad: #ff8a80;
  --s0: #6ea0ee; --s1: #a9c7f5; --s2: #e7b45a; --s3: #ea9460; --s4: #ff8a80; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2, h3 { line-height: 1.2; } h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); }
.soft, small { color: var(--soft); } small, td code { display: block; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 1rem; }
.tiles div { border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; }
.tiles b { display: block; font-size: 1.8rem; line-height: 1.2; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem;
  border-bottom: 1px solid var(--line); }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
code, .where { font: .85em/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
svg { width: 100%; height: auto; margin: 1rem 0; font: 13px system-ui, sans-serif; }
svg text { fill: var(--ink); } .good { color: var(--good); } .bad { color: var(--bad); }
.shade0 { fill: var(--s0); } .shade1 { fill: var(--s1); } .shade2 { fill: var(--s2); }
.shade3 { fill: var(--s3); } .shade4 { fill: var(--s4); }
@media print { :root { color-scheme: light; --ink: #000; --paper: #fff; --line: #999;
  --soft: #333; } body { max-width: none; margin: 0; font-size: 11px; }
  tr, svg, .tiles div { break-inside: avoid; } h2, h3 { break-after: avoid; }
  rect { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
"""


def render(inputs: Inputs, *, title: str, written_at: datetime) -> str:
    """The page, as HTML."""
    head = element(
        "head",
        Markup('<meta charset="utf-8">'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        element("title", title),
        element("style", Markup(_STYLE)),
    )
    when = written_at.strftime("%Y-%m-%d %H:%M UTC")
    body = element(
        "body",
        element("h1", title),
        element("p", f"Written {when} by tq {__version__}", class_="soft"),
        element("div", *_tiles(inputs), class_="tiles"),
        *_sections(inputs),
    )
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"


def _sections(inputs: Inputs) -> Iterator[Markup]:
    if inputs.scan is not None:
        yield sections.found(inputs.scan)
        changes = sections.changes(inputs.scan)
        if changes is not None:
            yield changes
    if inputs.rehearsal is not None:
        yield sections.rehearsed(inputs.rehearsal)
    if inputs.moves:
        yield sections.moved(inputs.moves)
    if inputs.comparisons:
        yield sections.proven(inputs.comparisons)


def _tiles(inputs: Inputs) -> Iterator[Markup]:
    if inputs.scan is not None:
        yield _tile(inputs.scan["summary"]["findings"], "places use the API")
        yield _tile(round(inputs.scan["summary"]["minutes"] / 60), "hours of work, about")
    if inputs.rehearsal is not None:
        yield _tile(inputs.rehearsal["lost_count"], "tasks lost in the rehearsal")
    if inputs.moves:
        counts = [each.members for each in inputs.moves]
        yield _tile(sum(each["stored"] + each["there"] for each in counts), "tasks moved")
        yield _tile(sum(each["refused"] for each in counts), "tasks refused")
    if inputs.comparisons:
        same = all(each.members["same"] for each in inputs.comparisons)
        yield _tile(sections.verdict(same, "the same", "different"), "old and new, compared")


def _tile(what: int | Markup, of: str) -> Markup:
    return element("div", joined((element("b", what), of)))
