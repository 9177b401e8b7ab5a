"""What every refusal must look like."""

from __future__ import annotations

import json

from tests.wire.fronts import Got


def reason(got: Got) -> str:
    """The reason of a refusal, which must be in Google's envelope and not our own fault."""
    assert 400 <= got.status < 500, got
    assert dict(got.headers)["content-type"] == "application/json; charset=UTF-8"
    members = json.loads(got.body)
    assert list(members) == ["error"]
    error = members["error"]
    assert list(error) == ["errors", "code", "message"]
    [item] = error["errors"]
    places = ["locationType", "location"] if "location" in item else []
    assert list(item) == ["domain", "reason", "message", *places]
    assert (error["code"], error["message"]) == (got.status, item["message"])
    assert item["domain"] == "global"
    assert item["message"]
    return item["reason"]


def message(got: Got) -> str:
    """The text of a refusal."""
    return json.loads(got.body)["error"]["message"]
