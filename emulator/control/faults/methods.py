"""The methods of the resource ``faults``."""

from __future__ import annotations

from collections.abc import Sequence

from emulator.control.faults.book import Counted, FaultBook
from emulator.control.faults.presets import PRESETS, preset
from emulator.control.faults.reading import read_rule
from emulator.control.serving import Variables, listed, serving
from emulator.rest import errors
from emulator.rest.access import Caller
from emulator.rest.endpoint import Serve
from emulator.rest.messages import Request
from emulator.rest.parse import Arguments, Body
from emulator.rest.render import Members


def handlers(book: FaultBook) -> dict[str, Serve]:
    """The methods of the resource ``faults``, over *book*."""
    methods = _Methods(book)
    return {
        "emulator.faults.insert": methods.insert,
        "emulator.faults.list": methods.list,
        "emulator.faults.get": serving(methods.get),
        "emulator.faults.delete": serving(methods.delete),
        "emulator.faults.clear": methods.clear,
        "emulator.faults.preset": serving(methods.preset),
    }


class _Methods:
    def __init__(self, book: FaultBook) -> None:
        self._book = book

    def insert(
        self,
        caller: Caller,
        request: Request,
        variables: Variables,
        arguments: Arguments,
        body: Body | None,
    ) -> Members:
        [added] = self._book.add(read_rule(body))
        return _fault(added)

    def list(self, *_: object) -> Members:
        return _faults(self._book.rules())

    def get(self, variables: Variables, arguments: Arguments) -> Members:
        found = self._book.find(variables["fault"])
        if found is None:
            raise errors.unknown_fault(variables["fault"])
        return _fault(found)

    def delete(self, variables: Variables, arguments: Arguments) -> None:
        if not self._book.remove(variables["fault"]):
            raise errors.unknown_fault(variables["fault"])

    def clear(self, *_: object) -> None:
        self._book.clear()

    def preset(self, variables: Variables, arguments: Arguments) -> Members:
        rules = preset(variables["preset"], seed=arguments.get("seed", 0))
        if rules is None:
            raise errors.unknown_preset(variables["preset"], list(PRESETS))
        return _faults(self._book.add(*rules))


def _faults(rules: Sequence[Counted]) -> Members:
    return listed([_fault(each) for each in rules])


def _fault(counted: Counted) -> Members:
    return {
        "id": counted.id,
        **counted.rule.members,
        "fits": str(counted.fits),
        "hits": str(counted.hits),
    }
