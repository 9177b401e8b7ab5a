"""One method of a contract, from the request to the answer or to the work that leads to it."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

from discovery.contract import Contract, Method
from emulator.engine.errors import EngineError
from emulator.engine.model import QueueId
from emulator.engine.store import Outcome
from emulator.rest import errors, render
from emulator.rest.errors import WireError
from emulator.rest.messages import Answer, Pending, Request, Response
from emulator.rest.methods import Call, Methods, Plan
from emulator.rest.parse import Parser, split_form
from emulator.rest.render import Members

logger = logging.getLogger(__name__)

_PROJECT = re.compile(r"(?:([a-z])~)?([a-z0-9.:-]{1,100})")

_Show: TypeAlias = Callable[[Any], Members | None]


class Endpoint:
    """Reads a method's requests, has them served, and writes its answers."""

    def __init__(self, contract: Contract, method: Method, methods: Methods) -> None:
        self._id = method.id
        self._parser = Parser(contract, method)
        self._methods = methods

    def answer(self, request: Request, raw: bytes, variables: Mapping[str, str]) -> Answer:
        """Serve one request.

        Args:
            request: The request.
            raw: Its body.
            variables: The path parameters, by wire name.

        Raises:
            WireError: The query cannot be read, so not even the form of the answer is known.
        """
        form, json_body = split_form(request.headers.get("content-type"), raw)
        arguments = self._parser.arguments(request.query, form)
        pretty = arguments.get("prettyPrint", arguments.get("pp", True))
        try:
            partition, project = _project(variables["project"])
            call = Call(
                queue=QueueId(project, variables["taskqueue"]),
                partition=partition,
                task=variables.get("task", ""),
                arguments=arguments,
                body=self._parser.body(json_body),
            )
            plan = self._methods(self._id, call)
        except (WireError, EngineError) as error:
            return self._refusal(error, pretty)
        if isinstance(plan, Plan):
            return Pending(plan.work, partial(self._finish, plan.show, pretty))
        return render.json_response(plan, pretty=pretty)

    def _finish(self, show: _Show, pretty: bool, outcome: Outcome[Any]) -> Response:
        if outcome.error is not None:
            return self._refusal(outcome.error, pretty)
        members = show(outcome.value)
        if members is None:
            return render.empty_response()
        return render.json_response(members, pretty=pretty)

    def _refusal(self, error: Exception, pretty: bool) -> Response:
        if isinstance(error, EngineError):
            logger.debug("%s refused: %s", self._id, error)
            error = errors.refusal(error, self._id)
        if not isinstance(error, WireError):
            logger.error("%s failed", self._id, exc_info=error)
            error = errors.internal()
        return render.error_response(error, pretty=pretty)


def _project(segment: str) -> tuple[str, str]:
    """A project as (partition, id): the live service took ids with and without (trace T7)."""
    matched = _PROJECT.fullmatch(segment)
    if matched is None:
        raise errors.invalid_project(segment)
    return matched[1] or "", matched[2]
