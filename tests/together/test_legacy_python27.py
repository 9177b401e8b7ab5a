"""The programs of the time: google-api-python-client 1.7.12 and oauth2client on Python 2.7.

Where there is no Python 2.7 these tests are skipped.
"""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import emulator
from emulator.auth.credentials import Identity, write_credentials
from emulator.testing import Server
from tests.emulator.auth.running import clean_environment
from tests.together.conftest import a_project
from tests.together.python27 import user_site
from tests.together.walk import Transcript, Walk, refused, walked

_SCRIPTS = Path(__file__).parent / "py27"
_DOCUMENT = Path(__file__).parents[2] / "discovery" / "taskqueue.v1beta2.json"

_ROBOT = "robot@example.com"
_QUEUES = f"""
queue:
- name: mail
  mode: pull
  acl:
  - user_email: {_ROBOT}
  - writer_email: {_ROBOT}
- name: others
  mode: pull
  acl:
  - user_email: somebody-else@example.com
  - writer_email: somebody-else@example.com
"""


@pytest.fixture(scope="module", params=["from_server", "from_document", "with_oauth2client"])
def transcript(
    python27: str, packages: Path, server: Server, request: pytest.FixtureRequest
) -> Transcript:
    command = [python27, str(_SCRIPTS / "walk_googleapiclient.py"), request.param]
    env = {**user_site(packages), "DISCOVERY_DOCUMENT": str(_DOCUMENT)}
    return walked(command, server.url, a_project(), env=env)


class TestGoogleapiclient(Walk):
    """With a service built in each of three ways."""

    def test_a_batch_answers_each_part_by_itself(self, transcript):
        batch = transcript["batch"]

        assert (batch["insert"]["id"], batch["get"]["id"]) == ("x", "x")
        assert refused(batch["bad insert"])[:2] == (400, "invalid")
        assert batch["delete"] == ""


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    """A server that knows whom each queue is for, and the folder of the robot's credentials."""
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "queue.yaml").write_text(_QUEUES)
    (folder / "tokens.json").write_text('{"version": 1}')
    tokens = folder / "tokens.json"
    queues = folder / "queue.yaml"
    with emulator.running(mode="process", auth="tokens", tokens=tokens, queues=queues) as running:
        # While it runs, because they name its port.
        robot = Identity(email=_ROBOT, project="my-app", metadata=True)
        write_credentials(robot, running.url, folder / "creds", folder / "tokens.json")
        yield running, folder / "creds"


@pytest.mark.parametrize("source", ["key_file", "storage", "metadata_server"])
def test_oauth2client_gets_tokens_that_are_good_for_the_queues_that_list_their_account(
    python27, packages, guarded, source
):
    seen = _told_by_oauth2client(python27, packages, guarded, source)

    assert seen["anonymous"] == [401, "required"]
    assert seen["insert"]["id"] == "a"
    [leased] = seen["lease"]
    assert (leased["id"], base64.urlsafe_b64decode(leased["payloadBase64"])) == ("a", b"hello")
    assert int(seen["renew"]["leaseTimestamp"]) > int(leased["leaseTimestamp"]) + 50_000_000
    assert (seen["delete"], seen["end"]) == ("", {"kind": "taskqueues#tasks"})
    assert seen["insert elsewhere"] == [403, "forbidden"]
    assert seen["lease elsewhere"] == [403, "forbidden"]


def _told_by_oauth2client(
    python: str, packages: Path, guarded: tuple[Server, Path], source: str
) -> dict[str, Any]:
    """What the program prints, with its credentials from *source*."""
    server, credentials = guarded
    variables = {**user_site(packages), "CLOUDSDK_CONFIG": str(credentials)}  # no developer's own
    if source == "metadata_server":
        host = server.host
        variables |= {"GCE_METADATA_ROOT": host, "GCE_METADATA_IP": host}
    script = str(_SCRIPTS / "walk_oauth2client.py")
    done = subprocess.run(
        [python, script, source, server.url, str(credentials), a_project(), "mail", "others"],
        env=clean_environment(**variables),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{script} failed:\n{done.stdout}\n{done.stderr}"
    told: dict[str, Any] = json.loads(done.stdout)
    return told
