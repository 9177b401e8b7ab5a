"""``tq call``: any method of the contract by the wire's own names, and its answer as it came."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, cast

import click
from click.shell_completion import CompletionItem

from discovery import contract, formats
from tqsdk import calls
from tqsdk.cli import sources
from tqsdk.cli.session import Session, shared_options

_PREFIX = "taskqueue."


def _method(context: click.Context, parameter: click.Parameter, value: str) -> contract.Method:
    methods = contract.load().methods
    method = methods.get(value) or methods.get(_PREFIX + value)
    if method is None:
        raise click.UsageError(f"there is no method {value!r}, but {', '.join(_short_names())}")
    return method


def _completions(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[str | CompletionItem]:
    return [name for name in _short_names() if name.startswith(incomplete)]


@click.command()
@click.argument("method", callback=_method, shell_complete=_completions)
@click.argument("parameters", metavar="[NAME=VALUE]...", nargs=-1)
@click.option(
    "--body",
    metavar="JSON",
    help="The JSON object to send; @FILE for a file, - for standard input.",
)
@shared_options
@click.pass_obj
def call(
    session: Session, method: contract.Method, parameters: tuple[str, ...], body: str | None
) -> None:
    """Call a METHOD of the API, such as tasks.lease, and print the JSON of its answer.

    NAME=VALUE are its parameters as the API calls them, numTasks=5; project is that of --project.
    Parameters and body are checked against the API's discovery document before anything is sent.
    """
    with session.client() as client:
        arguments = {"project": client.project, **_read_parameters(method, parameters)}
        _check_complete(method, arguments)
        content = None if body is None else _read_body(method, body)
        answer = client.perform(calls.by_name(method.id, arguments, content))
    if answer:
        session.output().line(json.dumps(answer, indent=None if session.json else 1))


def _read_parameters(method: contract.Method, words: Iterable[str]) -> dict[str, object]:
    known = {**contract.load().parameters, **method.parameters}
    values: dict[str, object] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals:
            raise click.UsageError(f"{word!r} is not NAME=VALUE")
        if name not in known:
            raise click.UsageError(f"there is no parameter {name!r}, but {', '.join(known)}")
        if name in values:
            raise click.UsageError(f"{name} is given twice")
        values[name] = _value(known[name], text)
    return values


def _value(parameter: contract.Parameter, text: str) -> object:
    if parameter.enum and text not in parameter.enum:
        raise click.UsageError(f"{parameter.name} can be {', '.join(parameter.enum)}, not {text!r}")
    try:
        return formats.query_parser(parameter.type, parameter.format)(text)
    except formats.FormatError as error:
        raise click.UsageError(f"{parameter.name}: {error}") from error


def _check_complete(method: contract.Method, arguments: Mapping[str, object]) -> None:
    missing = [f"{name}=" for name in method.parameter_order if name not in arguments]
    if missing:
        raise click.UsageError(f"{method.id} needs {', '.join(missing)} too")


def _read_body(method: contract.Method, argument: str) -> dict[str, object]:
    """The body with its values as the contract types them."""
    if method.request is None:
        raise click.UsageError(f"{method.id} takes no body")
    text = sources.standard_input() if argument == "-" else sources.payload(argument)
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise click.UsageError(f"the body is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise click.UsageError("the body is not a JSON object")
    body = cast(dict[str, Any], data)
    known = contract.load().schemas[method.request].properties
    if unknown := body.keys() - known.keys():
        raise click.UsageError(
            f"{method.request} has no member {min(unknown)!r}, but {', '.join(known)}"
        )
    try:
        return {
            name: formats.from_json(known[name].type, known[name].format, value)
            for name, value in body.items()
            if value is not None
        }
    except formats.FormatError as error:
        raise click.UsageError(f"the body: {error}") from error


def _short_names() -> list[str]:
    return [name.removeprefix(_PREFIX) for name in contract.load().methods]
