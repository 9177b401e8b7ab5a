"""The text of a queue.xml as a tree.

The XML tree has fewer kinds of nodes than YAML's: that ``queue`` and ``acl`` are lists is known
here. Entities can only be declared in a DOCTYPE, and a DOCTYPE is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from reprlib import repr as shortened
from typing import NoReturn
from xml.parsers import expat

from discovery.queue_tree import MOST_LEVELS, Items, Member, Members, Mistake, Node, Text

_SPELLINGS = str.maketrans("-_", "_-")


def xml_spelling(key: str) -> str:
    """``task-retry-limit`` for ``task_retry_limit``, and the reverse.

    Swapping, rather than replacing one way, keeps a wrong ``<task_retry_limit>`` wrong.
    """
    return key.translate(_SPELLINGS)


def parse_xml(text: str) -> Node:
    """The tree of a document, its keys as YAML spells them; an empty text for an empty one.

    Raises:
        Mistake: The text is not XML, or not a list of queue entries.
    """
    if not text.strip():  # not XML, but an empty queue.yaml names no queues either
        return Text(1, "")
    root = _Builder().build(text)
    if root.name != "queue-entries":
        raise Mistake(root.line, f"the root element must be <queue-entries>, not <{root.name}>")
    children = _children(root)
    queues = tuple(_queue(child) for child in children if child.name == "queue")
    others = tuple(_member(child) for child in children if child.name != "queue")
    return Members(root.line, (*others, Member(root.line, "queue", Items(root.line, queues))))


def _queue(element: _Element) -> Node:
    children = _children(element)
    lists = [child for child in children if child.name == "acl"]
    members = [_member(child) for child in children if child.name != "acl"]
    if lists:
        entries = tuple(
            Members(entry.line, (_member(entry),)) for acl in lists for entry in _children(acl)
        )
        members.append(Member(lists[0].line, "acl", Items(lists[0].line, entries)))
    return Members(element.line, tuple(members))


def _member(element: _Element) -> Member:
    return Member(element.line, xml_spelling(element.name), _node(element))


def _node(element: _Element) -> Node:
    if not element.children:
        return Text(element.line, element.text.strip())
    return Members(element.line, tuple(map(_member, _children(element))))


def _children(element: _Element) -> list[_Element]:
    if text := element.text.strip():
        raise Mistake(
            element.line, f"<{element.name}> must hold elements, not the text {shortened(text)}"
        )
    return element.children


@dataclass(slots=True)
class _Element:
    name: str
    line: int
    children: list[_Element] = field(default_factory=list)
    text: str = ""


class _Builder:
    """Builds elements from expat's events, which know their lines."""

    def __init__(self) -> None:
        self._document = _Element("", 0)
        self._open = [self._document]
        # With a separator, expat gives "namespace name" and keeps xmlns out of the attributes.
        self._parser = expat.ParserCreate("utf-8", " ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._doctype

    def build(self, text: str) -> _Element:
        try:
            self._parser.Parse(text.encode(), True)
        except expat.ExpatError as error:
            raise Mistake(error.lineno, expat.ErrorString(error.code)) from None
        return self._document.children[0]

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        element = _Element(name.rpartition(" ")[2], self._parser.CurrentLineNumber)
        if len(self._open) > MOST_LEVELS:
            raise Mistake(element.line, "nested too deeply")
        # xsi:schemaLocation and its like mean nothing to us.
        if own := [attribute for attribute in attributes if " " not in attribute]:
            raise Mistake(
                element.line,
                f"<{element.name}> has an attribute, {own[0]}; write <{own[0]}> inside it instead",
            )
        self._open[-1].children.append(element)
        self._open.append(element)

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _characters(self, text: str) -> None:
        self._open[-1].text += text

    def _doctype(self, *_declaration: object) -> NoReturn:
        raise Mistake(self._parser.CurrentLineNumber, "a DOCTYPE is not allowed here; remove it")
