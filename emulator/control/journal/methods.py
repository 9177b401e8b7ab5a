"""The methods of the resource ``journal``, and the life of a task."""

from __future__ import annotations

from collections.abc import Callable

from emulator.control.journal.record import MOST_ENTRIES
from emulator.control.journal.view import View
from emulator.control.serving import Variables, listed, serving
from emulator.engine.model import QueueId
from emulator.engine.names import check_queue_name, check_task_name
from emulator.rest import errors
from emulator.rest.endpoint import Serve, Slow
from emulator.rest.methods import read_project
from emulator.rest.parse import Arguments
from emulator.rest.render import Members

_PAGE = 100
_MOST_PER_PAGE = 1_000


def handlers(view: View) -> dict[str, Serve]:
    """The methods, by id. To read the journal takes long, so that is done in a thread."""
    journal = view.journal

    def list_(variables: Variables, arguments: Arguments) -> Members:
        most = _within("maxResults", arguments.get("maxResults", _PAGE), 1, _MOST_PER_PAGE)
        token = arguments.get("pageToken")
        before = None if token is None else _page_token(token)
        items, more = view.page(
            view.filter(arguments), after=arguments.get("after", 0), before=before, most=most
        )
        page: Members = {} if more is None else {"nextPageToken": str(more)}
        return {**listed(items), **page, "size": journal.size}

    def get(variables: Variables, arguments: Arguments) -> Members:
        wanted = variables["sequence"]
        entries = journal.entries()
        found = next((each for each in entries if str(each.sequence) == wanted), None)
        if found is None:
            kept = (entries[0].sequence, entries[-1].sequence) if entries else None
            raise errors.no_such_entry(wanted, kept)
        return view.members(found, bodies=True)

    def clear(variables: Variables, arguments: Arguments) -> None:
        journal.clear()

    def resize(variables: Variables, arguments: Arguments) -> Members:
        journal.resize(_within("size", arguments["size"], 0, MOST_ENTRIES))
        return {"size": journal.size}

    def life(variables: Variables, arguments: Arguments) -> Members:
        queue = QueueId(read_project(variables["project"])[1], variables["queue"])
        check_queue_name(queue.name)
        check_task_name(variables["task"])
        return listed(view.life(queue, variables["task"]))

    return {
        "emulator.journal.list": _slowly(list_),
        "emulator.journal.get": _slowly(get),
        "emulator.journal.clear": _slowly(clear),
        "emulator.journal.resize": _slowly(resize),
        "emulator.tasks.life": _slowly(life),
    }


def _slowly(serve: Callable[[Variables, Arguments], Members | None]) -> Serve:
    return serving(lambda variables, arguments: Slow(lambda: serve(variables, arguments)))


def _page_token(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        raise errors.invalid_page_token(text)
    return int(text)


def _within(name: str, value: int, low: int, high: int) -> int:
    if not low <= value <= high:
        raise errors.out_of_range(name, value, low=low, high=high)
    return value
