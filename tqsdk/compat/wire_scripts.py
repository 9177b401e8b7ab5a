"""What each method does when answers are lost, for calls made of wire names: as ``operations``.

Three differences, since a dict that a program passes around is no lease of ours: a renewal that may
have been carried out is recognised by ``retry_count`` and ``leaseTimestamp`` alone; an insert that
proves to be done answers with the task as it is now; and sizes are left to the server.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tqsdk import calls, names, operations, payload
from tqsdk.calls import Call
from tqsdk.errors import LeaseLostError, TaskExistsError, TaskNotFoundError
from tqsdk.exchange import Exchange, Script
from tqsdk.limits import Limits
from tqsdk.operations import Address
from tqsdk.transport import Response


@dataclass(frozen=True, slots=True, kw_only=True)
class WireCall(Call[Any]):
    """A call whose result is the JSON object of the answer.

    Attributes:
        project: Whose queue it is about.
        parameters: As they were given, but for those that are None.
        answers: All that came, refusals too.
    """

    project: str
    parameters: Mapping[str, Any]
    answers: list[Response] = field(default_factory=list[Response], repr=False, compare=False)

    @property
    def address(self) -> Address:
        """The queue."""
        return Address(self.project, self.queue, Limits.none())

    def result(self, response: Response) -> Any:
        """What *response* means; it is kept."""
        self.answers.append(response)
        # Not super(): a dataclass with slots is a second class, which super() does not find.
        return Call[Any].result(self, response)


def script(exchange: Exchange, call: WireCall) -> Script[Any]:
    """Perform *call* as its method allows; what is returned is what the API answers."""
    match call.operation.rpartition(".")[2]:
        case "insert" if isinstance(call.body, dict):
            return _insert(exchange, call, call.body)
        case "lease":
            return _lease(exchange, call)
        case "update" | "patch":
            return _renew(exchange, call)
        case "delete":
            return _delete(exchange, call)
        case _:
            return exchange.perform(call, repeatable=not call.changes)


def _insert(exchange: Exchange, call: WireCall, body: dict[str, Any]) -> Script[Any]:
    is_named = bool(body.get("id"))
    if not is_named:
        # Else a repetition would store a second task.
        body = {**body, "id": names.generate()}
    call = replace(call, task=str(body["id"]), body=body)
    try:
        return (yield from exchange.perform(call, repeatable=True))
    except TaskExistsError as error:
        # A name of ours is known to nobody else; and httplib2 may have repeated the request.
        if exchange.unsure_since is None and is_named:
            raise
        stored = yield from operations.already_stored(
            exchange,
            call.address,
            error,
            payload=payload.decode(body.get("payloadBase64") or ""),
            tag=body.get("tag") or None,
            is_ours_alone=not is_named,
        )
        return body if stored is None else stored.to_api()


def _lease(exchange: Exchange, call: WireCall) -> Script[Any]:
    call = replace(call, headers={**call.headers, calls.ATTEMPT_HEADER: names.generate()})
    seconds = int(call.parameters["leaseSecs"])
    return (
        yield from operations.lease_once(
            exchange, call.address, call, seconds=seconds, retry_ambiguous=False
        )
    )


def _renew(exchange: Exchange, call: WireCall) -> Script[Any]:
    try:
        return (yield from exchange.perform(call, repeatable=True))
    except LeaseLostError as error:
        if exchange.unsure_since is None:
            raise
        before = call.body if isinstance(call.body, dict) else {}
        if int(call.parameters["newLeaseSeconds"]) == 0:
            return before  # it is over, as was wanted; whose the task is now is not our concern
        try:
            stored = yield from operations.get(exchange, call.address, call.task or "")
        except TaskNotFoundError:
            raise error from None
        # If nobody has leased it since, it was an attempt of ours that changed the token.
        is_ours = _number(before.get("retry_count")) == stored.retry_count
        is_new = _number(before.get("leaseTimestamp")) != stored.lease_token
        if not (is_ours and is_new):
            raise
        return stored.to_api()


def _delete(exchange: Exchange, call: WireCall) -> Script[Any]:
    try:
        yield from exchange.perform(call, repeatable=True)
    except TaskNotFoundError:
        if exchange.unsure_since is None:
            raise
    return ""  # the answer has no body, and this is how googleapiclient says so


def _number(value: Any) -> int | None:
    """What the wire may spell as a number or as text."""
    try:
        return int(value)
    except (TypeError, ValueError):
        return None
