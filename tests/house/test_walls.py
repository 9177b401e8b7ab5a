"""The walls of docs/architecture.md, kept: who may import what, and where the wire may be named."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from discovery import contract

ROOT = Path(__file__).parents[2]
PACKAGES = ("discovery", "tqsdk", "emulator")

ENGINE_FOR_STORES = {
    "emulator.engine.clock",
    "emulator.engine.errors",
    "emulator.engine.model",
    "emulator.engine.store",
}

# Place -> what it may import beside the standard library and itself. The longest place that a file
# is in holds for it, alone. A package stands for all that is in it.
WALLS = {
    "discovery": {"yaml"},
    "tqsdk": {"discovery"},
    "tqsdk/aio/aiohttp_transport": {"tqsdk", "aiohttp", "yarl"},
    "tqsdk/aio/route": {"tqsdk", "requests"},  # reads the environment as the other transport does
    "tqsdk/google_credentials": {"tqsdk", "google.auth", "google.oauth2"},
    "tqsdk/otel": {"tqsdk", "opentelemetry"},
    "tqsdk/codecs": {"tqsdk", "msgspec", "pydantic"},
    "tqsdk/connections": {"urllib3"},
    "tqsdk/requests_adapter": {"tqsdk", "requests"},
    "tqsdk/requests_transport": {"tqsdk", "requests", "urllib3"},
    "tqsdk/cli": {"tqsdk", "discovery", "click", "rich"},
    "tqsdk/compat": {"tqsdk", "discovery"},
    "tqsdk/compat/errors": {"googleapiclient"},
    "tqsdk/compat/googleapi": {"tqsdk", "discovery", "googleapiclient"},
    "tqsdk/compat/http_transport": {"tqsdk", "httplib2"},
    "tqsdk/compat/thread_http": {"googleapiclient", "google.auth", "google_auth_httplib2"},
    "tqsdk/migrate": {"discovery", "tqsdk.version"},  # reads programs, and runs nothing of ours
    "tqsdk/migrate/moving": {"discovery", "tqsdk"},
    "tqsdk/migrate/moving/exported": {"discovery", "tqsdk", "requests"},  # an answer of any length
    "tqsdk/migrate/moving/files": {"discovery", "tqsdk", "zstandard"},
    "tqsdk/migrate/bridge": {"tqsdk"},
    "tqsdk/migrate/bridge/telling": {"tqsdk", "opentelemetry"},
    "tqsdk/migrate/page": {"tqsdk"},
    "tqsdk/migrate/rehearsal": {"tqsdk"},
    "tqsdk/migrate/rehearsal/stage": {"tqsdk", "requests"},  # the control API of the servers
    "tqsdk/migrate/languages": {"tqsdk.migrate", "ast_grep_py"},
    "tqsdk/migrate/python2": {"tqsdk.migrate", "ast_grep_py"},
    "tqsdk/migrate/python3": {"tqsdk.migrate", "libcst"},
    "tqsdk/migrate/rewrite": {"tqsdk.migrate", "libcst"},
    "tqsdk/migrate/cloudtasks": {
        "tqsdk.clock",
        "tqsdk.migrate",
        "google.api_core",
        "google.auth",
        "google.cloud",
        "grpc",
    },
    "tqsdk/migrate/postgres": {"tqsdk.migrate", "psycopg"},
    "tqsdk/migrate/pubsub": {"tqsdk.clock", "tqsdk.migrate", "google.auth", "requests"},
    "emulator/__init__": {"discovery"},
    "emulator/__main__": {"emulator"},
    "emulator/engine": set(),
    "emulator/storage": ENGINE_FOR_STORES | {"emulator.files"},
    "emulator/exports": {"discovery", "emulator.engine", "emulator.files"},
    "emulator/exports/commands": {"discovery", "emulator", "click"},
    "emulator/rest": {"discovery", "emulator.engine", "msgspec", "pybase64"},
    "emulator/files": set(),
    "emulator/auth": {
        "emulator.files",
        "emulator.rest",
        "emulator.engine.clock",
        "emulator.config",
        "msgspec",
        "cryptography",
        "google.auth",
    },
    "emulator/control": {
        "discovery",
        "emulator.engine",
        "emulator.exports",
        "emulator.rest",
        "msgspec",
    },
    "emulator/intercept": {
        "emulator.auth",
        "emulator.config",
        "emulator.connection",
        "emulator.loop_front",
        "emulator.rest",
        "emulator.service",
        "certifi",
        "cryptography",
    },
    "emulator/console": {"discovery", "emulator.engine", "flask"},
    "emulator/connection": {"emulator.rest", "httptools"},
    "emulator/loop_front": {
        "emulator.connection",
        "emulator.engine",
        "emulator.loop_spoiling",
        "emulator.rest",
    },
    "emulator/loop_spoiling": {"emulator.connection", "emulator.rest"},
    "emulator/wsgi_spoiling": {"emulator.control.relay", "emulator.rest", "flask"},
    "emulator/app": {"emulator", "flask"},
    "emulator/service": {"emulator"},
    "emulator/controlled": {"emulator"},
    "emulator/config": {"discovery", "emulator.engine", "emulator.storage"},
    "emulator/serve": {"emulator"},
    "emulator/readiness": set(),
    "emulator/environment": set(),
    "emulator/command": {"emulator"},
    "emulator/cli": {"discovery", "emulator", "click"},
    "emulator/testing": {"discovery", "emulator", "flask", "pytest"},
}

# Only these know that there are stores.
STORE_CHOOSERS = {"emulator/storage", "emulator/app", "emulator/cli", "emulator/config"}
STORE_CHOOSERS |= {"emulator/serve", "emulator/service", "emulator/testing"}
STORE_CHOOSERS |= {"emulator/exports/commands"}

# RULINGS 28. Elsewhere things have people's names.
WIRE_PLACES = {
    "discovery",
    "emulator/rest",
    "emulator/admin",
    "emulator/control",
    "emulator/testing/clients",  # it is one, without the help of tqsdk
    "emulator/testing/values",  # what the control API says, as values for people
    "tqsdk/calls",
    "tqsdk/cli",
    "tqsdk/compat",
    "tqsdk/migrate",
    "tqsdk/models",
}

# No name and no text of the engine's code has one of these words; what explains it may.
HTTP_WORDS = {
    "cookie",
    "flask",
    "header",
    "headers",
    "http",
    "https",
    "json",
    "response",
    "rest",
    "route",
    "status",
    "uri",
    "url",
    "wsgi",
}


def test_nothing_imports_through_a_wall():
    assert list(trespasses(all_sources())) == []


def test_only_those_who_join_the_parts_know_that_there_are_stores():
    knowing = {
        place_of(path, STORE_CHOOSERS) or path
        for path, source in all_sources().items()
        if any(is_in(name, "emulator.storage") for name, _ in imports(path, source))
    }

    assert knowing <= STORE_CHOOSERS


def test_the_engine_says_no_word_of_http():
    assert list(http_words(sources_of("emulator/engine"))) == []


def test_the_wire_is_named_only_where_it_is_touched():
    outside = {
        path: source
        for path, source in all_sources().items()
        if place_of(path, WIRE_PLACES) is None
    }

    assert list(wire_words(outside)) == []


def test_no_sql_names_the_wire():
    for file in ROOT.glob("emulator/storage/sql/*"):
        assert wire_names() & set(re.findall(r"\w+", file.read_text())) == set()


def test_the_names_of_the_wire_are_those_of_the_contract():
    some = {"numTasks", "leaseSecs", "newLeaseSeconds", "groupByTag", "getStats", "prettyPrint"}
    some |= {"payloadBase64", "queueName", "leaseTimestamp", "enqueueTimestamp"}
    some |= {"totalTasks", "oldestTask", "leasedLastHour", "maxLeases", "consumerEmails"}

    assert some <= wire_names()


def test_every_module_is_behind_a_wall():
    assert [path for path in all_sources() if place_of(path, WALLS) is None] == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("tqsdk/queue.py", "import emulator"),
        ("tqsdk/queue.py", "from emulator.rest import payload"),
        ("tqsdk/queue.py", "import requests"),
        ("emulator/rest/door.py", "from tqsdk import Client"),
        ("emulator/testing/plugin.py", "import tqsdk.testing"),
        ("discovery/formats.py", "import emulator.engine.model"),
        ("discovery/formats.py", "from tqsdk.models import Task"),
        ("emulator/engine/engine.py", "import flask"),
        ("emulator/engine/engine.py", "import discovery"),
        ("emulator/engine/engine.py", "from emulator import rest"),
        ("emulator/engine/engine.py", "from ..rest import errors"),
        ("emulator/engine/engine.py", "def f():\n    import msgspec"),
        ("emulator/engine/engine.py", "if TYPE_CHECKING:\n    from emulator.storage import sqlite"),
        ("emulator/storage/sqlite.py", "from emulator.engine.engine import Engine"),
        ("emulator/storage/sqlite.py", "from emulator.engine import limits"),
        ("emulator/storage/sqlite.py", "import discovery"),
        ("emulator/rest/methods.py", "from emulator.storage.sqlite import open_sqlite"),
        ("emulator/rest/methods.py", "import flask"),
        ("emulator/rest/methods.py", "from emulator import app"),
        ("emulator/loop_front.py", "from emulator.storage.sqlite import open_sqlite"),
    ],
)
def test_a_broken_wall_is_noticed(path, source):
    assert list(trespasses({path: source}))


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("emulator/engine/engine.py", "import json.decoder, re"),
        ("emulator/engine/engine.py", "from emulator.engine import clock"),
        ("emulator/engine/engine.py", "from .clock import Clock"),
        ("emulator/storage/sqlite.py", "from emulator.engine import model, store"),
        ("emulator/rest/methods.py", "from emulator.engine.engine import Engine"),
        ("emulator/app.py", "from emulator.storage.sqlite import open_sqlite"),
    ],
)
def test_an_open_door_is_no_wall(path, source):
    assert list(trespasses({path: source})) == []


@pytest.mark.parametrize(
    "source",
    ["def f(status): ...", "x.json_body", "HttpError = 1", "x = 'a Header'", "f(url=1)"],
)
def test_a_word_of_http_is_noticed(source):
    assert list(http_words({"x.py": source}))


@pytest.mark.parametrize(
    "source",
    ["numTasks = 1", "x.queueName", "f(leaseSecs=1)", "x['getStats']", "f'{x} tag getStats'"],
)
def test_a_name_of_the_wire_is_noticed(source):
    assert list(wire_words({"x.py": source}))


@pytest.mark.parametrize("source", ['"""What numTasks and HTTP mean."""', "# numTasks, HTTP"])
def test_what_explains_the_code_may_use_any_word(source):
    assert list(wire_words({"x.py": source})) == []
    assert list(http_words({"x.py": source})) == []


def trespasses(sources: dict[str, str]) -> Iterator[str]:
    """The imports that go through a wall."""
    for path, source in sources.items():
        place = place_of(path, WALLS)
        assert place is not None, f"{path} is behind no wall"
        allowed = WALLS[place] | {place.replace("/", ".").removesuffix(".__init__")}
        for names in imports(path, source):
            standard = names[0].split(".")[0] in sys.stdlib_module_names
            if not (standard or any(is_in(name, each) for name in names for each in allowed)):
                yield f"{path} imports {names[0]}"


def imports(path: str, source: str) -> Iterator[tuple[str, str]]:
    """What is imported, each as (the whole name, the module that it is imported from)."""
    package = path.removesuffix(".py").split("/")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((each.name, each.name) for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((f"{module}.{each.name}", module) for each in node.names)


def http_words(sources: dict[str, str]) -> Iterator[str]:
    """The words of HTTP that the code says."""
    for path, source in sources.items():
        for text in spoken(source):
            words = {word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", text)}
            for word in words & HTTP_WORDS:
                yield f"{path} says {word!r} in {text!r}"


def wire_words(sources: dict[str, str]) -> Iterator[str]:
    """The names of the wire that the code says."""
    names = wire_names()
    for path, source in sources.items():
        for text in spoken(source):
            for name in names & set(re.findall(r"\w+", text)):
                yield f"{path} says {name!r} in {text!r}"


def spoken(source: str) -> Iterator[str]:
    """Every name and text of the code, but not its docstrings and comments."""
    tree = ast.parse(source)
    silent = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=text) | ast.Attribute(attr=text) | ast.arg(arg=text):
                yield text
            case ast.keyword(arg=str(text)) | ast.alias(name=text):
                yield text
            case ast.FunctionDef(name=text) | ast.ClassDef(name=text):
                yield text
            case ast.Constant(value=str(text)) if id(node) not in silent:
                yield text


def wire_names() -> set[str]:
    """Every parameter and member of the contract that nobody would call so but for the wire."""
    names: set[str] = set()
    for version in contract.VERSIONS:
        of = contract.load(version)
        names.update(of.parameters)
        for method in of.methods.values():
            names.update(method.parameters)
        for schema in of.schemas.values():
            for property in schema.properties.values():
                names.update([property.name, *property.properties])
    return {name for name in names if re.search("[a-z][A-Z]", name)}


def place_of(path: str, places) -> str | None:
    """The longest of *places* that the file *path* is in."""
    inside = [each for each in places if path == f"{each}.py" or path.startswith(f"{each}/")]
    return max(inside, key=len, default=None)


def is_in(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def all_sources() -> dict[str, str]:
    return {path: text for package in PACKAGES for path, text in sources_of(package).items()}


def sources_of(folder: str) -> dict[str, str]:
    return {
        file.relative_to(ROOT).as_posix(): file.read_text()
        for file in sorted((ROOT / folder).rglob("*.py"))
    }
