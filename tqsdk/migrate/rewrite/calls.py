"""The eight methods: from Google's arguments and dicts to those of ``Queue`` and ``Lease``."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence

import libcst as cst

from tqsdk.migrate import syntax
from tqsdk.migrate.rewrite import imports
from tqsdk.migrate.rewrite.edits import Edits, comments_in
from tqsdk.migrate.rewrite.reading import Reading
from tqsdk.migrate.values import Plain, Thing, texts, things

_LEASING = {"numTasks": "max_tasks", "leaseSecs": "seconds", "tag": "tag", "groupByTag": ""}
_ENCODE = {"base64.b64encode", "base64.urlsafe_b64encode", "base64.standard_b64encode"}
_DECODE = {"base64.b64decode", "base64.urlsafe_b64decode", "base64.standard_b64decode"}
_HTTP_ERROR = "googleapiclient.errors.HttpError"


class Unclear(Exception):
    """What cannot be rewritten for certain.

    Attributes:
        node: Where, if it is not where the change was tried.
        rule: Likewise.
    """

    def __init__(self, why: str = "", *, node: cst.CSTNode | None = None, rule: str = "") -> None:
        super().__init__(why)
        self.node = node
        self.rule = rule


class Calls:
    """What the calls of one program become.

    Attributes:
        settled: Nodes that go with something that is changed as a whole.
        needed: What has to be imported: module and name.
    """

    def __init__(self, reading: Reading, edits: Edits) -> None:
        self._reading = reading
        self._edits = edits
        self.settled: set[cst.CSTNode] = set()
        self.needed: set[tuple[str, str]] = set()

    def method(self, node: cst.Call, method: str) -> None:
        """A call that makes a request: it is made and executed at once, or kept for later."""
        name = method.removeprefix("tasks.")
        if name in ("update", "patch"):
            self._renewal(node)
            return
        new = self._call_of_queue(node, method)
        if (execute := self._executed(node)) is not None:
            self._edits.replaced[execute] = new
            self.settled |= {execute.func, node}
            return
        self.needed.add(("functools", "partial"))
        self._edits.replaced[node] = call(cst.Name("partial"), argument("", new.func), *new.args)

    def execute(self, node: cst.Call, request: cst.BaseExpression, method: str) -> None:
        """``request.execute()``; the request is a function now."""
        for each in node.args:
            if each.keyword is None or each.keyword.value != "num_retries":
                raise Unclear("what is given to `execute` is an affair of the client now")
        if node not in self._edits.replaced and node not in self.settled:
            made_here = isinstance(request, cst.Call) and self._method_of(request)
            if not made_here:
                self._edits.replaced[node] = call(request)

    def payload_read(self, node: cst.BaseExpression, task: cst.BaseExpression) -> None:
        """A payload is read: its base64 has to go where it is decoded."""
        outer = node
        parent = self._reading.parents[outer]
        while True:
            match parent:
                case cst.Attribute(attr=cst.Name("encode" | "decode")) if parent.value is outer:
                    outer = _expression(self._reading.parents[parent])
                case cst.Arg(star="") if isinstance(
                    call := self._reading.parents[parent], cst.Call
                ):
                    symbols = self._reading.symbols(call.func)
                    if symbols & _DECODE and call.args[0] is parent:
                        self._edits.replaced[call] = attribute(task, "payload")
                        self.settled.add(node)
                        return
                    if symbols & {"builtins.str", "builtins.bytes"}:
                        outer = call
                    else:
                        break
                case _:
                    break
            parent = self._reading.parents[outer]
        raise Unclear("a payload is bytes, and is no longer base64 here")

    def handler(self, node: object) -> None:
        """``except HttpError as error``, of which nothing but the status is asked."""
        if not isinstance(node, cst.Name) or self._reading.symbols(node) != {_HTTP_ERROR}:
            raise Unclear("errors are those of tqsdk.errors")
        if "another" in self._reading.program.facts:
            raise Unclear("errors of another API may be caught here, too")
        catch = self._reading.parents[node]
        assert isinstance(catch, cst.ExceptHandler)
        bound = catch.name.name if catch.name else None
        if isinstance(bound, cst.Name):
            for use in _names(catch.body, bound.value):
                self._status(use)
        self._edits.replaced[node] = cst.Name("ApiError")
        self.needed.add(("tqsdk", "ApiError"))

    def _status(self, error: cst.Name) -> None:
        """``error.resp.status``."""
        parents = self._reading.parents
        first = parents[error]
        second = parents.get(first)
        if isinstance(first, cst.Attribute) and first.attr.value == "status_code":
            self._edits.replaced[first] = attribute(error, "status")
            return
        is_status = isinstance(second, cst.Attribute) and second.attr.value == "status"
        if not (isinstance(first, cst.Attribute) and first.attr.value == "resp" and is_status):
            raise Unclear("an error of tqsdk has `status`, `reason` and `code`", node=error)
        assert second is not None
        self._edits.replaced[second] = attribute(error, "status")

    def is_foreign_error(self, node: cst.CSTNode) -> bool:
        """Whether *node* is Google's error, where that is not replaced."""
        return (
            isinstance(node, cst.Name)
            and node not in self._edits.replaced
            and self._reading.symbols(node) == {_HTTP_ERROR}
        )

    def expects_missing(self, node: cst.CSTNode) -> bool:
        """Whether a KeyError is caught around *node*."""
        while not isinstance(node, cst.FunctionDef | cst.Module):
            outer = self._reading.parents[node]
            if isinstance(outer, cst.Try) and outer.body is node:
                caught = {
                    each.value for handler in outer.handlers for each in _all_names(handler.type)
                }
                if caught & {"KeyError", "LookupError"}:
                    return True
            node = outer
        return False

    def is_plain_http(self, node: cst.BaseExpression) -> bool:
        """Whether *node* is an ``httplib2.Http`` as it is made, without credentials."""
        if isinstance(node, cst.Name):
            values = [
                self._assigned(each)
                for each in imports.uses(self._reading.module, node.value)
                if self._assigned(each) is not None
            ]
            return len(values) == 1 and values[0] is not None and self.is_plain_http(values[0])
        return isinstance(node, cst.Call) and self._reading.symbols(node.func) == {"httplib2.Http"}

    def _assigned(self, name: cst.CSTNode) -> cst.BaseExpression | None:
        """The value, if *name* is the only target of an assignment."""
        target = self._reading.parents[name]
        if not isinstance(target, cst.AssignTarget):
            return None
        statement = self._reading.parents[target]
        assert isinstance(statement, cst.Assign)
        return statement.value if len(statement.targets) == 1 else None

    def _executed(self, node: cst.Call) -> cst.Call | None:
        """The ``.execute()`` of a request, right behind it."""
        step = self._reading.parents[node]
        if not isinstance(step, cst.Attribute) or step.attr.value != "execute":
            return None
        outer = self._reading.parents[step]
        return outer if isinstance(outer, cst.Call) and outer.func is step else None

    def _method_of(self, node: cst.Call) -> bool:
        thing = self._reading.thing(node.func)
        return thing is not None and thing.kind == "method"

    # Arguments

    def _call_of_queue(self, node: cst.Call, method: str) -> cst.Call:
        given = _arguments(node)
        assert isinstance(node.func, cst.Attribute)
        queue = call(attribute(node.func.value, "queue"), argument("", _needed(given, "taskqueue")))
        match method:
            case "tasks.lease":
                return self._lease(node, queue, given)
            case "tasks.insert":
                _only(given, {"body"})
                return call(attribute(queue, "insert"), *self._body(node, _needed(given, "body")))
            case "tasks.get" | "tasks.delete":
                _only(given, {"task"})
                name = attribute(queue, method.removeprefix("tasks."))
                return call(name, argument("", _needed(given, "task")))
            case "tasks.list":
                _only(given, set())
                return call(attribute(queue, "list"))
            case _:
                _only(given, {"getStats"})
                wanted = "getStats" in given and self._is(given["getStats"], True)
                if "getStats" in given and not wanted and not self._is(given["getStats"], False):
                    raise Unclear("whether figures are wanted is known only when it runs")
                return call(attribute(queue, "stats" if wanted else "info"))

    def _lease(
        self, node: cst.Call, queue: cst.BaseExpression, given: Mapping[str, cst.BaseExpression]
    ) -> cst.Call:
        _only(given, set(_LEASING))
        _needed(given, "numTasks")
        _needed(given, "leaseSecs")
        grouped = "groupByTag" in given and self._is(given["groupByTag"], True)
        if "groupByTag" in given and not grouped and not self._is(given["groupByTag"], False):
            raise Unclear("whether tasks are grouped by tag is known only when it runs")
        if "tag" in given and not grouped:
            raise Unclear("`tag` without `groupByTag` was refused by the service")
        kept: list[cst.Arg] = []
        for each in node.args:
            name = each.keyword.value if each.keyword else ""
            if name == "groupByTag" and grouped and "tag" not in given:
                kept.append(each.with_changes(keyword=cst.Name("group_by_tag")))
            elif _LEASING.get(name):
                kept.append(each.with_changes(keyword=cst.Name(_LEASING[name])))
        kept[-1] = kept[-1].with_changes(comma=node.args[-1].comma)
        # The line breaks of before, as they stood between and around the arguments.
        return cst.Call(
            attribute(queue, "lease"),
            kept,
            whitespace_before_args=node.whitespace_before_args,
        )

    def _is(self, node: cst.BaseExpression, value: bool) -> bool:
        return self._reading.values(node) == frozenset({Plain(value)})

    def _renewal(self, node: cst.Call) -> None:
        given = _arguments(node)
        _only(given, {"task", "newLeaseSeconds", "body"})
        execute = self._executed(node)
        task = _needed(given, "task")
        seconds = _needed(given, "newLeaseSeconds")
        lease = task.value if isinstance(task, cst.Subscript) else None
        thing = self._reading.thing(lease) if lease is not None else None
        member = [each.of for each in self._things(task)]
        of_lease = {"tasks.lease.id", "tasks.update.id", "tasks.patch.id"}
        if lease is None or thing is None or not member or not set(member) <= of_lease:
            raise Unclear("only a lease that is at hand can be renewed")
        if execute is None:
            raise Unclear("a renewal that is executed later")
        self._forget_body(given.get("body"), lease)
        if self._is_zero(seconds):
            new = call(attribute(lease, "release"))
        else:
            new = call(attribute(lease, "renew"), argument("", seconds))
        statement = self._reading.parents[execute]
        if isinstance(statement, cst.Assign):
            self._renewed(statement, lease)
            self._edits.rewritten[statement] = cst.Expr(new)
        elif not isinstance(statement, cst.Expr):
            raise Unclear("`renew` changes the lease itself, and returns nothing")
        self._edits.replaced[execute] = new
        self.settled |= {execute, execute.func, node}

    def _renewed(self, statement: cst.Assign, lease: cst.BaseExpression) -> None:
        target = statement.targets[0].target
        if len(statement.targets) > 1 or not target.deep_equals(lease):
            raise Unclear("`renew` changes the lease itself, and returns nothing")
        self.settled.add(target)

    def _forget_body(self, body: cst.BaseExpression | None, lease: cst.BaseExpression) -> None:
        """The body of a renewal is the task; or it says once more what the lease knows."""
        if body is None or body.deep_equals(lease):
            if body is not None:
                self.settled.add(body)
            return
        if not isinstance(body, cst.Dict):
            raise Unclear("a renewal with a body from elsewhere")

    def _is_zero(self, node: cst.BaseExpression) -> bool:
        return self._reading.values(node) == frozenset({Plain(0)})

    def _things(self, node: cst.CSTNode) -> list[Thing]:
        return things(self._reading.values(node), "member")

    # The body of an insert

    def _body(self, node: cst.Call, body: cst.BaseExpression) -> list[cst.Arg]:
        if isinstance(body, cst.Name):
            body = self._only_value(body, "the task is put together in several places")
            statement = self._reading.statement(body)
            if not self._reading.is_next(statement, self._reading.statement(node)):
                raise Unclear("the task is put together in another place")
            self._edits.removed.add(statement)
            self._edits.moved[node] = comments_in(self._reading.parents[statement])
        if not isinstance(body, cst.Dict):
            raise Unclear("the task is put together elsewhere")
        record = self._reading.expressions[body]
        assert isinstance(record, syntax.Record)
        if record.parts:
            raise Unclear("the task has members that are not known here")
        members = {name: _expression(each.origin) for name, each in record.members.items()}
        return list(self._arguments_of_task(members))

    def _arguments_of_task(self, members: Mapping[str, cst.BaseExpression]) -> Sequence[cst.Arg]:
        strange = members.keys() - {"kind", "queueName", "payloadBase64", "id", "tag"}
        if strange:
            raise Unclear(f"{', '.join(sorted(strange))}: an ETA is a datetime, `insert(eta=)`")
        payload = members.get("payloadBase64")
        made = [argument("", self._payload(payload) if payload else cst.SimpleString('b""'))]
        if "id" in members:
            made.append(argument("name", members["id"]))
        if "tag" in members:
            made.append(argument("tag", members["tag"]))
        return made

    def _payload(self, encoded: cst.BaseExpression) -> cst.BaseExpression:
        """The bytes of which *encoded* is the base64."""
        plain = self._encoded(encoded)
        if plain is not None:
            return plain
        if isinstance(encoded, cst.Name) and (known := self._encoded_name(encoded)):
            return known
        literal = texts(self._reading.values(encoded))
        if isinstance(encoded, cst.SimpleString) and literal:
            try:
                return cst.parse_expression(repr(base64.urlsafe_b64decode(literal[0])))
            except binascii.Error:
                raise Unclear("the payload is not base64") from None
        # This reads both alphabets, as the service did.
        self.needed.add(("base64", "urlsafe_b64decode"))
        return call(cst.Name("urlsafe_b64decode"), argument("", encoded))

    def _encoded(self, node: cst.BaseExpression) -> cst.BaseExpression | None:
        """x of ``b64encode(x).decode()`` and its like."""
        match node:
            case cst.Call(func=cst.Attribute(value=inner, attr=cst.Name("decode"))):
                return self._encoded(inner)
            case cst.Call(args=[cst.Arg(value=inner), *_]) if self._is_str(node):
                return self._encoded(inner)
            case cst.Call(args=[cst.Arg(value=plain, keyword=None)]):
                return plain if self._reading.symbols(node.func) & _ENCODE else None
            case _:
                return None

    def _is_str(self, node: cst.Call) -> bool:
        return self._reading.symbols(node.func) == {"builtins.str"}

    def _encoded_name(self, name: cst.Name) -> cst.BaseExpression | None:
        """*name* itself, if it is nothing but an encoded payload: then it is no longer encoded."""
        try:
            value = self._only_value(name, "")
        except Unclear:
            return None
        plain = self._encoded(value)
        if plain is not None:
            self._edits.replaced[value] = plain
            return name
        return None

    def _only_value(self, name: cst.Name, why: str) -> cst.BaseExpression:
        """What *name* is, if it is assigned once in its function, and read here only."""
        function = self._reading.function(name)
        every = _names(function, name.value)
        values = [value for each in every if (value := self._assigned(each)) is not None]
        if len(values) != 1 or len(every) != 2:
            raise Unclear(why, node=name)
        return values[0]


def attribute(of: cst.BaseExpression, name: str) -> cst.Attribute:
    """``of.name``."""
    return cst.Attribute(of, cst.Name(name))


def call(function: cst.BaseExpression, *arguments: cst.Arg) -> cst.Call:
    """``function(arguments)``."""
    return cst.Call(function, arguments)


def argument(name: str, value: cst.BaseExpression) -> cst.Arg:
    """``name=value``, or the value alone."""
    if not name:
        return cst.Arg(value)
    none = cst.SimpleWhitespace("")
    equal = cst.AssignEqual(whitespace_before=none, whitespace_after=none)
    return cst.Arg(value, keyword=cst.Name(name), equal=equal)


def _arguments(node: cst.Call) -> dict[str, cst.BaseExpression]:
    given: dict[str, cst.BaseExpression] = {}
    for each in node.args:
        if each.keyword is None:
            raise Unclear("its arguments are put together elsewhere")
        given[each.keyword.value] = each.value
    return given


def _needed(given: Mapping[str, cst.BaseExpression], name: str) -> cst.BaseExpression:
    if name not in given:
        raise Unclear(f"`{name}` is missing")
    return given[name]


def _only(given: Mapping[str, cst.BaseExpression], known: set[str]) -> None:
    strange = given.keys() - known - {"project", "taskqueue"}
    if strange:
        raise Unclear(f"`{'`, `'.join(sorted(strange))}` has no equal")


def _names(node: cst.CSTNode, name: str) -> list[cst.Name]:
    """Where *name* is used in *node*."""
    finder = imports.Names(name)
    node.visit(finder)
    return finder.found


def _all_names(node: cst.CSTNode | None) -> list[cst.Name]:
    if node is None:
        return []
    if isinstance(node, cst.Name):
        return [node]
    return [name for child in node.children for name in _all_names(child)]


def _expression(node: object) -> cst.BaseExpression:
    assert isinstance(node, cst.BaseExpression), node
    return node
