"""What queue.yaml and queue.xml have in common: a tree of texts, lists and keys, with lines.

``queue_yaml`` and ``queue_xml`` turn a file into this tree, and ``queue_files`` reads its meaning
out of it, so that each rule about queues stands in one place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

MOST_LEVELS = 12  # a valid file has six; a deeper one is a mistake or an attack


class Mistake(Exception):
    """What is wrong with the text, and where; ``read_queue_file`` adds the name of the file."""

    def __init__(self, line: int | None, problem: str) -> None:
        super().__init__(line, problem)
        self.line = line
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Text:
    """A single value; empty where the file has none."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    line: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Members:
    """Keys and their values, as often as the file has them."""

    line: int
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """One key and its value.

    Attributes:
        key: As YAML spells it: ``task_retry_limit``.
    """

    line: int
    key: str
    value: Node


Node: TypeAlias = Text | Items | Members
