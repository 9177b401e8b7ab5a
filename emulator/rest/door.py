"""The front door: one request in; one answer, or the work that leads to it, out.

Every front (Flask, the event loop, a batch, a test) sends its requests through here, so that they
cannot differ. Refusals, foreseen or not, leave as JSON in Google's envelope on every path.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TypeAlias, overload

import msgspec

from discovery import contract
from emulator.engine.engine import Engine
from emulator.engine.store import Outcome, Transaction
from emulator.rest import errors, render
from emulator.rest.access import Authenticator, Caller, Guard, OpenAuthenticator, token_of
from emulator.rest.attempts import echo, has_attempt
from emulator.rest.batch import answer_batch
from emulator.rest.cors import Cors
from emulator.rest.discovery_service import DiscoveryService
from emulator.rest.endpoint import Admit, Endpoint, Serve, Spoiler
from emulator.rest.envelope import Envelope, compress, decompress
from emulator.rest.errors import WireError
from emulator.rest.messages import (
    Answer,
    Job,
    Made,
    Pending,
    Request,
    Response,
    Stream,
    after,
)
from emulator.rest.methods import Methods
from emulator.rest.parse import Pairs
from emulator.rest.routes import Router

logger = logging.getLogger(__name__)

Site = Callable[[Request], Answer | None]
"""Answers some requests that no contract describes, and leaves the others."""


@dataclass(frozen=True, slots=True)
class Extension:
    """An API of ours beside Google's: strict about what it does not know, and not for batches.

    Attributes:
        serve: By method id, for each method of the contract.
        admit: Who may call it.
    """

    contract: contract.Contract
    serve: Mapping[str, Serve]
    admit: Admit


Tap = Callable[[Request, Response, int], None]
"""Told of requests, their answers, and when they were answered (microseconds).

It takes no time worth speaking of, and raises nothing.
"""

_Step: TypeAlias = Callable[[Response], Response]

_NO_PATHS: Mapping[str, int] = MappingProxyType({})

_NOTHING = Request("POST", "", "", {}, b"")

_OVERRIDES = frozenset({"GET", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True)
class _Api:
    """Some contracts, with what serves their methods, by version and id."""

    router: Router
    endpoints: Mapping[tuple[str, str], Endpoint]


class Door:
    """The wire protocol as one function.

    Attributes:
        waits: Whether a call may take as long as somebody on the network does, who is asked about a
            token. An event loop must call it in a thread then.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        partition: str = "s",
        most_body_bytes: int = 2 << 20,
        most_batch_bytes: int = 64 << 20,
        authenticator: Authenticator | None = None,
        guard: Guard | None = None,
        jsonp: bool = False,
        cors: tuple[str, ...] = (),
        sites: Sequence[Site] = (),
        long_bodies: Mapping[str, int] = _NO_PATHS,
        extensions: Sequence[Extension] = (),
        spoiler: Spoiler | None = None,
        tap: Tap | None = None,
    ) -> None:
        """Build the door.

        Args:
            engine: Does the work.
            partition: The letter that full queue names show before the project.
            most_body_bytes: The largest body of a request; above it is 413.
            most_batch_bytes: The largest body of a batch.
            authenticator: Knows what tokens are worth; by default any is good.
            guard: Keeps foreign web pages out; by default nobody does.
            jsonp: Whether ``callback`` makes an answer a script.
            cors: Origins whose pages may call; ``*`` is all.
            sites: Asked in turn about what is neither a method, nor discovery, nor health.
            long_bodies: The largest body by path, of those paths of sites where it may be larger.
            extensions: Other APIs to serve.
            spoiler: Makes some calls of Google's API fail.
            tap: Told of each request for Google's API, each part of a batch, and what is for
                nobody; not of what sites and extensions answer.
        """
        googles = [contract.load(version) for version in contract.VERSIONS]
        contracts = [*googles, *(each.contract for each in extensions)]
        methods = Methods(engine, partition=partition)
        authenticator = authenticator or OpenAuthenticator()

        def admit(request: Request, pairs: Pairs) -> Caller:
            return authenticator.caller(token_of(request, pairs))

        self._most_body_bytes = most_body_bytes
        self._most_batch_bytes = most_batch_bytes
        self._long_bodies = long_bodies
        self._batch_paths = {"/batch", *(f"/{each.batch_path}" for each in contracts)}
        self._google = _Api(
            Router(googles),
            {
                (each.version, id): Endpoint(
                    each, method, methods.serving(id), admit, jsonp=jsonp, spoiler=spoiler
                )
                for each in googles
                for id, method in each.methods.items()
            },
        )
        self._own = _Api(
            Router([each.contract for each in extensions]),
            {
                (each.contract.version, id): Endpoint(
                    # Strict, or what is mistyped would pass for what is not given: the reset of a
                    # queue would be one of everything.
                    each.contract,
                    method,
                    each.serve[id],
                    each.admit,
                    jsonp=False,
                    strict=True,
                )
                for each in extensions
                for id, method in each.contract.methods.items()
            },
        )
        self.waits = authenticator.waits
        self._guard = guard
        self._cors = Cors(cors)
        # Asked for each answer, so that its Date follows the server's clock.
        self._now = engine.clock.now
        self._envelope = Envelope()
        self._sites: tuple[Site, ...] = (_health, DiscoveryService(contracts), *sites)
        self._tap = tap

    def most_bytes(self, path: str) -> int:
        """How much of the body a front need read for *path*; above it, it hands on None."""
        if self._is_batch(path):
            return self._most_batch_bytes
        return self._long_bodies.get(path, self._most_body_bytes)

    def __call__(self, request: Request) -> Answer:
        """What *request* is answered with, or what must be done first. Never raises."""
        tap = self._tap
        try:
            if self._guard is not None:
                self._guard.check(request.headers)
        except WireError as error:
            # Nobody has looked at what it brings, be it a task or a secret: nobody is told.
            request = msgspec.structs.replace(request, body=b"")
            return self._sent(request, render.error_response(error), tap)
        try:
            if self._is_batch(request.path):
                answer = self._batch(request)
            else:
                request = _overridden(request)
                found = self._method(self._google, request)
                if found is None and (found := self._beside(request)) is not None:
                    tap = None
                if found is None:
                    raise errors.not_found()
                answer = found
        except WireError as error:
            answer = render.error_response(error)
        except Exception:
            logger.exception("%s %s failed", request.verb, request.path)
            answer = render.error_response(errors.internal())
        return _then(answer, lambda response: self._sent(request, response, tap))

    def refusal(self, error: WireError) -> Response:
        """The answer to what a front could not read as a request."""
        return self._sent(_NOTHING, render.error_response(error))

    def _is_batch(self, path: str) -> bool:
        return path.startswith("/batch") and path.rstrip("/") in self._batch_paths

    def _batch(self, request: Request) -> Answer:
        if request.verb == "OPTIONS":
            return _allowed(["POST"])
        if request.verb != "POST":
            raise errors.not_found()
        return answer_batch(request, self._body(request, self._most_batch_bytes), self._part)

    def _part(self, request: Request) -> Made | Pending:
        """Answer a part of a batch.

        It reaches the API's methods and nothing else: what it says of its host is not true.
        """
        request = _overridden(request)
        try:
            answer = self._method(self._google, request)
            if answer is None:
                raise errors.not_found()
        except WireError as error:
            answer = render.error_response(error)
        if isinstance(answer, Job):
            raise TypeError("a method of Google's API is no job")
        return _then(answer, lambda response: self._sealed(request, response, self._tap))

    def _beside(self, request: Request) -> Answer | None:
        """Answer a request for what is not Google's API; None if it is for nothing."""
        try:
            # Sites first: a stream may have a path that would fit a method too.
            return self._site(request) or self._method(self._own, request)
        except WireError as error:
            return render.error_response(error)

    def _sent(self, request: Request, response: Response, tap: Tap | None = None) -> Response:
        """*response* as it leaves the server; *tap* is told of it."""
        sealed = self._sealed(request, response, tap)
        return self._cors.allow(request, compress(request, sealed))

    def _sealed(self, request: Request, response: Response, tap: Tap | None) -> Response:
        """*response* with all its headers, before it is packed."""
        now = self._now()
        sealed = self._envelope.seal(request, response, now)
        if tap is not None:
            tap(request, sealed, now)
        return sealed

    def _method(self, api: _Api, request: Request) -> Answer | None:
        """Answer a request for a method of *api*; None if it is for none."""
        verb = "GET" if request.verb == "HEAD" else request.verb
        matched = api.router.match(verb, request.path)
        if matched is not None:
            route, variables = matched
            endpoint = api.endpoints.get((route.contract.version, route.method.id))
            if endpoint is None:
                return None
            answer = self._served(endpoint, request, variables)
            return _then(answer, partial(echo, request)) if has_attempt(request) else answer
        if verb == "OPTIONS" and (verbs := api.router.verbs(request.path)):
            return _allowed(verbs)
        return None

    def _served(self, endpoint: Endpoint, request: Request, variables: Mapping[str, str]) -> Answer:
        try:
            body = self._body(request, self._most_body_bytes)
        except WireError as error:
            return render.error_response(error)
        return endpoint.answer(request, body, variables)

    def _site(self, request: Request) -> Answer | None:
        if request.verb in ("GET", "HEAD") and request.path == "/readyz":
            return Pending(_touch, _readiness)
        answers = (site(request) for site in self._sites)
        return next((each for each in answers if each is not None), None)

    def _body(self, request: Request, most: int) -> bytes:
        if request.body is None or len(request.body) > most:
            raise errors.body_too_large(most)
        return decompress(request, request.body, most)


@overload
def _then(answer: Made | Pending, step: _Step) -> Made | Pending: ...
@overload
def _then(answer: Answer, step: _Step) -> Answer: ...
def _then(answer: Answer, step: _Step) -> Answer:
    """Do *step* to the response, be it there already or still to come."""
    if isinstance(answer, Pending):
        render = answer.render
        return Pending(answer.work, lambda outcome: after(render(outcome), step))
    return _then_in_thread(answer, step) if isinstance(answer, Job) else after(answer, step)


def _then_in_thread(job: Job, step: _Step) -> Job:
    def run() -> Response | Stream:
        made = job.run()
        # A stream has the headers that it needs, and no body yet to take an ETag of.
        return made if isinstance(made, Stream) else step(made)

    return Job(run)


def _overridden(request: Request) -> Request:
    """The request that is meant, where a client could only send POST (API.md section 13)."""
    if request.verb != "POST":
        return request
    verb = (request.headers.get("x-http-method-override") or "").upper()
    return msgspec.structs.replace(request, verb=verb) if verb in _OVERRIDES else request


def _allowed(verbs: Sequence[str]) -> Response:
    """The answer to OPTIONS."""
    head = ["HEAD"] if "GET" in verbs else []
    return Response(204, (("allow", ", ".join([*verbs, *head, "OPTIONS"])),))


def _health(request: Request) -> Response | None:
    if request.verb in ("GET", "HEAD") and request.path == "/livez":
        return render.json_response({"status": "ok"})
    return None


def _touch(tx: Transaction) -> None:
    """A unit of work that does nothing: it comes back if the store works."""


def _readiness(outcome: Outcome[None]) -> Response:
    if outcome.error is not None:
        return render.error_response(errors.unavailable())
    return render.json_response({"status": "ok"})
