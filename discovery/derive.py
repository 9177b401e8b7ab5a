"""Write ``wire_types.py`` from the document: ``python -m discovery.derive``.

With ``--check`` nothing is written; a stale file is an error, shown as a diff.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from difflib import unified_diff
from pathlib import Path

from discovery.contract import Contract, Property, load

_TARGET = Path(__file__).with_name("wire_types.py")
_PYTHON_TYPES = {"string": "str", "integer": "int", "boolean": "bool"}
_BANNER = '''\
# Derived from taskqueue.{version}.json by `python -m discovery.derive`. Do not edit.
"""The bodies of the API as they stand in JSON: wire names, every member optional."""

from __future__ import annotations

from typing import TypedDict
'''


def main(arguments: Sequence[str] | None = None, *, target: Path = _TARGET) -> int:
    """Write or check *target*; the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m discovery.derive",
        description="Write discovery/wire_types.py from the discovery document.",
    )
    parser.add_argument("--check", action="store_true", help="fail if the file is stale")
    fresh = wire_types(load())
    if parser.parse_args(arguments).check:
        return _check(target, fresh)
    target.write_text(fresh, encoding="utf-8")
    return 0


def wire_types(contract: Contract) -> str:
    """The source of a module with one TypedDict for each object in the contract's schemas."""
    classes = [
        lines
        for schema in contract.schemas.values()
        for lines in _classes(schema.id, schema.properties)
    ]
    return "\n\n".join([_BANNER.format(version=contract.version), *classes])


def _check(target: Path, fresh: str) -> int:
    found = target.read_text(encoding="utf-8") if target.exists() else ""
    if found == fresh:
        return 0
    print(f"{target} is stale: run `python -m discovery.derive`", file=sys.stderr)
    diff = unified_diff(found.splitlines(), fresh.splitlines(), "found", "derived", lineterm="")
    print("\n".join(diff), file=sys.stderr)
    return 1


def _classes(name: str, properties: Mapping[str, Property]) -> Iterator[str]:
    """The class *name*, after those of the objects that are described inside it."""
    for each in properties.values():
        if each.properties:
            yield from _classes(_nested(name, each), each.properties)
    members = "".join(_member(name, each) for each in properties.values())
    yield f"class {name}(TypedDict, total=False):\n{members}"


def _member(owner: str, property: Property) -> str:
    remark = f"  # {property.format}" if property.format else ""
    return f"    {property.name}: {_annotation(owner, property)}{remark}\n"


def _annotation(owner: str, property: Property) -> str:
    if property.ref:
        return property.ref
    if property.items:
        return f"list[{_annotation(owner, property.items)}]"
    if property.properties:
        return _nested(owner, property)
    return _PYTHON_TYPES[property.type]


def _nested(owner: str, property: Property) -> str:
    return owner + property.name[0].upper() + property.name[1:]


if __name__ == "__main__":
    sys.exit(main())
