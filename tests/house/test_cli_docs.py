"""docs/cli.md says all there is to say of ``tq``, and nothing that is not so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click

from tqsdk.cli import session
from tqsdk.cli.failures import Exit
from tqsdk.cli.root import tq

TEXT = (Path(__file__).parents[2] / "docs/cli.md").read_text(encoding="utf-8")

# Of commands that examples use beside tq.
FOREIGN = {"-f", "-l", "-n"}


def test_every_command_is_in_the_table():
    documented = {" ".join(found.split()) for found in re.findall(r"`(tq(?: [a-z]+)+)", TEXT)}

    assert {name for name, _ in commands()} <= documented


def test_every_option_is_documented():
    assert sorted(options() - written()) == []


def test_no_option_is_documented_that_is_not_there():
    assert sorted(written() - options() - FOREIGN) == []


def test_every_variable_is_documented():
    assert f"`{session.TOKEN}`" in TEXT
    assert f"`{session.TOKEN_FILE}`" in TEXT


def test_the_table_of_exit_codes_is_whole():
    assert re.findall(r"^\| ([0-9]+) \|", TEXT, re.M) == [str(int(code)) for code in Exit]


def test_the_default_timeouts_are_those_of_the_client():
    connect, read = session.Options().timeout

    assert f"| {connect:g} to connect, {read:g} to read |" in TEXT


def written() -> set[str]:
    return set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", TEXT))


def options() -> set[str]:
    return {
        word
        for _, command in commands()
        for parameter in command.get_params(
            click.Context(command, help_option_names=["-h", "--help"])
        )
        if isinstance(parameter, click.Option)
        for word in (*parameter.opts, *parameter.secondary_opts)
        if word != "--version"
    }


def commands(group: click.Group = tq, path: str = "tq") -> Iterator[tuple[str, click.Command]]:
    """All that do something, by what is typed."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command
