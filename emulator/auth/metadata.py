"""Google's metadata server, for programs that are told of it by ``GCE_METADATA_HOST``.

A machine at Google asked it who it was, and got its access tokens from it without any secret. So
whoever can reach it gets a token: it answers to this machine's own names only, and never to a web
page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import parse_qs

import msgspec

from emulator.auth.book import TokenBook
from emulator.auth.grants import allowed_scopes
from emulator.auth.issued import LIFETIME_SECONDS, Grant, IssuedTokens
from emulator.auth.oauth import OAuthError
from emulator.rest import errors
from emulator.rest.access import Guard
from emulator.rest.errors import WireError
from emulator.rest.messages import Headers, Request, Response

_ROOT = "/computeMetadata"
_VERSION = f"{_ROOT}/v1"

_FLAVOR = ("metadata-flavor", "Google")
_TEXT: Headers = (("content-type", "application/text"), _FLAVOR)
_JSON: Headers = (("content-type", "application/json"), _FLAVOR)
_VERBS = frozenset({"GET", "HEAD"})

DEFAULT_PROJECT = "emulator"
DEFAULT_SCOPES = (
    "https://www.googleapis.com/auth/taskqueue",
    "https://www.googleapis.com/auth/taskqueue.consumer",
)

Tree: TypeAlias = Mapping[str, "Tree | Leaf"]
Leaf: TypeAlias = str | int | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Machine:
    """What the metadata server says of the machine.

    Attributes:
        email: The service account that programs on it act as; None where there is none.
        scopes: What its tokens may be good for; None is anything.
        source: The name of the account's entry in the tokens file.
        project: Where it stands.
    """

    email: str | None
    scopes: tuple[str, ...] | None = None
    source: str = ""
    project: str = DEFAULT_PROJECT


def open_machine() -> Machine:
    """The machine of an open server; its account is nobody's."""
    return Machine(email="default@taskqueue.invalid")


def machine_of(book: TokenBook) -> Machine:
    """The machine whose account is the one that *book* marks."""
    account = book.metadata_account
    if account is None:
        return Machine(email=None)
    return Machine(
        email=account.email,
        scopes=account.scopes,
        source=account.name,
        project=account.project or DEFAULT_PROJECT,
    )


class MetadataServer:
    """Answers ``GET /computeMetadata/...``."""

    def __init__(
        self, machine: Callable[[], Machine], issued: IssuedTokens, guard: Guard | None
    ) -> None:
        """Make a metadata server.

        Args:
            machine: Asked on every request, because the tokens file may have changed.
            issued: Where tokens come from.
            guard: Which names it answers to; None is any.
        """
        self._machine = machine
        self._issued = issued
        self._guard = guard

    def __call__(self, request: Request) -> Response | None:
        """The answer, or None where the request is for something else.

        Raises:
            WireError: 403 to who cannot have been meant, 404 for what is not there.
        """
        path = request.path.rstrip("/")
        flavored = request.headers.get("metadata-flavor") == "Google"
        if path == "" and request.verb in _VERBS and flavored:
            # How programs find out whether they run at Google. Others see our own front page.
            return _text("computeMetadata/\n")
        if path != _ROOT and not path.startswith(f"{_ROOT}/"):
            return None
        self._check(request, flavored)
        if path == _ROOT:
            return _text("v1/\n")
        if path != _VERSION and not path.startswith(f"{_VERSION}/"):
            raise errors.not_found()
        segments = [part for part in path.removeprefix(_VERSION).split("/") if part]
        return self._answer(segments, parse_qs(request.query))

    def _check(self, request: Request, flavored: bool) -> None:
        if self._guard is not None:
            self._guard.check(request.headers)
        if request.verb not in _VERBS:
            raise errors.not_found()
        # A page in a browser cannot ask like this, and a proxy that is tricked into asking adds
        # the second one: Google's server refused the same two.
        if not flavored:
            raise _forbidden("Send the header Metadata-Flavor: Google.")
        for header in ("origin", "x-forwarded-for"):
            if request.headers.get(header) is not None:
                raise _forbidden(f"Requests with the header {header} are not answered.")

    def _answer(self, segments: list[str], query: Mapping[str, list[str]]) -> Response:
        machine = self._machine()
        if segments[:2] == ["instance", "service-accounts"]:
            if machine.email is None:
                raise _forbidden(
                    'No service account of the tokens file has "metadata": true, so this machine'
                    " has none."
                )
            if segments[2:] in (["default", "token"], [machine.email, "token"]):
                return self._token(machine, machine.email, query)
        found = _found(_tree(machine), segments)
        if query.get("recursive", ["false"])[0].lower() == "true":
            if query.get("alt") == ["text"]:
                raise errors.invalid_parameter("alt", "Recursive answers are JSON: alt=json.")
            return _json(_camel(found))
        if isinstance(found, Mapping):
            return _text("".join(_line(name, value) for name, value in found.items()))
        if query.get("alt") == ["json"]:
            return _json(found)
        return _text("".join(f"{each}\n" for each in found) if isinstance(found, tuple) else found)

    def _token(self, machine: Machine, email: str, query: Mapping[str, list[str]]) -> Response:
        asked = frozenset(query.get("scopes", [""])[0].replace(",", " ").split())
        try:
            scopes = allowed_scopes(asked, machine.scopes)
        except OAuthError as error:
            raise errors.invalid_parameter("scopes", error.description) from error
        token = self._issued.issue(Grant(email, scopes, machine.source))
        return _json(
            {"access_token": token, "expires_in": LIFETIME_SECONDS, "token_type": "Bearer"}
        )


def _tree(machine: Machine) -> Tree:
    accounts: Tree = {}
    if machine.email is not None:
        account: Tree = {
            "aliases": ("default",),
            "email": machine.email,
            "scopes": machine.scopes or DEFAULT_SCOPES,
        }
        accounts = {"default": account, machine.email: account}
    return {
        "instance": {"service-accounts": accounts},
        "project": {"numeric-project-id": 1, "project-id": machine.project},
        "universe": {
            "universe-domain": "googleapis.com",
            # what google-auth asked for at first
            "universe_domain": "googleapis.com",
        },
    }


def _found(tree: Tree, segments: list[str]) -> Tree | Leaf:
    found: Tree | Leaf = tree
    for segment in segments:
        if not isinstance(found, Mapping) or segment not in found:
            raise errors.not_found()
        found = found[segment]
    return found


def _line(name: str, value: Tree | Leaf) -> str:
    return f"{name}/\n" if isinstance(value, Mapping) else f"{name}\n"


def _camel(value: Tree | Leaf) -> object:
    """As JSON: the names of things in camel case, those of accounts as they are."""
    if not isinstance(value, Mapping):
        return value
    return {_camel_name(name): _camel(each) for name, each in value.items()}


def _camel_name(name: str) -> str:
    if "@" in name:
        return name
    first, *others = name.replace("_", "-").split("-")
    return first + "".join(part.capitalize() for part in others)


def _text(value: str | int) -> Response:
    return Response(200, _TEXT, str(value).encode())


def _json(value: object) -> Response:
    return Response(200, _JSON, msgspec.json.encode(value))


def _forbidden(message: str) -> WireError:
    return WireError(403, "forbidden", message)
