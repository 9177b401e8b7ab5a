"""The one reader of Google's queue.yaml and queue.xml.

``queue_yaml`` and ``queue_xml`` parse the text, ``queue_definitions`` knows what it means; this is
the door, where every mistake becomes a QueueFileError.
"""

from __future__ import annotations

import os
from pathlib import Path

from discovery.queue_definitions import QueueDefinition, QueueFile, definitions
from discovery.queue_tree import Mistake, Node
from discovery.queue_xml import parse_xml, xml_spelling

__all__ = ["QueueDefinition", "QueueFile", "QueueFileError", "read_queue_file"]


def read_queue_file(path: str | os.PathLike[str]) -> QueueFile:
    """Read a queue file; its suffix, .yaml, .yml or .xml, says which format it has.

    Raises:
        QueueFileError: The file cannot be read, or says something that no queue can be.
    """
    shown = os.fspath(path)
    try:
        match Path(path).suffix.lower():
            case ".yaml" | ".yml":
                return definitions(_parse_yaml(_text(path)), path=shown, spell=str)
            case ".xml":
                return definitions(parse_xml(_text(path)), path=shown, spell=xml_spelling)
            case _:
                raise Mistake(None, "a queue file is called .yaml, .yml or .xml")
    except Mistake as mistake:
        raise QueueFileError(shown, mistake.line, mistake.problem) from None


class QueueFileError(ValueError):
    """A queue file that cannot be used; its text is one line for people.

    Attributes:
        path: As it was given.
        line: Where, if the mistake is in one place.
        problem: What is wrong, and what would be right.
    """

    def __init__(self, path: str, line: int | None, problem: str) -> None:
        super().__init__(path, line, problem)
        self.path = path
        self.line = line
        self.problem = problem

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{place}: {self.problem}"


def _parse_yaml(text: str) -> Node:
    try:
        from discovery.queue_yaml import parse_yaml  # PyYAML is optional
    except ModuleNotFoundError:
        raise Mistake(
            None, 'reading YAML needs PyYAML: pip install "taskqueue-sdk[emulator]"'
        ) from None
    return parse_yaml(text)


def _text(path: str | os.PathLike[str]) -> str:
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise Mistake(None, f"cannot be read: {error.strerror}") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Mistake(line, "not UTF-8: save the file in that encoding") from None
