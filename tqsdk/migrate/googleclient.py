"""google-api-python-client: from ``build("taskqueue", ...)`` to what is done with the answers.

Things: a ``service`` has ``collection``s, these have ``method``s, a call of one is a ``request``,
whose ``execute`` gives a ``response``: a ``task``, or something that has ``items``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tqsdk.migrate import syntax
from tqsdk.migrate.look import Look
from tqsdk.migrate.program import Condition, Program
from tqsdk.migrate.syntax import Expression
from tqsdk.migrate.values import (
    FOREIGN,
    NOTHING,
    Kept,
    Plain,
    Symbol,
    Thing,
    Values,
    kinds,
    texts,
    things,
)

METHODS = ("delete", "get", "insert", "lease", "list", "patch", "update")
_ARGUMENTS = {"groupByTag", "leaseSecs", "newLeaseSeconds", "numTasks", "taskqueue"}
_COLLECTIONS = ("taskqueues", "tasks")
_GIVE_A_TASK = ("get", "insert", "patch", "update")

_MODULES = ("googleapiclient.discovery", "googleapiclient.http")
_BUILD = "googleapiclient.discovery.build"
_FROM_DOCUMENT = "googleapiclient.discovery.build_from_document"
_OURS = ("tqsdk.compat.googleapi.build", "tqsdk.compat.discovery.build")
_GIVES_CREDENTIALS = re.compile(
    r"oauth2client\..*(Credentials|Flow|flow_from_clientsecrets|run|run_flow"
    r"|from_json_keyfile_\w+|from_p12_\w+|get_application_default|from_json|from_stream)"
    r"|google\.oauth2\.\w+\.Credentials\.\w+|google\.auth\.default"
)
_HTTP_ERRORS = {"googleapiclient.errors.HttpError", "googleapiclient.errors.Error"}

# Whose errors come through Google's client.
_BELOW = ("http.client.", "httplib.", "httplib2.", "oauth2client.", "socket.", "ssl.")

URL = re.compile(r"taskqueue/v1beta[12]")
SCOPE = re.compile(r"googleapis\.com/auth/taskqueue")
_RATE_LIMIT = "TASK_RATE_LIMITTED"
_DOCUMENT = re.compile(r"taskqueue.*(\.json|/rest)|discovery.*taskqueue", re.DOTALL)

_LONG_LEASE = 600  # seconds; what Pub/Sub allows


def uses_rest(program: Program) -> bool:
    """Whether the file certainly uses the API."""
    return "rest" in program.facts


def uses_compat(program: Program) -> bool:
    """Whether the file uses the API by way of ``tqsdk.compat``."""
    return "compat" in program.facts


def builds(program: Program) -> bool:
    """Whether the file makes a service of the API."""
    return "built" in program.facts


def only_ours(program: Program) -> bool:
    """Whether the file uses this API of Google's, and no other."""
    return "rest" in program.facts and "another" not in program.facts


class GoogleClient:
    """What is known of google-api-python-client."""

    def attribute(self, of: Thing, name: str) -> Values | None:
        """A step from a service to an answer."""
        match of.kind:
            case "service" if name in _COLLECTIONS:
                return _one("collection-of", name, of.by)
            case "service" if name == "new_batch_http_request":
                return _one("batch-of", "", of.by)
            case "collection" if name in METHODS or name.endswith("_next"):
                return _one("method", f"{of.of}.{name}", of.by)
            case "request" if name == "execute":
                return _one("execute", of.of, of.by)
            case "service" | "batch" | "document" if name in ("__enter__", "read", "decode"):
                return _one(of.kind, of.of, of.by)
            case _:
                return None

    def item(self, of: Thing, key: str | None) -> Values | None:
        """A member of an answer."""
        match of.kind, key:
            case "response", "items":
                return _one("items", of.of, of.by)
            case "items", None:
                return _one("task", of.of, of.by)
            case "task", str():
                return _one("member", f"{of.of}.{key}", of.by)
            case "response", "stats":
                return _one("stats", of.of, of.by)
            case "stats", str():
                return _one("figure", key, of.by)
            case _:
                return None

    def iterated(self, of: Thing) -> Values | None:
        """A loop over what was leased or listed."""
        return _one("task", of.of, of.by) if of.kind == "items" else None

    def imported(self, look: Look, statement: syntax.Import, path: str) -> None:
        """The import of Google's client, if it is for this API."""
        if path == "googleapiclient" or path.startswith(_MODULES):
            look.see("TQM001", statement, condition=builds)

    def text(self, look: Look, constant: syntax.Constant) -> None:
        """URLs and scopes; words of the API's errors."""
        text = str(constant.value)
        if URL.search(text):
            look.see("TQM030", constant)
            look.fact("rest")
        if SCOPE.search(text):
            look.see("TQM006", constant)
            look.fact("scope")
        if _RATE_LIMIT in text:
            look.see("TQM027", constant)

    def read(self, look: Look, item: Expression, of: Values, key: str) -> None:
        """Members that mean something else elsewhere."""
        rule = {"payloadBase64": "TQM025", "retry_count": "TQM024"}.get(key)
        if rule is None or any(each.by == "compat" for each in kinds(of, Thing)):
            return
        traits = ["retry-count"] if key == "retry_count" else []
        if things(of, "task"):
            look.see(rule, item, *traits)
        elif not of or not things(of, "foreign"):
            look.see(rule, item, *traits, condition=uses_rest)

    def caught(self, look: Look, catch: syntax.Catch, kind: Values, uses: bool) -> None:
        """Errors of Google's client, where they can be of this API."""
        assert catch.kinds is not None
        several = [each for kept in kinds(kind, Kept) for each in kept.members.get("", NOTHING)]
        paths = {each.path for each in (*kind, *several) if isinstance(each, Symbol)}
        below = uses and any(path.startswith(_BELOW) for path in paths)
        if below or paths & _HTTP_ERRORS:
            look.see("TQM026", catch.kinds, condition=uses_rest if uses else only_ours)
            look.see("TQM026", catch.kinds, condition=uses_compat, is_ours=True)

    def called(self, look: Look, function: Values, call: syntax.Call) -> Values | None:
        """A step from a service to an answer, with what is to be seen of it."""
        for symbol in kinds(function, Symbol):
            found = self._symbol(look, symbol.path, call)
            if found is not None:
                return found
        for thing in kinds(function, Thing):
            found = self._thing(look, thing, call)
            if found is not None:
                return found
        if _carries_document(look, call):
            return _one("document", "", "google")
        return None if function else self._by_shape(look, call)

    def _symbol(self, look: Look, path: str, call: syntax.Call) -> Values | None:
        if path == _BUILD:
            return self._build(look, call)
        if path in _OURS:
            look.see("TQM002", call, is_ours=True)
            look.fact("compat")
            return _one("service", "taskqueue", "compat")
        if path == _FROM_DOCUMENT:
            document = _argument(call, 0, "service", "document")
            if document is not None and things(_known(look, document), "document"):
                return self._built(look, call, "TQM003")
            look.fact("another")
            return FOREIGN
        if _GIVES_CREDENTIALS.fullmatch(path):
            look.see("TQM005", call, condition=_is_for_us())
        return None

    def _build(self, look: Look, call: syntax.Call) -> Values:
        name = _argument(call, 0, "serviceName")
        named = (
            texts(_known(look, name)) if name is not None else _unpacked(look, call, "serviceName")
        )
        if "taskqueue" in named:
            return self._built(look, call, "TQM002")
        if named:
            look.fact("another")
            return FOREIGN
        return NOTHING

    def _built(self, look: Look, call: syntax.Call, rule: str) -> Values:
        look.see(rule, call)
        look.fact("rest")
        look.fact("built")
        if {"model", "requestBuilder"} & call.keywords.keys():
            look.see("TQM004", call)
        return _one("service", "taskqueue", "google")

    def _thing(self, look: Look, thing: Thing, call: syntax.Call) -> Values | None:
        match thing.kind:
            case "collection-of":
                return _one("collection", thing.of, thing.by)
            case "batch-of":
                return _one("batch", "", thing.by)
            case "method" if thing.of.endswith("_next"):
                return _one("request", thing.of.removesuffix("_next"), thing.by)
            case "method":
                self._method(look, thing.of, call, is_ours=thing.by == "compat")
                return _one("request", thing.of, thing.by)
            case "execute":
                of = call.function
                later = isinstance(of, syntax.Attribute) and not isinstance(of.value, syntax.Call)
                if later and thing.by != "compat":
                    look.see("TQM022", call)
                return _response(thing.of, thing.by)
            case _:
                return None

    def _by_shape(self, look: Look, call: syntax.Call) -> Values | None:
        """A call on something unknown that can hardly be of another API."""
        method = call.function
        if not isinstance(method, syntax.Attribute) or method.name not in METHODS:
            return None
        arguments = {*call.keywords}
        for part in call.parts:
            for kept in kinds(_known(look, part), Kept):
                arguments |= kept.members.keys()
        collection = _collection_of(method.value)
        ours = "taskqueue" in arguments and ("project" in arguments or collection is not None)
        if collection == "tasks" and method.name == "lease" and not ours:
            ours = bool(arguments & _ARGUMENTS) or (call.unpacked and "parent" not in arguments)
        if not ours:
            return None
        looks_at_queue = {*arguments, method.name} >= {"getStats", "get"}
        of = collection or ("taskqueues" if looks_at_queue else "tasks")
        look.fact("rest")
        self._method(look, f"{of}.{method.name}", call)
        return _one("request", f"{of}.{method.name}", "google")

    def _method(self, look: Look, method: str, call: syntax.Call, *, is_ours: bool = False) -> None:
        rule, traits = _use(look, method, call)
        look.see(rule, call, *traits, is_ours=is_ours)
        look.fact("compat" if is_ours else "rest")


def _use(look: Look, method: str, call: syntax.Call) -> tuple[str, list[str]]:
    """The rule for a call of *method*, and what it needs of a queue."""
    match method:
        case "tasks.insert":
            return "TQM010", list(_traits_of_body(look, call))
        case "tasks.lease":
            return _lease(look, call)
        case "tasks.update" | "tasks.patch":
            seconds = _values(look, call, "newLeaseSeconds")
            if Plain(0) in seconds:
                return "TQM016", ["lease"]
            rule = "TQM014" if method == "tasks.update" else "TQM015"
            return rule, ["lease", *_long(seconds)]
        case "tasks.delete":
            members = [each.of for each in things(_values(look, call, "task"), "member")]
            return "TQM017", [] if "tasks.lease.id" in members else ["delete-without-lease"]
        case "tasks.get":
            return "TQM018", ["peek"]
        case "tasks.list":
            return "TQM019", ["peek"]
        case _:
            wanted = _values(look, call, "getStats") - {Plain(False), Plain(None)}
            given = "getStats" in call.keywords or wanted
            return ("TQM021", ["stats"]) if given else ("TQM020", [])


def _lease(look: Look, call: syntax.Call) -> tuple[str, list[str]]:
    seconds = _values(look, call, "leaseSecs")
    traits = ["lease", *_long(seconds)]
    for name, trait in (("tag", "lease-by-tag"), ("groupByTag", "group-by-tag")):
        given = name in call.keywords or _unpacked_has(look, call, name)
        if given and not _values(look, call, name) & {Plain(False), Plain(None), Plain("")}:
            traits.append(trait)
    if Plain(0) in seconds:
        return "TQM013", [*traits, "peek"]
    by_tag = {"lease-by-tag", "group-by-tag"} & {*traits}
    return ("TQM012" if by_tag else "TQM011"), traits


def _long(seconds: Values) -> Iterator[str]:
    numbers = [each.value for each in kinds(seconds, Plain)]
    if any(isinstance(each, int | float) and each > _LONG_LEASE for each in numbers):
        yield "long-lease"


def _traits_of_body(look: Look, call: syntax.Call) -> Iterator[str]:
    for body in kinds(_values(look, call, "body"), Kept):
        if "id" in body.members:
            yield "named"
        if "leaseTimestamp" in body.members:
            yield "eta"


def _response(method: str, by: str) -> Values:
    collection, _, name = method.partition(".")
    if collection == "tasks" and name in _GIVE_A_TASK:
        return _one("task", method, by)
    return _one("response", method, by)


def _one(kind: str, of: str, by: str) -> Values:
    return frozenset({Thing(kind, of, by)})


def _known(look: Look, expression: Expression) -> Values:
    return look.program.values.get(id(expression), NOTHING)


def _argument(call: syntax.Call, number: int, *names: str) -> Expression | None:
    for name in names:
        if name in call.keywords:
            return call.keywords[name]
    return call.positional[number] if len(call.positional) > number else None


def _values(look: Look, call: syntax.Call, name: str) -> Values:
    """What the argument called *name* may be, be it in ``**options``."""
    if name in call.keywords:
        return _known(look, call.keywords[name])
    return NOTHING.union(
        *(
            kept.members.get(name, NOTHING)
            for part in call.parts
            for kept in kinds(_known(look, part), Kept)
        )
    )


def _unpacked(look: Look, call: syntax.Call, name: str) -> list[str]:
    return texts(_values(look, call, name))


def _unpacked_has(look: Look, call: syntax.Call, name: str) -> bool:
    return any(
        name in kept.members for part in call.parts for kept in kinds(_known(look, part), Kept)
    )


def _collection_of(expression: Expression) -> str | None:
    """``tasks`` for ``x.tasks()``, unless x is a collection of another API."""
    if not isinstance(expression, syntax.Call) or expression.positional:
        return None
    function = expression.function
    if not isinstance(function, syntax.Attribute) or function.name not in _COLLECTIONS:
        return None
    # Cloud Tasks has projects().locations().queues().tasks().
    return None if isinstance(function.value, syntax.Call) else function.name


def _carries_document(look: Look, call: syntax.Call) -> bool:
    """Whether the API's discovery document is read, or passed on by what is unknown."""
    function = call.function
    sources = [*call.positional, *call.keywords.values()]
    if isinstance(function, syntax.Attribute):
        sources.append(function.value)
    known = [_known(look, each) for each in sources]
    if any(things(each, "document") for each in known):
        return True
    return any(_DOCUMENT.search(text) for each in known for text in texts(each))


def _is_for_us() -> Condition:
    """Whether credentials are for this API: nothing else of Google's is used in the file."""

    def condition(program: Program) -> bool:
        if "another" in program.facts:
            return "scope" in program.facts and "rest" in program.facts
        return "rest" in program.facts or "scope" in program.facts

    return condition
