"""Who may control a server: whoever is on this machine, or has the control token (RULINGS 20)."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from emulator.rest import errors
from emulator.rest.access import ANYONE, Caller, Guard, is_loopback, token_of
from emulator.rest.messages import Request
from emulator.rest.parse import Pairs


@dataclass(frozen=True, slots=True)
class Gate:
    """Lets in who may control the server.

    Attributes:
        guard: Keeps foreign web pages out, whoever may call the API itself.
        token: Needed from everybody if there is one; without it only this machine is let in.
    """

    guard: Guard
    token: str | None = None

    def admit(self, request: Request, pairs: Pairs = ()) -> Caller:
        """Let *request* in, which has the parameters *pairs*.

        Raises:
            WireError: 403 for a foreign page, or for another machine while there is no token; 401
                for a missing or wrong token.
        """
        self.guard.check(request.headers)
        if self.token is None:
            # A front that knows of no address was called in process.
            if request.peer and not is_loopback(request.peer):
                raise errors.control_from_afar(request.peer)
            return ANYONE
        given = token_of(request, pairs)
        if given is None:
            raise errors.login_required()
        if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), self.token.encode()):
            raise errors.invalid_credentials()
        return ANYONE
