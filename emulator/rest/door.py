"""The front door: one request in; one answer, or the work that leads to it, out.

Every front (Flask, the event loop, a batch, a test) sends its requests through here, so that they
cannot differ. Refusals, foreseen or not, leave as JSON in Google's envelope on every path.
"""

from __future__ import annotations

import logging

from discovery import contract
from emulator.engine.engine import Engine
from emulator.engine.store import Outcome, Transaction
from emulator.rest import discovery_service, errors, render
from emulator.rest.endpoint import Endpoint
from emulator.rest.errors import WireError
from emulator.rest.messages import Answer, Pending, Request, Response
from emulator.rest.methods import Methods
from emulator.rest.routes import Router

logger = logging.getLogger(__name__)


class Door:
    """The wire protocol as one function."""

    def __init__(
        self, engine: Engine, *, partition: str = "s", most_body_bytes: int = 2 << 20
    ) -> None:
        """Build the door.

        Args:
            engine: Does the work.
            partition: The letter that full queue names show before the project.
            most_body_bytes: The largest body that a front need read; above it is 413.
        """
        self.most_body_bytes = most_body_bytes
        methods = Methods(engine, partition=partition)
        contracts = [contract.load(version) for version in contract.VERSIONS]
        self._router = Router(contracts)
        self._endpoints = {
            (each.version, method.id): Endpoint(each, method, methods)
            for each in contracts
            for method in each.methods.values()
        }

    def __call__(self, request: Request) -> Answer:
        """What *request* is answered with, or what must be done first. Never raises."""
        try:
            return self._answer(request)
        except WireError as error:
            return render.error_response(error)
        except Exception:
            logger.exception("%s %s failed", request.verb, request.path)
            return render.error_response(errors.internal())

    def _answer(self, request: Request) -> Answer:
        matched = self._router.match(request.verb, request.path)
        if matched is None:
            return _site(request)
        if request.body is None:
            raise errors.body_too_large(self.most_body_bytes)
        route, variables = matched
        endpoint = self._endpoints[route.contract.version, route.method.id]
        return endpoint.answer(request, request.body, variables)


def _site(request: Request) -> Answer:
    """What the server answers beside the API itself: its health, and the discovery service."""
    if request.verb == "GET":
        if request.path == "/livez":
            return render.json_response({"status": "ok"})
        if request.path == "/readyz":
            return Pending(_touch, _readiness)
        members = discovery_service.answer(request)
        if members is not None:
            return render.json_response(members)
    raise errors.not_found()


def _touch(tx: Transaction) -> None:
    """A unit of work that does nothing: it comes back if the store works."""


def _readiness(outcome: Outcome[None]) -> Response:
    if outcome.error is not None:
        return render.error_response(errors.unavailable())
    return render.json_response({"status": "ok"})
