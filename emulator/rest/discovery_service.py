"""Google's discovery service for our documents, rewritten to the address the caller used."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from discovery import contract
from discovery.contract import Contract
from emulator.rest import errors
from emulator.rest.messages import Request, Response
from emulator.rest.render import Members, json_response

_DIRECTORY = "/discovery/v1/apis"
_DOCUMENT = "/$discovery/rest"


class DiscoveryService:
    """Answers requests for documents, and for the list of them."""

    def __init__(self, contracts: Sequence[Contract]) -> None:
        """Serve the documents of *contracts*."""
        self._contracts = {(each.name, each.version): each for each in contracts}

    def __call__(self, request: Request) -> Response | None:
        """The answer to a request for a document or the list; None where it is for neither.

        Raises:
            WireError: It asks for an API or a version that is not here.
        """
        if request.verb not in ("GET", "HEAD"):
            return None
        parameters = dict(parse_qsl(request.query, errors="replace"))
        members = self._members(request, parameters)
        if members is None:
            return None
        pretty = parameters.get("prettyPrint", parameters.get("pp", "true")).lower()
        return json_response(members, pretty=pretty not in ("false", "0"))

    def _members(self, request: Request, parameters: Mapping[str, str]) -> Members | None:
        path = request.path.rstrip("/")
        if path == _DOCUMENT:
            wanted = parameters.get("version", "")
            names = [name for name, version in self._contracts if version == wanted]
            return self._document(names[0] if names else "", wanted, request.origin)
        if path == _DIRECTORY:
            return self._listing(parameters, request.origin)
        if path.startswith(f"{_DIRECTORY}/"):
            name, _, rest = path.removeprefix(f"{_DIRECTORY}/").partition("/")
            version, _, kind = rest.partition("/")
            if kind == "rest":
                return self._document(name, version, request.origin)
            raise errors.not_found()
        return None

    def _document(self, name: str, version: str, origin: str) -> Members:
        found = self._contracts.get((name, version))
        if found is None:
            raise errors.not_found()
        document: Members = json.loads(found.document)
        document["rootUrl"] = f"{origin}/"
        document["baseUrl"] = f"{origin}{found.base_path}"
        return document

    def _listing(self, parameters: Mapping[str, str], origin: str) -> Members:
        listing = dict(contract.directory())
        items = [
            _item(item, origin)
            for item in [*listing["items"], *self._own_items()]
            if parameters.get("name", item["name"]) == item["name"]
            and (item["preferred"] or parameters.get("preferred", "").lower() != "true")
        ]
        del listing["items"]
        return {**listing, "items": items} if items else listing

    def _own_items(self) -> Iterator[Members]:
        """The entries of the APIs that are not Google's."""
        for each in self._contracts.values():
            if each.name != "taskqueue":
                document = json.loads(each.document)
                described = {key: document[key] for key in ("id", "name", "version", "title")}
                described["description"] = document["description"]
                yield {"kind": "discovery#directoryItem", **described, "preferred": True}


def _item(item: Mapping[str, Any], origin: str) -> Members:
    url = f"{origin}{_DIRECTORY}/{item['name']}/{item['version']}/rest"
    return {**item, "discoveryRestUrl": url}
