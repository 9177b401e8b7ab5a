"""One method of a contract, from the request to the answer or to the work that leads to it.

What a method does is a function of the request, read (``Serve``). It returns members, a ``Plan``
where the store is needed, or a ``Slow`` where it takes long.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any, NamedTuple, Protocol, TypeAlias

import msgspec

from discovery.contract import VERSIONS, Contract, Method
from emulator.engine.errors import EngineError
from emulator.engine.store import Outcome, Work
from emulator.rest import errors, fields, render
from emulator.rest.access import Caller, check_scope
from emulator.rest.errors import WireError
from emulator.rest.messages import Answer, Job, Pending, Request, Response
from emulator.rest.parse import Arguments, Body, Pairs, Parser, query_pairs, split_form
from emulator.rest.render import Members

logger = logging.getLogger(__name__)

# Queries repeat.
_REMEMBERED = 1_024

_CALLBACK = re.compile(r"[A-Za-z_$][\w$.]{0,199}", re.ASCII)

Show: TypeAlias = Callable[[Any], Members | None]
"""How a value looks; None is an empty answer."""


class Plan(msgspec.Struct, frozen=True):
    """Work for the store, and how its value is shown."""

    work: Work[Any]
    show: Show


class Slow(msgspec.Struct, frozen=True):
    """Something that takes long or waits, and so runs in a thread; it returns the answer."""

    run: Callable[[], Members | None]


Serve: TypeAlias = Callable[
    [Caller, Request, Mapping[str, str], Arguments, Body | None], Plan | Slow | Members | None
]
"""Serves one request: who calls, the request, its path parameters, its query, and its body.

None is an empty answer.
"""

Admit: TypeAlias = Callable[[Request, Pairs], Caller]
"""Says who sent a request with these parameters, or raises WireError."""


class Called(msgspec.Struct, frozen=True):
    """A call that is well-formed and allowed to come in, but not looked at any closer.

    Attributes:
        method: Its full id.
    """

    method: str
    caller: Caller
    variables: Mapping[str, str]
    arguments: Arguments
    body: Body | None


class Spoiler(Protocol):
    """Makes some calls fail, for tests of those who call."""

    def answer(
        self,
        called: Called,
        serve: Callable[[], Answer],
        refuse: Callable[[WireError], Response],
    ) -> Answer:
        """Answer a call.

        Args:
            called: The call.
            serve: Answers it as if there were no spoiler.
            refuse: The answer that says an error, in the form that the caller asked for.
        """
        ...


class _Style(msgspec.Struct, frozen=True):
    """How the caller wants the answer to look."""

    pretty: bool = True
    mask: fields.Mask | None = None
    callback: str | None = None


_PLAIN = _Style()


class _Query(NamedTuple):
    """A query that is as the contract wants it."""

    arguments: Arguments
    style: _Style


class Endpoint:
    """Reads a method's requests, has them served, and writes its answers."""

    def __init__(
        self,
        contract: Contract,
        method: Method,
        serve: Serve,
        admit: Admit,
        *,
        jsonp: bool,
        strict: bool = False,
        spoiler: Spoiler | None = None,
    ) -> None:
        """Make the endpoint of *method*.

        Args:
            contract: That the method is of.
            method: The method.
            serve: Serves its requests.
            admit: Says who may call.
            jsonp: Whether ``callback`` makes an answer a script.
            strict: Whether parameters and members that nobody knows are refused.
            spoiler: Makes some calls fail.
        """
        self._spoiler = spoiler
        self._method = method
        self._serve = serve
        self._admit = admit
        self._parser = Parser(contract, method, jsonp=jsonp, strict=strict)
        self._read_mask = fields.reader(contract, method.response) if method.response else None
        # An older version's answers have what its own document has, and nothing newer.
        older = contract.version in VERSIONS[:-1] and method.response
        self._shape = fields.everything(contract, older) if older else None
        self._known_query = lru_cache(_REMEMBERED)(self._query)

    def answer(self, request: Request, raw: bytes, variables: Mapping[str, str]) -> Answer:
        """Serve one request.

        Args:
            request: The request.
            raw: Its body.
            variables: The path parameters, by wire name.
        """
        style: _Style | None = None
        pairs: Pairs = ()
        try:
            form, json_body = split_form(request.headers.get("content-type"), raw)
            pairs = query_pairs(request.query, form)
            caller = self._admit(request, pairs)
            check_scope(caller, self._method)
            arguments, style = self._known_query(tuple(pairs))
            body = self._parser.body(json_body)
        except WireError as error:
            return self._refusal(error, style or self._style_of_refusals(pairs))
        if self._spoiler is None:
            return self._served(caller, request, variables, arguments, body, style)
        return self._spoiler.answer(
            Called(self._method.id, caller, variables, arguments, body),
            partial(self._served, caller, request, variables, arguments, body, style),
            partial(self._refusal, style=style),
        )

    def _served(
        self,
        caller: Caller,
        request: Request,
        variables: Mapping[str, str],
        arguments: Arguments,
        body: Body | None,
        style: _Style,
    ) -> Answer:
        try:
            plan = self._serve(caller, request, variables, arguments, body)
        except (WireError, EngineError) as error:
            return self._refusal(error, style)
        if isinstance(plan, Plan):
            return Pending(plan.work, partial(self._finish, plan.show, style))
        if isinstance(plan, Slow):
            return Job(partial(self._run, plan.run, style))
        return render.empty_response() if plan is None else self._response(plan, style)

    def _query(self, pairs: Pairs) -> _Query:
        arguments = self._parser.arguments(pairs)
        return _Query(arguments, self._style(arguments))

    def _style_of_refusals(self, pairs: Pairs) -> _Style:
        """How a refusal of the query itself looks: as the query asks, as far as that is clear."""
        try:
            return self._style(self._parser.forms(pairs))
        except WireError:
            return _PLAIN

    def _style(self, arguments: Arguments) -> _Style:
        if not arguments:
            return _PLAIN
        pretty = arguments.get("prettyPrint", arguments.get("pp", True))
        selection = arguments.get("fields")
        mask = self._read_mask(selection) if selection and self._read_mask else None
        callback = arguments.get("callback")
        if callback is not None and not _CALLBACK.fullmatch(callback):
            raise errors.invalid_callback(callback)
        return _Style(pretty, mask, callback)

    def _run(self, run: Callable[[], Members | None], style: _Style) -> Response:
        try:
            outcome = Outcome(run())
        except Exception as error:
            outcome = Outcome(error=error)
        return self._finish(lambda members: members, style, outcome)

    def _finish(self, show: Show, style: _Style, outcome: Outcome[Any]) -> Response:
        if outcome.error is not None:
            return self._refusal(outcome.error, style)
        try:
            members = show(outcome.value)
            return render.empty_response() if members is None else self._response(members, style)
        except Exception as error:
            return self._refusal(error, style)

    def _response(self, members: Members, style: _Style) -> Response:
        for mask in (self._shape, style.mask):
            if mask is not None:
                members = fields.apply(mask, members)
        response = render.json_response(members, pretty=style.pretty)
        return render.jsonp(response, style.callback) if style.callback else response

    def _refusal(self, error: Exception, style: _Style) -> Response:
        if isinstance(error, EngineError):
            logger.debug("%s refused: %s", self._method.id, error)
            error = errors.refusal(error, self._method.id)
        if not isinstance(error, WireError):
            logger.error("%s failed", self._method.id, exc_info=error)
            error = errors.internal()
        response = render.error_response(error, pretty=style.pretty)
        return render.jsonp(response, style.callback) if style.callback else response
