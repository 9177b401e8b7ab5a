"""Google's own libraries find their credentials by themselves, and get their tokens from us.

Each runs in a process of its own, because google-auth reads some variables when it is imported.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from emulator.auth.credentials import Identity, write_credentials
from tests.emulator.auth.entries import ROBOT
from tests.emulator.auth.running import a_server, clean_environment

PROGRAM = Path(__file__).with_name("unchanged_program.py")
QUEUES = f"""
queue:
- name: mail
  mode: pull
  acl:
  - user_email: {ROBOT}
  - writer_email: {ROBOT}
"""
MODES = {
    "open": ("--store", "sqlite://"),
    "tokens": ("--store", "sqlite://", "--auth", "tokens", "--tokens", "tokens.json"),
}


@pytest.fixture(params=MODES)
def url(request, tmp_path):
    """The address of a server, in both modes that give out tokens."""
    (tmp_path / "queue.yaml").write_text(QUEUES)
    (tmp_path / "tokens.json").write_text('{"version": 1}')
    with a_server(*MODES[request.param], folder=tmp_path) as address:
        # While it runs: the server must notice.
        write_credentials(
            Identity(email=ROBOT, project="my-app", metadata=True),
            address,
            tmp_path / "creds",
            tmp_path / "tokens.json",
        )
        yield address


def run(url, folder, **variables):
    """What the program prints."""
    done = subprocess.run(
        [sys.executable, PROGRAM, url],
        # google-auth would find what a developer has at home.
        env=clean_environment(HOME=str(folder), **variables),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize(
    ("file", "project"),
    [
        ("service-account.json", "my-app"),
        ("external-account-authorized-user.json", "None"),
    ],
)
def test_google_auth_default_works_with_a_written_file(url, tmp_path, file, project):
    found = run(url, tmp_path, GOOGLE_APPLICATION_CREDENTIALS=str(tmp_path / "creds" / file))

    assert found == [project, "hello"]


def test_google_auth_default_works_with_the_metadata_server(url, tmp_path):
    host = urlsplit(url).netloc

    _, said = run(url, tmp_path, GCE_METADATA_HOST=host, GCE_METADATA_IP=host)

    assert said == "hello"
