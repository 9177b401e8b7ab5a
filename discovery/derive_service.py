"""The source of ``service_types.py``: the methods, as google-api-python-client offers them."""

from __future__ import annotations

from collections.abc import Iterable

from discovery.contract import Contract, Method, Parameter

_PYTHON_TYPES = {"string": "str", "integer": "int", "boolean": "bool"}
_HEAD = '''\
# Derived from taskqueue.{version}.json by `python -m discovery.derive`. Do not edit.
"""The API's methods as google-api-python-client offers them, for type checkers.

A service is built at run time, from the document; these protocols say what then is there.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Protocol, TypedDict, TypeVar, Unpack

from discovery.wire_types import {bodies}

T_co = TypeVar("T_co", covariant=True)


class HttpRequest(Protocol[T_co]):
    """One call, described and not yet sent."""

    uri: str
    method: str
    body: Any
    headers: dict[str, str]
    methodId: str

    def execute(self, http: Any = None, num_retries: int = 0) -> T_co: ...

    def add_response_callback(self, cb: Callable[[Any], object]) -> None: ...


BatchCallback = Callable[[str, Any, Any], object]


class BatchHttpRequest(Protocol):
    """Calls that are sent together; a callback is given each one's id, answer and error."""

    def add(
        self,
        request: HttpRequest[Any],
        callback: BatchCallback | None = None,
        request_id: str | None = None,
    ) -> None: ...

    def execute(self, http: Any = None) -> None: ...


class CommonParameters(TypedDict, total=False):
    """What every method takes as well."""

{common}'''
_SERVICE = '''\
class {name}Resource(Protocol):
    """The service: ``build("{api}", "{version}")``."""

{collections}
    def new_batch_http_request(self, callback: BatchCallback | None = None) -> BatchHttpRequest: ...

    def close(self) -> None: ...

    def __enter__(self) -> {name}Resource: ...

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None: ...
'''


def service_types(contract: Contract) -> str:
    """The source of a module with one Protocol for the service and for each of its collections."""
    collections: dict[str, list[Method]] = {}
    for method in contract.methods.values():
        collections.setdefault(method.id.split(".")[1], []).append(method)
    head = _HEAD.format(
        version=contract.version,
        bodies=", ".join(sorted(_bodies(contract.methods.values()))),
        common="".join(
            f"    {each.name}: {_type(each)} | None\n" for each in contract.parameters.values()
        ),
    )
    service = _SERVICE.format(
        name=_title(contract.name),
        api=contract.name,
        version=contract.version,
        collections="\n".join(
            f"    def {name}(self) -> {_title(name)}Resource: ...\n" for name in collections
        ),
    )
    classes = [_collection(name, methods) for name, methods in collections.items()]
    return "\n\n".join([head, *classes, service])


def _bodies(methods: Iterable[Method]) -> set[str]:
    return {body for each in methods for body in (each.request, each.response) if body}


def _collection(name: str, methods: Iterable[Method]) -> str:
    return f"class {_title(name)}Resource(Protocol):\n" + "\n".join(map(_method, methods))


def _method(method: Method) -> str:
    required = [f"{name}: {_type(method.parameters[name])}" for name in method.parameter_order]
    optional = [
        f"{each.name}: {_type(each)} | None = None"
        for each in method.parameters.values()
        if not each.required
    ]
    # The library takes a call without its body too, which the server then refuses.
    body = [f"body: {method.request}"] if method.request else []
    arguments = ["self", "*", *required, *body, *optional, "**common: Unpack[CommonParameters]"]
    lines = "".join(f"        {each},\n" for each in arguments)
    # The answer of a method without a response is the empty body, as text.
    answer = method.response or "str"
    name = method.id.rpartition(".")[2]
    return f"    def {name}(\n{lines}    ) -> HttpRequest[{answer}]: ...\n"


def _type(parameter: Parameter) -> str:
    return _PYTHON_TYPES[parameter.type]


def _title(name: str) -> str:
    return name[0].upper() + name[1:]
