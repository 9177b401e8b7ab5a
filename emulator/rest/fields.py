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
        tree = _Selection(tokens, selection).read()
        _check(contract, tree, contract.schemas[schema].properties, "")
    except RecursionError:
        raise errors.invalid_selection(f"{selection[:80]}...") from None
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

    def read(self) -> _Tree:
        tree = self._list()
        if self._tokens:
            raise errors.invalid_selection(self._text)
        return tree

    def _list(self) -> _Tree:
        tree: _Tree = {}
        while True:
            _graft(tree, *self._item())
            if self._peek() != ",":
                return tree
            self._tokens.pop()

    def _item(self) -> tuple[list[str], _Tree | None]:
        path = [self._name()]
        while self._peek() == "/":
            self._tokens.pop()
            path.append(self._name())
        if self._peek() != "(":
            return path, None
        self._tokens.pop()
        inner = self._list()
        if self._peek() != ")":
            raise errors.invalid_selection(self._text)
        self._tokens.pop()
        return path, inner

    def _name(self) -> str:
        if self._peek() in (None, ",", "/", "(", ")"):
            raise errors.invalid_selection(self._text)
        return self._tokens.pop()

    def _peek(self) -> str | None:
        return self._tokens[-1] if self._tokens else None


def _graft(tree: _Tree, path: list[str], leaf: _Tree | None) -> None:
    """Add one item; a member that is selected whole and in part stays whole."""
    branch = leaf
    for name in reversed(path[1:]):
        branch = {name: branch}
    name = path[0]
    tree[name] = _united(tree[name], branch) if name in tree else branch  # type: ignore[assignment]


def _united(one: Mask | None, other: Mask | None) -> Mask | None:
    if one is None or other is None:
        return None
    both = {**one, **other}
    for name in one.keys() & other.keys():
        both[name] = _united(one[name], other[name])
    return both


def _check(contract: Contract, tree: Mask, properties: Mapping[str, Property], path: str) -> None:
    """Refuse what no answer can have. Below a '*' one member that fits is enough."""
    for name, branch in tree.items():
        if name != "*":
            _check_member(contract, properties.get(name), branch, path + name)
        elif branch is not None and not any(
            _fits(contract, each, branch) for each in properties.values()
        ):
            raise errors.invalid_selection(f"{path}*/{next(iter(branch))}")


def _check_member(
    contract: Contract, property: Property | None, branch: Mask | None, path: str
) -> None:
    if property is None:
        raise errors.invalid_selection(path)
    if branch is not None:
        _check(contract, branch, _members(contract, property), f"{path}/")


def _fits(contract: Contract, property: Property, branch: Mask) -> bool:
    try:
        _check(contract, branch, _members(contract, property), "")
    except errors.WireError:
        return False
    return True


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
