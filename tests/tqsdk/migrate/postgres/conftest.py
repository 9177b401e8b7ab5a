"""A PostgreSQL server for all tests, and a schema of its own for each."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import psycopg
import pytest

from tests.together import postgres_server
from tqsdk.migrate.postgres.queue import PostgresQueue

_numbers = count()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    try:
        with postgres_server.running() as address:
            yield address
    except postgres_server.AbsentError as error:
        pytest.skip(str(error))


@pytest.fixture
def database(postgres: str) -> str:
    """The address of what is an empty database to those who look only where they are led."""
    schema = f"test_{next(_numbers)}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
    return f"{postgres}&options=-csearch_path%3D{schema}"


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection


@pytest.fixture
def queue(connection: psycopg.Connection) -> PostgresQueue:
    queue = PostgresQueue(connection, "mail")
    queue.create()
    return queue


@pytest.fixture
def pass_time(connection: psycopg.Connection):
    """Have time pass: all that is written down gets older."""

    def pass_time(seconds: float) -> None:
        connection.execute(
            "UPDATE taskqueue_tasks SET eta = eta - %(s)s * interval '1 second',"
            " deleted_until = deleted_until - %(s)s * interval '1 second'",
            {"s": seconds},
        )

    return pass_time
