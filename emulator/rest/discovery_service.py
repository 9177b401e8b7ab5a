"""Google's discovery service for these documents, rewritten to the address the caller used."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from discovery import contract
from emulator.rest import errors
from emulator.rest.messages import Request, Response
from emulator.rest.render import Members, json_response

_DIRECTORY = "/discovery/v1/apis"
_DOCUMENT = "/$discovery/rest"


def answer(request: Request) -> Response | None:
    """The answer to a request for a document or the list of them; None where it is neither.

    Raises:
        WireError: It asks for an API or a version that is not here.
    """
    if request.verb not in ("GET", "HEAD"):
        return None
    parameters = dict(parse_qsl(request.query, errors="replace"))
    members = _members(request, parameters)
    if members is None:
        return None
    pretty = parameters.get("prettyPrint", parameters.get("pp", "true")).lower()
    return json_response(members, pretty=pretty not in ("false", "0"))


def _members(request: Request, parameters: Mapping[str, str]) -> Members | None:
    path = request.path.rstrip("/")
    if path == _DOCUMENT:
        return _document(parameters.get("version", ""), request.origin)
    if path == _DIRECTORY:
        return _listing(parameters, request.origin)
    if path.startswith(f"{_DIRECTORY}/"):
        name, _, rest = path.removeprefix(f"{_DIRECTORY}/").partition("/")
        version, _, kind = rest.partition("/")
        if (name, kind) == ("taskqueue", "rest"):
            return _document(version, request.origin)
        raise errors.not_found()
    return None


def _document(version: str, origin: str) -> Members:
    if version not in contract.VERSIONS:
        raise errors.not_found()
    loaded = contract.load(version)
    document: Members = json.loads(loaded.document)
    document["rootUrl"] = f"{origin}/"
    document["baseUrl"] = f"{origin}{loaded.base_path}"
    return document


def _listing(parameters: Mapping[str, str], origin: str) -> Members:
    listing = dict(contract.directory())
    items = [
        _item(item, origin)
        for item in listing["items"]
        if parameters.get("name", item["name"]) == item["name"]
        and (item["preferred"] or parameters.get("preferred", "").lower() != "true")
    ]
    del listing["items"]
    return {**listing, "items": items} if items else listing


def _item(item: Mapping[str, Any], origin: str) -> Members:
    url = f"{origin}{_DIRECTORY}/{item['name']}/{item['version']}/rest"
    return {**item, "discoveryRestUrl": url}
