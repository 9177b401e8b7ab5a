"""What is installed is whole, and what can be set is in the docs."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

from emulator.cli import main

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = ("discovery", "emulator", "tqsdk")

DATA_FILES = [
    "discovery/directory.json",
    "discovery/emulator.v1.json",
    "discovery/py.typed",
    "discovery/taskqueue.v1beta1.json",
    "discovery/taskqueue.v1beta2.json",
    "emulator/py.typed",
    "emulator/storage/sql/0001_tasks.sql",
    "emulator/storage/sql/0002_attempts.sql",
    "emulator/storage/sql/0003_clock.sql",
    "tqsdk/migrate/moving/appengine_export.py.txt",
    "tqsdk/migrate/postgres/delete.sql",
    "tqsdk/migrate/postgres/insert.sql",
    "tqsdk/migrate/postgres/lease.sql",
    "tqsdk/migrate/postgres/lease_group.sql",
    "tqsdk/migrate/postgres/lease_tag.sql",
    "tqsdk/migrate/postgres/renew.sql",
    "tqsdk/migrate/postgres/schema.sql",
    "tqsdk/migrate/postgres/stats.sql",
    "tqsdk/migrate/postgres/sweep.sql",
    "tqsdk/py.typed",
]

# Import name -> the requirement that brings it, where the two differ.
BROUGHT_BY = {
    "ast_grep_py": "ast-grep-py",
    "google": "google-auth",
    "grpc": "google-cloud-tasks",
    "googleapiclient": "google-api-python-client",
    "opentelemetry": "opentelemetry-api",
    "yaml": "pyyaml",
}
BROUGHT_ALONG = {
    "certifi": "requests",
    "google_auth_httplib2": "google-api-python-client",
    "httplib2": "google-api-python-client",
    "urllib3": "requests",
    "yarl": "aiohttp",
}


def test_the_wheel_has_all_packages():
    assert sorted(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == sorted(
        PACKAGES
    )


@pytest.mark.parametrize("file", DATA_FILES)
def test_a_data_file_is_inside_a_package(file):
    assert (ROOT / file).is_file()
    assert file.split("/")[0] in PACKAGES


def test_no_data_file_is_forgotten_here():
    found = {
        file.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for file in (ROOT / package).rglob("*")
        if file.is_file() and file.suffix not in (".py", ".pyc", ".md")
    }

    assert found == set(DATA_FILES)


def test_git_ignores_no_file_of_a_package():
    # Then hatchling would leave it out of the wheel.
    listed = subprocess.run(
        ["git", "ls-files", "--others", "--ignored", "--exclude-standard", *PACKAGES],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert [each for each in listed.stdout.split() if "__pycache__" not in each] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_every_folder_with_modules_is_a_package(package):
    folders = {file.parent for file in (ROOT / package).rglob("*.py")}

    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def test_the_client_needs_only_what_it_brings():
    brought = {*names_in(PROJECT["project"]["dependencies"])}
    # In extras of the client's own.
    optional = {"aiohttp", "click", "rich", "google-auth", "google-api-python-client"}
    optional |= {"opentelemetry-api"}
    optional |= {"ast-grep-py", "libcst", "zstandard"}  # for tq migrate
    optional |= {"psycopg", "google-cloud-tasks"}  # to move tasks there
    optional |= {"msgspec", "pydantic"}  # whoever has models of theirs, has them

    assert foreign_imports("tqsdk") - optional <= brought


def test_the_server_needs_only_what_is_declared():
    extras = PROJECT["project"]["optional-dependencies"]
    declared = {*names_in(PROJECT["project"]["dependencies"])}
    for name in extras.keys() - {"dev"}:
        declared |= names_in(extras[name])

    assert foreign_imports("emulator") | foreign_imports("discovery") <= declared | {"pytest"}


@pytest.mark.parametrize("script", PROJECT["project"]["scripts"].values())
def test_a_script_is_a_function_of_ours(script):
    module, _, function = script.partition(":")

    assert callable(getattr(__import__(module, fromlist=[function]), function))


@pytest.mark.parametrize("command", ["serve", "wait"])
def test_every_setting_of_a_server_is_an_environment_variable(command):
    settings = {name: each for name, each in options().items() if name.startswith(f"{command} ")}

    assert settings
    assert [name for name, each in settings.items() if not each.envvar] == []


def test_every_option_and_variable_is_in_the_docs():
    assert sorted(spellings() - set(re.findall(r"--[a-z-]+|TQ_[A-Z_]+", docs()))) == []


def test_the_docs_name_no_variable_that_is_not_there():
    assert sorted(set(re.findall(r"TQ_EMULATOR_[A-Z_]+", docs())) - spellings()) == []


def spellings():
    """All options and variables as users write them."""
    return {
        word
        for each in options().values()
        for word in (*each.opts, *each.secondary_opts, each.envvar)
        if word is not None
    }


def options():
    """Every option of every command, by command and name."""
    return {
        f"{command.name} {parameter.name}": parameter
        for command in commands(main)
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.is_eager
    }


def commands(command):
    yield command
    for each in getattr(command, "commands", {}).values():
        yield from commands(each)


def docs():
    return "\n".join(file.read_text() for file in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")])


def names_in(requirements):
    return {re.match(r"[\w.-]+", each)[0].lower() for each in requirements}


def foreign_imports(package):
    """The requirements that bring what the modules of *package* import."""
    modules = set()
    for file in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                modules.update(each.name.split(".")[0] for each in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules.add(node.module.split(".")[0])
    foreign = modules - sys.stdlib_module_names - set(PACKAGES)
    return {BROUGHT_BY.get(each, BROUGHT_ALONG.get(each, each)) for each in foreign}
