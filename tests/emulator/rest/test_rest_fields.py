"""Partial responses against a second, slower reading of the grammar: one set of paths."""

from __future__ import annotations

import re

from hypothesis import assume, given
from hypothesis import strategies as st

from discovery import contract
from emulator.rest import errors, fields

CONTRACT = contract.load("v1beta2")

# What each kind of answer has, written down once more: None is a plain value or a list of them.
TASK = dict.fromkeys(
    [
        "kind",
        "id",
        "queueName",
        "payloadBase64",
        "enqueueTimestamp",
        "leaseTimestamp",
        "retry_count",
        "tag",
    ]
)
QUEUE = {
    "kind": None,
    "id": None,
    "maxLeases": None,
    "stats": dict.fromkeys(["totalTasks", "oldestTask", "leasedLastMinute", "leasedLastHour"]),
    "acl": dict.fromkeys(["adminEmails", "consumerEmails", "producerEmails"]),
}
COLLECTION = {"kind": None, "items": TASK}
_PATH = "n(?:/n)*"
_LIST = f"{_PATH}(?:,{_PATH})*"
_GROUP = re.compile(rf"(?<![n/)]){_PATH}\({_LIST}\)(?=[,)]|$)")

ANSWERS = {"Task": TASK, "TaskQueue": QUEUE, "Tasks": COLLECTION, "Tasks2": COLLECTION}


def items(members):
    """Strategies for one item of a selection: (path, inner list or None)."""
    deep = {name: inner for name, inner in members.items() if inner}
    plain = st.sampled_from([*members, "*"]).map(lambda name: ([name], None))
    if not deep:
        return plain
    return plain | st.sampled_from(sorted(deep)).flatmap(
        lambda name: (
            items(deep[name]).map(lambda item: ([name, *item[0]], item[1]))
            | st.lists(items(deep[name]), min_size=1, max_size=4).map(lambda inner: ([name], inner))
            | st.lists(items(deep[name]), min_size=1, max_size=2).map(lambda inner: (["*"], inner))
        )
    )


def selections(members):
    return st.lists(items(members), min_size=1, max_size=5)


def spelled(selection, space=""):
    return f"{space},{space}".join(
        f"{space}/{space}".join(path) + (f"{space}({spelled(inner, space)})" if inner else "")
        for path, inner in selection
    )


def paths(selection):
    """All paths that a selection names, as tuples of names."""
    for path, inner in selection:
        if inner is None:
            yield tuple(path)
        else:
            yield from ((*path, *rest) for rest in paths(inner))


def reference(selection, value):
    return kept(set(paths(selection)), value)


def kept(wanted, value):
    if () in wanted:
        return value
    if isinstance(value, list):
        return [kept(wanted, each) for each in value]
    left = {}
    for name, each in value.items():
        below = {path[1:] for path in wanted if path[0] in (name, "*")}
        if () in below or (below and is_deep(each)):
            left[name] = kept(below, each)
    return left


def is_deep(value):
    return isinstance(value, dict) or (
        isinstance(value, list) and all(isinstance(each, dict) for each in value)
    )


def fits(selection, members):
    """Whether every path is one that an answer can have."""
    return all(leads_somewhere(path, members) for path in paths(selection))


def leads_somewhere(path, members):
    if not path:
        return True
    if members is None:
        return False
    name, *rest = path
    candidates = (
        list(members.values()) if name == "*" else [members[name]] if name in members else []
    )
    return any(leads_somewhere(rest, each) for each in candidates)


def answers(members):
    """Answers with some members unset; items and strings stand for what is in lists."""
    return st.fixed_dictionaries({}, optional={name: value(name, members) for name in members})


def value(name, members):
    inner = members[name]
    if name.endswith("Emails"):
        return st.lists(st.just("a@example.com"), min_size=1, max_size=2)
    if inner is None:
        return st.sampled_from(["text", "", 0, 1])
    if name == "items":
        return st.lists(answers(inner), min_size=1, max_size=3)
    return answers(inner)


kinds = st.sampled_from(sorted(ANSWERS))
cases = kinds.flatmap(
    lambda kind: st.tuples(st.just(kind), selections(ANSWERS[kind]), answers(ANSWERS[kind]))
)


@given(cases, st.sampled_from(["", " ", "\t ", "\n"]))
def test_what_is_left_is_what_the_paths_lead_to(case, space):
    kind, selection, answer = case
    assume(fits(selection, ANSWERS[kind]))

    mask = fields.mask(CONTRACT, kind, spelled(selection, space))

    assert fields.apply(mask, answer) == reference(selection, answer)


@given(cases)
def test_what_is_left_keeps_its_order_and_the_answer_is_not_touched(case):
    kind, selection, answer = case
    assume(fits(selection, ANSWERS[kind]))
    before = repr(answer)

    left = fields.apply(fields.mask(CONTRACT, kind, spelled(selection)), answer)

    assert list(left) == [name for name in answer if name in left]
    assert repr(answer) == before


@given(cases)
def test_the_order_and_the_repetition_of_items_do_not_matter(case):
    kind, selection, answer = case
    assume(fits(selection, ANSWERS[kind]))

    once = fields.mask(CONTRACT, kind, spelled(selection))
    again = fields.mask(CONTRACT, kind, spelled([*reversed(selection), *selection]))

    assert fields.apply(again, answer) == fields.apply(once, answer)


@given(cases)
def test_selecting_twice_is_selecting_once(case):
    kind, selection, answer = case
    assume(fits(selection, ANSWERS[kind]))
    mask = fields.mask(CONTRACT, kind, spelled(selection))

    once = fields.apply(mask, answer)

    assert fields.apply(mask, once) == once


@given(kinds, st.data())
def test_a_star_at_every_level_keeps_everything(kind, data):
    answer = data.draw(answers(ANSWERS[kind]))

    assert fields.apply(fields.mask(CONTRACT, kind, "*"), answer) == answer


@given(kinds.flatmap(lambda kind: st.tuples(st.just(kind), selections(names_at_random(2)))))
def test_a_selection_is_refused_exactly_if_a_path_leads_nowhere(case):
    kind, selection = case

    refusal = refused(kind, spelled(selection))

    assert (refusal is None) == fits(selection, ANSWERS[kind])


@given(kinds, st.text("ak*,/() é", max_size=12) | st.text(max_size=8))
def test_any_text_is_read_or_refused(kind, text):
    refusal = refused(kind, text)

    assert refusal is None or (refusal.status, refusal.reason) == (400, "invalidParameter")
    assert refusal is None or refusal.location == errors.Location("parameter", "fields")


@given(st.text("ik,/()*", max_size=10))
def test_exactly_the_grammar_is_read(text):
    assert is_read(text) == is_grammatical(text)


@given(cases, st.data())
def test_exactly_the_grammar_is_read_when_a_selection_is_spoilt(case, data):
    text = re.sub("[^,/()*]+", "i", spelled(case[1]))
    at = data.draw(st.integers(0, len(text)))
    spoilt = text[:at] + data.draw(st.sampled_from([*"i,/()", ""])) + text[at + 1 :]

    assert is_read(spoilt) == is_grammatical(spoilt)


def names_at_random(levels):
    """Names right and wrong, whatever the schema has."""
    below = names_at_random(levels - 1) if levels else None
    return dict.fromkeys(["id", "kind", "items", "stats", "acl", "totalTasks", "nothing"], below)


def refused(kind, text):
    try:
        fields.mask(CONTRACT, kind, text)
    except errors.WireError as refusal:
        return refusal
    return None


def is_read(text):
    try:
        fields._Selection(fields._TOKEN.findall(text), text).read()
    except errors.WireError:
        return False
    return True


def is_grammatical(text):
    """The grammar by rewriting: what has parentheses becomes a plain name, from within."""
    shrunk = re.sub("[ik*]+", "n", text)
    while (smaller := _GROUP.sub("n", shrunk)) != shrunk:
        shrunk = smaller
    return re.fullmatch(_LIST, shrunk) is not None
