"""Partial responses: the ``fields`` parameter (API.md 2.3).

::

    list := item (',' item)*      item := path | path '(' list ')'
    path := name ('/' name)*      a name may be '*'

A selection is read against the schema of the answer once, and then only applied.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeAlias

from discovery.contract import Contract, Property
from emulator.rest import errors

Mask: TypeAlias = Mapping[str, "Mask | None"]
"""What to keep of an object, by member; None keeps a member whole, '*' stands for the others."""

_TOKEN = re.compile(r"[^,/()\s]+|[,/()]")
_MOST_CHARACTERS = 2_000
_MOST_REMEMBERED = 256

_Tree: TypeAlias = "dict[str, _Tree | None]"
_Path: TypeAlias = tuple[str, ...]


def everything(contract: Contract, schema: str) -> Mask:
    """The mask that keeps what *schema* has, and nothing that only a later version has."""
    return _whole(contract, contract.schemas[schema].properties)


def reader(contract: Contract, schema: str) -> Callable[[str], Mask]:
    """The function that reads selections of *schema*'s members, and remembers the last few.

    The function raises WireError for a selection that is malformed, or names what is not there.
    """
    return lru_cache(_MOST_REMEMBERED)(lambda selection: mask(contract, schema, selection))


def mask(contract: Contract, schema: str, selection: str) -> Mask:
    """Read a selection of *schema*'s members.

    Raises:
        WireError: Its syntax is wrong, or it names what the schema does not have.
    """
    if len(selection) > _MOST_CHARACTERS:
        raise errors.invalid_selection(f"{selection[:80]}...")
    tokens = _TOKEN.findall(selection)
    if "".join(tokens) != "".join(selection.split()):
        raise errors.invalid_selection(selection)
    try:
        paths = _Selection(tokens, selection).read()
    except RecursionError:
        raise errors.invalid_selection(f"{selection[:80]}...") from None
    tree: _Tree = {}
    for path in paths:
        _check(contract, path, contract.schemas[schema].properties)
        _graft(tree, path)
    return tree


def apply(keep: Mask, members: Mapping[str, Any]) -> dict[str, Any]:
    """What *keep* leaves of an object; arrays are masked element by element."""
    return {
        name: _masked(branch, value)
        for name, value in members.items()
        for branch in _branches(keep, name)
        if branch is None or isinstance(value, (dict, list))
    }


def _branches(keep: Mask, name: str) -> Iterator[Mask | None]:
    """The mask of one member, once; nothing if it is not kept."""
    if name in keep and "*" in keep:
        yield _united(keep[name], keep["*"])
    elif name in keep:
        yield keep[name]
    elif "*" in keep:
        yield keep["*"]


def _masked(branch: Mask | None, value: Any) -> Any:
    if branch is None:
        return value
    if isinstance(value, list):
        return [_masked(branch, each) for each in value]
    return apply(branch, value)


class _Selection:
    """A recursive-descent reader over the tokens of one selection."""

    def __init__(self, tokens: list[str], text: str) -> None:
        self._tokens = tokens[::-1]
        self._text = text

    def read(self) -> list[_Path]:
        """The paths from the top to each member that is selected."""
        paths = self._list()
        if self._tokens:
            raise errors.invalid_selection(self._text)
        return paths

    def _list(self) -> list[_Path]:
        paths = self._item()
        while self._took(","):
            paths += self._item()
        return paths

    def _item(self) -> list[_Path]:
        path = [self._name()]
        while self._took("/"):
            path.append(self._name())
        if not self._took("("):
            return [tuple(path)]
        inner = self._list()
        if not self._took(")"):
            raise errors.invalid_selection(self._text)
        return [(*path, *each) for each in inner]

    def _name(self) -> str:
        if not self._tokens or self._tokens[-1] in ",/()":
            raise errors.invalid_selection(self._text)
        return self._tokens.pop()

    def _took(self, token: str) -> bool:
        if self._tokens and self._tokens[-1] == token:
            self._tokens.pop()
            return True
        return False


def _check(contract: Contract, path: _Path, properties: Mapping[str, Property]) -> None:
    """Refuse a path that leads nowhere. Below a '*' it is enough to fit one of the members."""
    here = [properties]
    for at, name in enumerate(path):
        found = [
            each[one] for each in here for one in (each if name == "*" else [name]) if one in each
        ]
        if not found:
            raise errors.invalid_selection("/".join(path[: at + 1]))
        here = [_members(contract, each) for each in found]


def _graft(tree: _Tree, path: _Path) -> None:
    """Add one path; a member that is selected whole and in part stays whole."""
    for name in path[:-1]:
        branch = tree.setdefault(name, {})
        if branch is None:
            return
        tree = branch
    tree[path[-1]] = None


def _united(one: Mask | None, other: Mask | None) -> Mask | None:
    if one is None or other is None:
        return None
    both = {**one, **other}
    for name in one.keys() & other.keys():
        both[name] = _united(one[name], other[name])
    return both


def _members(contract: Contract, property: Property) -> Mapping[str, Property]:
    """The members of an object, or of the objects in an array; none for a plain value."""
    described = property.items or property
    if described.ref:
        return contract.schemas[described.ref].properties
    return described.properties


def _whole(contract: Contract, properties: Mapping[str, Property]) -> Mask:
    return {
        name: _whole(contract, inner) if (inner := _members(contract, each)) else None
        for name, each in properties.items()
    }
