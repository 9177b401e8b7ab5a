"""The text of a queue.yaml as a tree; the only module that needs PyYAML.

PyYAML composes nodes and builds no Python objects, so no tag in a file can run code.
"""

from __future__ import annotations

import yaml

from discovery.queue_tree import MOST_LEVELS, Items, Member, Members, Mistake, Node, Text

_NULL = "tag:yaml.org,2002:null"


def parse_yaml(text: str) -> Node:
    """The tree of a document; an empty text for an empty one.

    Raises:
        Mistake: The text is not YAML, or more than one document.
    """
    root = _compose(text)
    return _Trees().tree(root) if root is not None else Text(1, "")


def _compose(text: str) -> yaml.Node | None:
    try:
        root: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        raise _syntax_mistake(text, error) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise Mistake(line, f"YAML allows no character {chr(error.character)!r}") from None
    except RecursionError:
        raise Mistake(None, "nested too deeply") from None
    return root


def _syntax_mistake(text: str, error: yaml.MarkedYAMLError) -> Mistake:
    problem = ", ".join(filter(None, (error.context, error.problem)))
    if error.problem_mark is None:
        return Mistake(None, problem)
    line = error.problem_mark.line
    if "\t" in "".join(text.split("\n")[line : line + 1]):
        problem += "; YAML is indented with spaces, not tabs"
    return Mistake(line + 1, problem)


class _Trees:
    """Turns each node into a tree once, however many aliases lead to it."""

    def __init__(self) -> None:
        self._done: dict[int, Node] = {}

    def tree(self, node: yaml.Node, level: int = 1) -> Node:
        if level > MOST_LEVELS:  # also where an alias leads back to a node around it
            raise Mistake(_line(node), "nested too deeply")
        if id(node) not in self._done:
            self._done[id(node)] = self._converted(node, level)
        return self._done[id(node)]

    def _converted(self, node: yaml.Node, level: int) -> Node:
        if isinstance(node, yaml.ScalarNode):
            return Text(_line(node), "" if node.tag == _NULL else node.value)
        if isinstance(node, yaml.SequenceNode):
            return Items(_line(node), tuple(self.tree(item, level + 1) for item in node.value))
        members = (self._member(key, value, level + 1) for key, value in node.value)
        return Members(_line(node), tuple(members))

    def _member(self, key: yaml.Node, value: yaml.Node, level: int) -> Member:
        if not isinstance(key, yaml.ScalarNode):
            raise Mistake(_line(key), "a key must be a single word")
        return Member(_line(key), key.value, self.tree(value, level))


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1
