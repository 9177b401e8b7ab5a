"""``google.appengine.api.taskqueue``: its pull queues, and not its push queues.

Things: a ``queue``, a ``pull`` task or ``push`` task to be added, what was ``leased``, and the
``rpc`` of a call that is made meanwhile.
"""

from __future__ import annotations

from tqsdk.migrate import syntax
from tqsdk.migrate.look import Look
from tqsdk.migrate.program import Condition, Program
from tqsdk.migrate.syntax import Expression
from tqsdk.migrate.values import (
    NOTHING,
    Kept,
    Plain,
    Symbol,
    Thing,
    Value,
    Values,
    kinds,
    texts,
    things,
)

_LIBRARY = "google.appengine.api.taskqueue"
_BY = "appengine"
_LONG_LEASE = 600  # seconds; what Pub/Sub allows

# What only pull queues have.
_PULL_METHODS = {"lease_tasks", "lease_tasks_by_tag", "modify_task_lease"}
# What both kinds have.
_SHARED_METHODS = {
    "delete_tasks": "TQM110",
    "delete_tasks_by_name": "TQM111",
    "fetch_statistics": "TQM112",
    "purge": "TQM113",
}
_TRAITS = {
    "delete_tasks": ("delete-without-lease",),
    "delete_tasks_by_name": ("delete-without-lease",),
    "fetch_statistics": ("stats",),
    "purge": ("purge",),
}


def uses_pull(program: Program) -> bool:
    """Whether the file certainly uses pull queues."""
    return "pull" in program.facts


class AppEngine:
    """What is known of App Engine's task queues."""

    def attribute(self, of: Thing, name: str) -> Values | None:
        """A method of a queue, or what a leased task has."""
        if of.by != _BY:
            return None
        if of.kind == "queue":
            return frozenset({Thing(f"queue.{name}", of.of, _BY)})
        if of.kind == "rpc" and name in ("get_result", "check_success", "wait"):
            return frozenset({Thing(f"rpc.{name}", of.of, _BY)})
        if of.kind in ("leased", "pull", "push") and name == "extract_params":
            return frozenset({Thing(f"{of.kind}.extract_params", of.of, _BY)})
        return None

    def item(self, of: Thing, key: str | None) -> Values | None:
        """One of the tasks that were leased."""
        return frozenset({of}) if of.kind == "leased" and key is None else None

    def iterated(self, of: Thing) -> Values | None:
        """Each of the tasks that were leased."""
        return frozenset({of}) if of.kind == "leased" else None

    def imported(self, look: Look, statement: syntax.Import, path: str) -> None:
        """The import of the library, where it is for pull queues."""
        if path == _LIBRARY or path.startswith(f"{_LIBRARY}."):
            look.fact("appengine")
            look.see("TQM101", statement, condition=uses_pull)

    def text(self, look: Look, constant: syntax.Constant) -> None:
        """Nothing is known of texts."""

    def read(self, look: Look, item: Expression, of: Values, key: str) -> None:
        """Tasks have attributes, not members."""

    def caught(self, look: Look, catch: syntax.Catch, kind: Values, uses: bool) -> None:
        """Errors of the library, and those of the calls under it."""
        assert catch.kinds is not None
        several = [each for kept in kinds(kind, Kept) for each in kept.members.get("", NOTHING)]
        paths = [each.path for each in (*kind, *several) if isinstance(each, Symbol)]
        ours = any(path.startswith(f"{_LIBRARY}.") for path in paths)
        below = any(path.startswith("google.appengine.runtime.apiproxy_errors") for path in paths)
        if ours or (below and uses):
            look.see("TQM115", catch.kinds, condition=uses_pull)

    def called(self, look: Look, function: Values, call: syntax.Call) -> Values | None:
        """A call of the library, with what is to be seen of it."""
        for symbol in kinds(function, Symbol):
            if symbol.path.startswith(f"{_LIBRARY}."):
                return self._symbol(look, symbol.path.removeprefix(f"{_LIBRARY}."), call)
        for thing in kinds(function, Thing):
            if thing.by == _BY:
                return self._thing(look, thing, call)
        return self._by_shape(look, call) if not function else None

    def _symbol(self, look: Look, name: str, call: syntax.Call) -> Values | None:
        if name == "Queue":
            of = next(iter(texts(_value(look, call, 0, "name"))), "")
            look.see("TQM102", call, condition=_is_pull(look, of))
            return frozenset({Thing("queue", of, _BY)})
        if name == "Task":
            return self._task(look, call)
        if name in ("add", "add_async"):
            queue = next(iter(texts(_value(look, call, 1, "queue_name"))), "")
            return self._add(look, name, queue, call)
        if name == "create_rpc":
            look.see("TQM114", call, condition=uses_pull)
            return frozenset({Thing("rpc", "", _BY)})
        if name.startswith("QueueStatistics.fetch"):
            return self._shared(look, "fetch_statistics", "", call)
        return None

    def _thing(self, look: Look, thing: Thing, call: syntax.Call) -> Values | None:
        kind, _, method = thing.kind.partition(".")
        if kind == "queue" and method:
            return self._of_queue(look, method, thing.of, call)
        if kind == "rpc" and method == "get_result":
            look.see("TQM114", call, condition=uses_pull)
            return frozenset({Thing("leased", thing.of, _BY)})
        if kind in ("leased", "pull") and method == "extract_params":
            look.see("TQM116", call)
        return None

    def _of_queue(self, look: Look, method: str, queue: str, call: syntax.Call) -> Values | None:
        plain = method.removesuffix("_async")
        if plain in _PULL_METHODS:
            return self._pull(look, method, queue, call)
        if plain == "add":
            return self._add(look, method, queue, call)
        if plain in _SHARED_METHODS:
            self._shared(look, plain, queue, call)
            return _outcome(method, queue)
        return None

    def _pull(self, look: Look, method: str, queue: str, call: syntax.Call) -> Values:
        look.fact("pull")
        if queue:
            look.knowledge.pull.add(queue)
        plain = method.removesuffix("_async")
        if plain == "modify_task_lease":
            seconds = _value(look, call, 1, "lease_seconds")
            rule = "TQM109" if Plain(0) in seconds else "TQM108"
            look.see(rule, call, "lease", *_long(seconds))
            return NOTHING
        seconds = _value(look, call, 0, "lease_seconds")
        traits = ["lease", *_long(seconds)]
        rule = "TQM105"
        if plain == "lease_tasks_by_tag":
            rule = "TQM106"
            tag = _argument(call, 2, "tag")
            none = tag is None or Plain(None) in look.program.values.get(id(tag), NOTHING)
            traits.append("group-by-tag" if none else "lease-by-tag")
        if Plain(0) in seconds:
            rule = "TQM107"
            traits.append("peek")
        look.see(rule, call, *traits)
        return _outcome(method, queue)

    def _task(self, look: Look, call: syntax.Call) -> Values:
        if Plain("PULL") not in _upper(_value(look, call, None, "method")):
            return frozenset({Thing("push", "", _BY)})
        look.fact("pull")
        look.see("TQM103", call, *_traits_of_task(call))
        return frozenset({Thing("pull", "", _BY)})

    def _add(self, look: Look, method: str, queue: str, call: syntax.Call) -> Values:
        """``add`` of a queue with tasks, or of the library with what a task is made of."""
        given = [look.program.values.get(id(each), NOTHING) for each in call.positional]
        given += [_value(look, call, None, "task")]
        inside = [each.members.get("", NOTHING) for values in given for each in kinds(values, Kept)]
        tasks = NOTHING.union(*given, *inside)
        pull = things(tasks, "pull", "leased")
        pull_by_method = Plain("PULL") in _upper(_value(look, call, None, "method"))
        traits = [*_traits_of_task(call)] if pull_by_method else []
        if Plain(True) in _value(look, call, 1, "transactional"):
            traits.append("transactional")
        rule = "TQM117" if "transactional" in traits else "TQM104"
        if pull or pull_by_method:
            look.fact("pull")
            if queue:
                look.knowledge.pull.add(queue)
            look.see(rule, call, *traits)
        elif things(tasks, "push") or {"url", "params"} & call.keywords.keys():
            if queue:
                look.knowledge.push.add(queue)
        elif call.function and not isinstance(call.function, syntax.Name):
            look.see(rule, call, *traits, condition=_is_pull(look, queue))
        return frozenset({Thing("rpc", queue, _BY)}) if method.endswith("_async") else NOTHING

    def _shared(self, look: Look, method: str, queue: str, call: syntax.Call) -> Values:
        known = _is_pull(look, queue)
        look.see(_SHARED_METHODS[method], call, *_TRAITS[method], condition=known)
        if not queue or queue not in look.knowledge.push:
            look.see(
                "TQM118",
                call,
                condition=lambda program: not known(program) and queue not in look.knowledge.push,
            )
        return NOTHING

    def _by_shape(self, look: Look, call: syntax.Call) -> Values | None:
        """A call on something unknown that can only be a pull queue of App Engine's."""
        method = call.function
        if not isinstance(method, syntax.Attribute):
            return None
        plain = method.name.removesuffix("_async")
        if plain not in _PULL_METHODS:
            return None
        # Cloud Tasks had a lease_tasks, too, with a parent.
        seconds = {"lease_seconds"} & call.keywords.keys() or len(call.positional) >= 2
        if "appengine" in look.program.facts or (seconds and "parent" not in call.keywords):
            return self._pull(look, method.name, "", call)
        return None


def _outcome(method: str, queue: str) -> Values:
    kind = "rpc" if method.endswith("_async") else "leased"
    return frozenset({Thing(kind, queue, _BY)})


def _is_pull(look: Look, queue: str) -> Condition:
    """Whether *queue*, or what uses it where its name is not known, is a pull queue."""

    def condition(program: Program) -> bool:
        if queue in look.knowledge.pull:
            return True
        return queue not in look.knowledge.push and uses_pull(program)

    return condition


def _argument(call: syntax.Call, number: int | None, name: str) -> Expression | None:
    if name in call.keywords:
        return call.keywords[name]
    if number is not None and len(call.positional) > number:
        return call.positional[number]
    return None


def _value(look: Look, call: syntax.Call, number: int | None, name: str) -> Values:
    argument = _argument(call, number, name)
    if argument is not None:
        return look.program.values.get(id(argument), NOTHING)
    return NOTHING.union(
        *(
            kept.members.get(name, NOTHING)
            for part in call.parts
            for kept in kinds(look.program.values.get(id(part), NOTHING), Kept)
        )
    )


def _upper(values: Values) -> set[Value]:
    return {Plain(each.upper()) for each in texts(values)}


def _long(seconds: Values) -> list[str]:
    numbers = [each.value for each in kinds(seconds, Plain)]
    is_long = any(isinstance(each, int | float) and each > _LONG_LEASE for each in numbers)
    return ["long-lease"] if is_long else []


def _traits_of_task(call: syntax.Call) -> list[str]:
    named = ["named"] if "name" in call.keywords else []
    return [*named, "eta"] if {"countdown", "eta"} & call.keywords.keys() else named
