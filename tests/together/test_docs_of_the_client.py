"""Every block of Python in the client's pages runs, one after the other as they stand there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.auth.credentials import Identity, write_credentials
from emulator.testing import Server
from tqsdk import Client

_DOCS = Path(__file__).parents[2] / "docs"
_PAGES = [
    "client.md",
    "client-compat.md",
    "client-credentials.md",
    "client-many.md",
    "client-observing.md",
    "client-payloads.md",
    "client-testing.md",
]


@pytest.fixture
def key(server: Server, tmp_path: Path) -> Path:
    """The key file of a service account, which gets its tokens from the server."""
    identity = Identity(email="robot@example.com", project="my-app")
    write_credentials(identity, server.url, tmp_path / "creds", None)
    return tmp_path / "creds" / "service-account.json"


@pytest.fixture
def _closing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close the clients that the pages leave open."""
    made: list[Client] = []
    original = Client.__init__

    def remember(self: Client, *args: object, **settings: object) -> None:
        made.append(self)
        original(self, *args, **settings)  # type: ignore[arg-type]

    monkeypatch.setattr(Client, "__init__", remember)
    yield
    for client in made:
        client.close()


@pytest.mark.parametrize("page", _PAGES)
@pytest.mark.usefixtures("_closing")
def test_the_examples_of_a_page_run(server, project, key, page):
    text = (_DOCS / page).read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)
    namespace: dict[str, object] = {"__name__": page}

    assert blocks
    for block in blocks:
        here = block.replace("http://127.0.0.1:8088", server.url)
        here = here.replace('"my-app"', repr(project)).replace('"key.json"', repr(str(key)))
        exec(compile(here, page, "exec", dont_inherit=True), namespace)
